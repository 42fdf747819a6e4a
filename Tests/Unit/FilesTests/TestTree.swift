import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Files

/// A unique directory, removed when the test lets go of it.
final class TestTree: Sendable {
  let path: FilePath

  init(in parent: FilePath = "/tmp") throws {
    let name = "fleet-files-\(UInt64.random(in: 0 ... .max))"
    path = parent.appending(name)
    try check(.makeDirectory, path) { path.withPlatformString { mkdir($0, 0o755) } }
  }

  deinit {
    let name = FilePath.Component(path.lastComponent?.string ?? "")
    guard let name, let parent = try? Directory.open(path.removingLastComponent()) else { return }
    _ = try? parent.removeTree(name)
  }

  func open(_ relative: FilePath = "") throws -> Directory {
    try Directory.open(self / relative)
  }

  /// Makes a directory with its parents.
  @discardableResult
  func directory(_ relative: FilePath) throws -> Directory {
    try Directory.open(path).makeDirectories(relative)
  }

  /// Writes a file, making its parents.
  func file(_ relative: FilePath, _ text: String = "text\n", mode: mode_t = 0o644) throws {
    let parent = try directory(relative.removingLastComponent())
    let name = try #require(relative.lastComponent)
    let file = try parent.openFile(name, .writeOnly, options: [.create, .truncate])
    try file.write(text.utf8)
    try file.setMode(FilePermissions(rawValue: mode))
  }

  func link(_ relative: FilePath, to target: FilePath) throws {
    try directory(relative.removingLastComponent())
      .makeSymbolicLink(try #require(relative.lastComponent), to: target)
  }

  func text(_ relative: FilePath) throws -> String {
    String(decoding: try readBounded(self / relative, maxBytes: 1 << 20), as: UTF8.self)
  }

  func exists(_ relative: FilePath) throws -> Bool {
    try FileStatus.ifPresent(self / relative) != nil
  }

  func status(_ relative: FilePath) throws -> FileStatus { try FileStatus.of(self / relative) }

  /// All relative paths, as text.
  func listing(_ relative: FilePath = "") throws -> [String] {
    var paths: [String] = []
    try TreeWalk(open(relative)).visit { (entry) throws(FileError) in
      paths.append(entry.path.string)
      return .goOn
    }
    return paths
  }

  static func / (tree: TestTree, relative: FilePath) -> FilePath {
    tree.path.appending(relative.components)
  }
}

/// The error that a body throws, if it is one of ours.
func fileError(_ body: () throws -> Void) -> FileError? {
  do {
    try body()
    return nil
  } catch { return error as? FileError }
}

/// A mount that goes with its owner.
final class TestMount: Sendable {
  let point: FilePath

  init(tmpfs point: FilePath) throws {
    self.point = point
    try Shell.run("/usr/bin/mount", "-t", "tmpfs", "tmpfs", point.string)
  }

  init(bind source: FilePath, at point: FilePath) throws {
    self.point = point
    try Shell.run("/usr/bin/mount", "--bind", source.string, point.string)
  }

  deinit { try? Shell.run("/usr/bin/umount", "-l", point.string) }
}
