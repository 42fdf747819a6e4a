import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Files

/// An old tree and a new one, side by side.
struct TwoTrees {
  let tree: TestTree
  let old: Directory
  let new: Directory

  init() throws {
    tree = try TestTree()
    old = try tree.directory("old")
    new = try tree.directory("new")
  }

  @discardableResult
  func carry(
    _ paths: [FilePath], _ method: CarryMethod = .copy, after record: CarryRecord = CarryRecord()
  ) throws -> CarryResult {
    try TreeCarry(method, from: old, to: new).run(paths, after: record)
  }
}

/// Python does to a path, `p`, what has no name here.
func python(_ path: FilePath, _ code: String) throws {
  try Shell.run("/usr/bin/python3", "-c", "import os, sys; p = sys.argv[1]\n" + code, path.string)
}

@Suite struct CarryCopyTests {
  @Test(.asRoot) func `a copy never has a power that its content was not given with`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/helper", "root's own program", mode: 0o4770)
    let path = (two.tree / "old/helper").string
    // Whoever may write to it fills it with something else while it is read; the kernel takes setuid from it then.
    var carry = TreeCarry(.copy, from: two.old, to: two.new)
    carry.goOn = { bytesCopied in
      guard bytesCopied > 0 else { return true }
      _ = try? Shell.run("/bin/sh", "-c", "chmod 770 \"$0\"; echo somebody\\'s >\"$0\"", path)
      return true
    }
    _ = try carry.run(["helper"])
    #expect(try two.tree.status("new/helper").permissions.rawValue == 0o770)
  }

  @Test(.asRoot) func `a file keeps owner mode times and attributes`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/d/f", "carried")
    try python(
      two.tree / "old/d/f",
      """
      import struct
      os.chown(p, 1234, 2345)
      os.chmod(p, 0o4751)
      os.setxattr(p, 'user.note', b'a\\0b')
      acl = struct.pack('<I', 2)
      for tag, perm, who in [(1, 7, -1), (2, 6, 4321), (4, 5, -1), (16, 7, -1), (32, 1, -1)]:
          acl += struct.pack('<HHi', tag, perm, who)
      os.setxattr(p, 'system.posix_acl_access', acl)
      os.chmod(p, 0o4771)
      os.utime(p, ns=(1_000_000_000_123_456_789, 1_100_000_000_987_654_321))
      """)
    try two.carry(["d/f"])
    let old = try two.tree.status("old/d/f")
    let new = try two.tree.status("new/d/f")
    #expect(try two.tree.text("new/d/f") == "carried")
    #expect(new.user == 1234 && new.group == 2345)
    #expect(new.permissions.rawValue == 0o4771 && old.permissions == new.permissions)
    #expect(new.modified == FileTime(seconds: 1_100_000_000, nanoseconds: 987_654_321))
    #expect(new.identity != old.identity)
    try python(
      two.tree / "new/d/f",
      """
      assert os.getxattr(p, 'user.note') == b'a\\0b'
      assert os.getxattr(p, 'system.posix_acl_access') == os.getxattr(
          p.replace('/new/', '/old/'), 'system.posix_acl_access')
      """)
  }

  @Test func `attributes that only the release had go`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/d/f")
    try two.tree.file("new/d/f")
    try python(two.tree / "new/d", "os.setxattr(p, 'user.release', b'x')")
    try two.carry(["d"])
    try python(two.tree / "new/d", "assert os.listxattr(p) == []")
  }

  @Test(.asRoot) func `a directory is merged over the release's`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/d/user", "user")
    try two.tree.file("old/d/both", "old")
    try two.tree.file("new/d/release", "release")
    try two.tree.file("new/d/both", "new")
    try python(two.tree / "old/d", "os.chown(p, 11, 12); os.chmod(p, 0o2750); os.utime(p, (5, 6))")
    let result = try two.carry(["d"])
    #expect(try two.tree.listing("new/d") == ["both", "release", "user"])
    #expect(try two.tree.text("new/d/both") == "old")
    let status = try two.tree.status("new/d")
    #expect(status.user == 11 && status.group == 12 && status.permissions.rawValue == 0o2750)
    #expect(status.modified == FileTime(seconds: 6, nanoseconds: 0))
    #expect(result.record.paths.map(\.string) == ["d", "d/both", "d/user"])
    #expect(result.added == 3)
  }

  @Test(.asRoot) func `missing parents are made like the old ones and present ones stay`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/a/b/f")
    try python(two.tree / "old/a", "os.chmod(p, 0o700); os.chown(p, 7, 8)")
    try python(two.tree / "old/a/b", "os.chmod(p, 0o750); os.chown(p, 9, 10)")
    try two.tree.directory("new/a")
    try two.carry(["a/b/f"])
    #expect(try two.tree.status("new/a").user == 0)
    let made = try two.tree.status("new/a/b")
    #expect(made.user == 9 && made.group == 10 && made.permissions.rawValue == 0o750)
  }

  @Test func `holes stay holes`() throws {
    let two = try TwoTrees()
    try python(
      two.tree / "old/sparse",
      """
      with open(p, 'wb') as f:
          f.seek(8 << 20); f.write(b"x" * 5000); f.truncate(64 << 20)
      """)
    let result = try two.carry(["sparse"])
    let copy = try two.tree.status("new/sparse")
    #expect(copy.sizeBytes == 64 << 20)
    #expect(copy.allocatedBytes < 1 << 20)
    #expect(result.bytesCopied < 1 << 20)
    try Shell.run("/usr/bin/cmp", (two.tree / "old/sparse").string, (two.tree / "new/sparse").string)
  }

  @Test(.asRoot) func `symbolic links are copied not followed`() throws {
    let two = try TwoTrees()
    try two.tree.file("outside/secret", "secret")
    try two.tree.link("old/d/link", to: two.tree / "outside/secret")
    try two.tree.link("old/top", to: two.tree / "outside")
    try python(two.tree / "old/top", "os.chown(p, 21, 22, follow_symlinks=False)")
    try two.carry(["d", "top"])
    #expect(try two.tree.open("new/d").readLink("link") == two.tree / "outside/secret")
    #expect(try two.tree.status("new/top").kind == .symbolicLink)
    #expect(try two.tree.status("new/top").user == 21)
    #expect(try two.tree.status("outside").user == 0)
    let error = fileError { _ = try two.carry(["top/secret"]) }
    #expect(error == nil)
    #expect(try two.carry(["top/secret"]).missing == ["top/secret"])
  }

  @Test(arguments: ["outside/", "./outside", "a//b", "../old/d/"])
  func `a link keeps exactly its text, and is carried once`(text: String) throws {
    let two = try TwoTrees()
    try two.tree.file("old/d/file", "x")
    try two.tree.open("old/d").makeSymbolicLink("link", toBytes: Array(text.utf8))
    try two.carry(["d"])
    #expect(try two.tree.open("new/d").readLinkBytes("link") == Array(text.utf8))
    #expect(try two.carry(["d"]).unchanged == 1, "the link is not made again")
  }

  @Test func `a link of the release does not turn the carry aside`() throws {
    let two = try TwoTrees()
    try two.tree.file("outside/victim", "victim")
    try two.tree.file("old/a/victim", "carried")
    try two.tree.file("old/file", "carried")
    try two.tree.link("new/a", to: two.tree / "outside")
    try two.tree.link("new/file", to: two.tree / "outside/victim")
    #expect(fileError { try two.carry(["a/victim"]) } != nil)
    try two.carry(["file", "a"])
    #expect(try two.tree.text("outside/victim") == "victim")
    #expect(try two.tree.text("new/file") == "carried")
    #expect(try two.tree.text("new/a/victim") == "carried")
    #expect(try two.tree.status("new/a").kind == .directory)
  }

  @Test func `hard links among what is carried stay one`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/d/a", "one")
    let directory = try two.tree.open("old/d")
    try directory.link("a", to: "b", in: directory)
    let first = try two.carry(["d"])
    let a = try two.tree.status("new/d/a")
    #expect(try two.tree.status("new/d/b").identity == a.identity)
    #expect(a.identity != (try two.tree.status("old/d/a").identity))
    let again = try two.carry(["d"], after: first.record)
    #expect(try two.tree.status("new/d/b").identity == two.tree.status("new/d/a").identity)
    #expect(again.deleted == 0)
  }

  @Test(.asRoot) func `what is no file is left out with a note`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/d/f")
    try python(two.tree / "old/d", "os.mkfifo(p + '/fifo'); os.mknod(p + '/null', 0o20600, 259)")
    let result = try two.carry(["d"])
    #expect(try two.tree.listing("new/d") == ["f"])
    #expect(result.notes.map(\.path.string) == ["d/fifo", "d/null"])
  }

  @Test func `a carried file takes the release's directory's place and the other way round`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/a", "file")
    try two.tree.file("new/a/x")
    try two.tree.file("old/b/x")
    try two.tree.file("new/b", "file")
    let result = try two.carry(["a", "b"])
    #expect(try two.tree.listing("new") == ["a", "b", "b/x"])
    #expect(result.notes.map(\.path.string) == ["a"])
  }

  @Test func `names that are no text are carried`() throws {
    let two = try TwoTrees()
    let name = try #require(FilePath.Component(bytes: [0xC3, 0x28, 0x0A, 0xFF]))
    try two.tree.directory("old/d")
    _ = try two.tree.open("old/d").openFile(name, .writeOnly, options: [.create])
    let result = try two.carry(["d"])
    #expect(try two.tree.open("new/d").entries() == [name])
    let record = try CarryRecord(decoding: result.record.encoded())
    #expect(record == result.record)
  }

  @Test func `what is missing or excluded is left out`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/databases/a.db")
    try two.tree.file("old/databases/key")
    var carry = TreeCarry(.copy, from: two.old, to: two.new)
    let glob = try Glob("databases/*.db")
    carry.excluding = { glob.matches($0) }
    let result = try carry.run(["databases", "none"])
    #expect(result.missing == ["none"])
    #expect(try two.tree.listing("new") == ["databases", "databases/key"])
  }

  @Test(.asRoot) func `a mount inside is not carried`() throws {
    let two = try TwoTrees()
    try two.tree.directory("old/cameras/usb")
    let mount = try TestMount(tmpfs: two.tree / "old/cameras/usb")
    #expect(fileError { try two.carry(["cameras"]) }?.errno == .improperLink)
    withExtendedLifetime(mount) {}
  }

  @Test func `it stops when told`() throws {
    let two = try TwoTrees()
    try two.tree.file("old/d/f")
    var carry = TreeCarry(.copy, from: two.old, to: two.new)
    carry.goOn = { bytes in bytes == 0 }
    #expect(fileError { _ = try carry.run(["d"]) }?.errno == .canceled)
    #expect(try two.tree.listing("new/d") == [])
  }

  @Test func `paths outside the tree are refused`() throws {
    let two = try TwoTrees()
    for path in ["../x", "/etc/passwd", "a/../../x", "", "."] {
      #expect(fileError { try two.carry([FilePath(path)]) }?.errno == .invalidArgument, "\(path)")
    }
  }
}
