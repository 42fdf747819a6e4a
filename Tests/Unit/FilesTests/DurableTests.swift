import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Files

@Suite struct DurableTests {
  @Test func `a file is replaced whole and no temporary stays`() throws {
    let tree = try TestTree()
    try tree.file("state", "old")
    try writeDurably("new".utf8, to: tree / "state", permissions: FilePermissions(rawValue: 0o640))
    #expect(try tree.text("state") == "new")
    #expect(try tree.status("state").permissions.rawValue == 0o640)
    #expect(try tree.listing() == ["state"])
  }

  @Test func `a link in place of the file is replaced not followed`() throws {
    let tree = try TestTree()
    try tree.file("victim", "victim")
    try tree.link("state", to: tree / "victim")
    try writeDurably("new".utf8, to: tree / "state")
    #expect(try tree.text("victim") == "victim")
    #expect(try tree.status("state").kind == .regular)
  }

  @Test func `a failed write leaves the old file`() throws {
    let tree = try TestTree()
    try tree.file("state/is-a-directory")
    #expect(fileError { try writeDurably("new".utf8, to: tree / "state") } != nil)
    #expect(try tree.listing() == ["state", "state/is-a-directory"])
  }

  @Test func `what a killed writer left goes with the next write`() throws {
    let tree = try TestTree()
    try tree.file(FilePath(".fleet-tmp-\(getpid())-1-abandoned"), "an earlier process of this pid")
    try tree.file(".fleet-tmp-4194305-77-abandoned", "no such process can be")
    let underWay = "\(Unfinished.prefix)\(Unfinished.writer)-underway"
    try tree.file(FilePath(underWay), "ours, this very moment")
    try tree.file(".fleet-tmp-notes", "somebody's")
    try writeDurably("new".utf8, to: tree / "state")
    #expect(try tree.listing() == [underWay, ".fleet-tmp-notes", "state"])
  }

  @Test func `reading is bounded`() throws {
    let tree = try TestTree()
    try tree.file("f", String(repeating: "x", count: 100_000))
    #expect(try readBounded(tree / "f", maxBytes: 100_000).count == 100_000)
    #expect(fileError { _ = try readBounded(tree / "f", maxBytes: 99_999) }?.errno == .fileTooLarge)
    try tree.link("link", to: "f")
    #expect(fileError { _ = try readBounded(tree / "link", maxBytes: 100_000) } != nil)
    #expect(try readBounded(tree / "link", maxBytes: 100_000, following: true).count == 100_000)
  }
}

@Suite struct FileLockTests {
  @Test func `a second taker learns who holds it`() throws {
    let tree = try TestTree()
    let lock = try FileLock.take(tree / "lock", owner: "job 1\u{1B}[2J")
    let error = fileError { _ = try FileLock.take(tree / "lock", owner: "job 2", waitMilliseconds: 60) }
    #expect(error?.errno == .wouldBlock)
    let words = try #require(error?.description)
    #expect(words.contains("held by job 1\\x1b[2J (pid \(getpid())) since 2"))
    lock.release()
    _ = try FileLock.take(tree / "lock", owner: "job 2")
  }

  @Test func `a waiter gets it when the holder is killed`() throws {
    let tree = try TestTree()
    try tree.file("lock", "somebody\n")
    let holder = try TalkingChild([
      "/usr/bin/python3", "-c",
      """
      import fcntl, os, sys, time
      f = open('\(tree / "lock")', 'r+')
      fcntl.flock(f, fcntl.LOCK_EX)
      print('held', flush=True)
      input()
      time.sleep(0.2)
      os.kill(os.getpid(), 9)
      """,
    ])
    try #require(holder.readLine() == "held")
    #expect(fileError { _ = try FileLock.take(tree / "lock", owner: "us") }?.errno == .wouldBlock)
    try holder.write("\n".utf8)
    let lock = try FileLock.take(tree / "lock", owner: "us", waitMilliseconds: 60_000)
    #expect(try tree.text("lock").hasPrefix("us (pid "))
    lock.release()
  }
}
