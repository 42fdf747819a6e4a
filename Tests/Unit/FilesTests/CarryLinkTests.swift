import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Files

@Suite struct CarryLinkTests {
  @Test(.asRoot) func `files are shared and directories made anew`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/cameras/c1/a.jpg", mode: 0o600)
    try python(two.tree / "old/cameras/c1", "os.chown(p, 31, 32); os.chmod(p, 0o770); os.utime(p, (7, 8))")
    try python(two.tree / "old/cameras/c1/a.jpg", "os.chown(p, 33, 34)")
    let result = try two.carry(["cameras"], .link)
    let old = try two.tree.status("old/cameras/c1/a.jpg")
    let new = try two.tree.status("new/cameras/c1/a.jpg")
    #expect(old.identity == new.identity && new.links == 2)
    #expect(new.user == 33 && new.permissions.rawValue == 0o600)
    let directory = try two.tree.status("new/cameras/c1")
    #expect(directory.identity != (try two.tree.status("old/cameras/c1").identity))
    #expect(directory.user == 31 && directory.permissions.rawValue == 0o770)
    #expect(directory.modified == FileTime(seconds: 8, nanoseconds: 0))
    #expect(result.bytesCopied == 0 && result.added == 3)
  }

  @Test func `a shared file takes the release's place without touching the old one`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/cameras/a.jpg", "old")
    try two.tree.file("new/cameras/a.jpg", "release")
    try two.carry(["cameras"], .link)
    #expect(try two.tree.text("new/cameras/a.jpg") == "old")
    #expect(try two.tree.listing("new/cameras") == ["a.jpg"])
  }

  @Test func `a symbolic link is copied not shared`() throws {
    let two = try TwoTrees()
    try two.tree.link("old/cameras", to: "/mnt/usb")
    try two.carry(["cameras"], .link)
    #expect(try two.new.readLink("cameras") == "/mnt/usb")
    #expect(try two.tree.status("old/cameras").links == 1)
  }

  @Test(.asRoot) func `across file systems it is copied with a note`() throws {
    let tree = try TestTree()
    try tree.file("old/a.jpg", "picture")
    try tree.directory("new")
    let mount = try TestMount(tmpfs: tree / "new")
    let result = try TreeCarry(.link, from: tree.open("old"), to: tree.open("new")).run(["a.jpg"])
    #expect(try tree.text("new/a.jpg") == "picture")
    #expect(result.notes.count == 1)
    withExtendedLifetime(mount) {}
  }

  @Test func `the second run follows what the app did`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/cameras/kept.jpg", "kept")
    try two.tree.file("old/cameras/gone.jpg", "gone")
    try two.tree.file("old/cameras/replaced.jpg", "before")
    let first = try two.carry(["cameras"], .link)
    try two.tree.open("old/cameras").unlink("gone.jpg")
    try two.tree.open("old/cameras").unlink("replaced.jpg")
    try two.tree.file("old/cameras/replaced.jpg", "after")
    try two.tree.file("old/cameras/added.jpg", "added")
    let second = try two.carry(["cameras"], .link, after: first.record)
    #expect(second.added == 1 && second.changed == 1 && second.deleted == 1 && second.unchanged == 2)
    #expect(try two.tree.listing("new/cameras") == ["added.jpg", "kept.jpg", "replaced.jpg"])
    #expect(try two.tree.text("new/cameras/replaced.jpg") == "after")
  }
}
