import Glibc
package import SystemPackage

/// Reading and writing below `$XDG_STATE_HOME/fleet`.
package enum StateFiles {
  /// An event log is far below: a line is some hundred bytes, a big rollout some ten thousand lines.
  static let maxFileBytes = 256 << 20

  package static func read(_ path: FilePath) throws(StoreError) -> [UInt8] {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow])
      defer { try? file.close() }
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
        guard count > 0 else { return bytes }
        bytes.append(contentsOf: buffer.prefix(count))
        guard bytes.count <= maxFileBytes else {
          throw StoreError(path: path, action: "read", cause: "larger than \(maxFileBytes) bytes")
        }
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(path: path, action: "read", cause: "\(error)")
    }
  }

  /// Whole and on the disk, or not there at all.
  package static func write(_ bytes: [UInt8], to path: FilePath) throws(StoreError) {
    let part = FilePath(path.string + ".part")
    do {
      let file = try FileDescriptor.open(
        part, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      try file.closeAfter {
        try file.writeAll(bytes)
        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
      }
      guard rename(part.string, path.string) == 0 else { throw Errno(rawValue: errno) }
      try syncDirectory(path.removingLastComponent())
    } catch {
      throw StoreError(path: path, action: "write", cause: "\(error)")
    }
  }

  /// - Parameter path: empty, as above a bare name: the current directory.
  package static func syncDirectory(_ path: FilePath) throws {
    let directory = try FileDescriptor.open(
      path.isEmpty ? "." : path, .readOnly, options: [.directory, .closeOnExec])
    try directory.closeAfter {
      guard fsync(directory.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }
  }
}
