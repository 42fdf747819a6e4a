import Glibc
package import SystemPackage

/// A directory of its own for one test, removed with it.
package final class TemporaryDirectory: Sendable {
  package let path: FilePath

  package init(in parent: FilePath = "/tmp") throws {
    let name = "fleet-effects-" + String(UInt64.random(in: 0 ... .max), radix: 36)
    path = parent.appending(name)
    guard mkdir(path.string, 0o755) == 0 else { throw Spawn.Failed("cannot make \(path)") }
  }

  deinit { try? Shell.run("/bin/rm", "-rf", "--", path.string) }

  @discardableResult
  package func write(_ text: String, to name: String, mode: CModeT = 0o644) throws -> FilePath {
    let file = path.pushing(FilePath(name))
    try Shell.run("/bin/mkdir", "-p", file.removingLastComponent().string)
    let fd = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate],
      permissions: FilePermissions(rawValue: mode))
    try fd.closeAfter { _ = try fd.writeAll(text.utf8) }
    return file
  }

  package func makeDirectory(_ name: String, mode: CModeT = 0o755) throws -> FilePath {
    let directory = path.pushing(FilePath(name))
    try Shell.run("/bin/mkdir", "-p", directory.string)
    chmod(directory.string, mode)
    return directory
  }

  package func read(_ name: String) -> String? { contents(of: path.pushing(FilePath(name))) }
}

package func contents(of path: FilePath) -> String? {
  guard let fd = try? FileDescriptor.open(path, .readOnly) else { return nil }
  defer { try? fd.close() }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while let count = try? buffer.withUnsafeMutableBytes({ try fd.read(into: $0) }), count > 0 {
    bytes += buffer.prefix(count)
  }
  return String(decoding: bytes, as: UTF8.self)
}
