import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Files

@Suite struct ReconcileTests {
  /// Makes files old enough that their times prove something. A second name and its removal move the
  /// time of change, which nothing can set.
  private func settle(_ record: CarryRecord) -> CarryRecord {
    var record = record
    for path in record.paths { record.entries[path]?.unsettled = false }
    return record
  }

  @Test func `added changed and deleted are followed and the release's files stay`() throws {
    let two = try TwoTrees()
    for name in ["kept", "changed", "gone", "dir/gone", "dir/kept"] {
      try two.tree.file(FilePath("old/d/\(name)"), "before")
    }
    try two.tree.file("new/d/release")
    try two.tree.file("new/d/dir/release")
    let first = try two.carry(["d"])
    let before = try two.tree.status("new/d/kept")
    try two.tree.file("old/d/changed", "after!")
    try two.tree.open("old/d").unlink("gone")
    try two.tree.open("old/d/dir").unlink("gone")
    try two.tree.file("old/d/new/added", "added")
    try python(two.tree / "old/d", "os.utime(p, (9, 10))")

    let second = try two.carry(["d"], after: settle(first.record))
    #expect(
      try two.tree.listing("new/d") == [
        "changed", "dir", "dir/kept", "dir/release", "kept", "new", "new/added", "release",
      ])
    #expect(try two.tree.text("new/d/changed") == "after!")
    #expect(try two.tree.status("new/d/kept").identity == before.identity)
    #expect(second.added == 2 && second.changed == 1 && second.deleted == 2)
    #expect(try two.tree.status("new/d").modified == FileTime(seconds: 10, nanoseconds: 0))

    let third = try two.carry(["d"], after: settle(second.record))
    #expect(third.added + third.changed + third.deleted == 0)
  }

  @Test func `a change that hides its time and size is seen`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/f", "before")
    try python(two.tree / "old/f", "os.utime(p, (5, 5))")
    let first = try two.carry(["f"])
    try python(two.tree / "old/f", "open(p, 'r+').write('hidden'); os.utime(p, (5, 5))")
    let second = try two.carry(["f"], after: settle(first.record))
    #expect(try two.tree.text("new/f") == "hidden")
    #expect(second.changed == 1)
  }

  @Test func `a file copied right after its last change is copied again`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/f", "before")
    let first = try two.carry(["f"])
    let second = try two.carry(["f"], after: first.record)
    #expect(second.changed == 1 && second.unchanged == 0)
  }

  @Test(.asRoot) func `a changed owner or mode is followed`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/f")
    let first = try two.carry(["f"])
    try python(two.tree / "old/f", "os.chown(p, 41, 42); os.chmod(p, 0o600)")
    try two.carry(["f"], after: settle(first.record))
    let status = try two.tree.status("new/f")
    #expect(status.user == 41 && status.permissions.rawValue == 0o600)
  }

  @Test func `a copy that was damaged meanwhile is made again`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/f", "carried")
    let first = try two.carry(["f"])
    try two.tree.file("new/f", "other words")
    try two.carry(["f"], after: settle(first.record))
    #expect(try two.tree.text("new/f") == "carried")
  }

  @Test func `a whole directory that vanished goes unless the release has it`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/a/x/f")
    try two.tree.file("old/b/f")
    try two.tree.file("new/b/release")
    let first = try two.carry(["a", "b"])
    try two.old.removeTree("a")
    try two.old.removeTree("b")
    // What a pattern finds is empty by now.
    let second = try two.carry([], after: first.record)
    #expect(try two.tree.listing("new") == ["b", "b/release"])
    #expect(second.deleted == 4)
  }

  @Test func `a file that became a directory and the other way round`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/a", "file")
    try two.tree.file("old/b/f", "in b")
    let first = try two.carry(["a", "b"])
    try two.old.unlink("a")
    try two.old.removeTree("b")
    try two.tree.file("old/a/f", "in a")
    try two.tree.file("old/b", "file")
    try two.carry(["a", "b"], after: first.record)
    #expect(try two.tree.listing("new") == ["a", "a/f", "b"])
    #expect(try two.tree.text("new/b") == "file")
  }

  @Test func `it can be repeated after a crash`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/d/f", "carried")
    try two.carry(["d"])
    // A crash left a file half copied; the record was not saved.
    try two.tree.file("new/d/.fleet-carry-tmp", "hal")
    try two.carry(["d"])
    #expect(try two.tree.listing("new") == ["d", "d/f"])
  }

  @Test func `a link put in place of a carried directory is not gone through`() throws {
    let two = try TwoTrees()
    try two.tree.file("outside/f", "victim")
    try two.tree.file("old/d/f", "carried")
    let first = try two.carry(["d"])
    try two.new.removeTree("d")
    try two.new.makeSymbolicLink("d", to: two.tree / "outside")
    try two.old.removeTree("d")
    try two.carry(["d"], after: first.record)
    #expect(try two.tree.text("outside/f") == "victim")
  }

  @Test(arguments: ["", "fleet-carry 1\0" + "1 2\0x\0", "fleet-carry 2\0", "fleet-carry 1\0x"])
  func `a damaged record is refused`(text: String) {
    #expect(throws: CarryRecord.Malformed.self) { try CarryRecord(decoding: Array(text.utf8)) }
  }
}
