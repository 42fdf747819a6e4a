import ByteText
package import Files
package import SystemPackage

/// Reading and writing below `$XDG_STATE_HOME/fleet`, and what a person has written elsewhere.
package enum StateFiles {
  /// An event log is far below: a line is some hundred bytes, a big rollout some ten thousand lines.
  static let maxFileBytes = 256 << 20

  package static func read(_ path: FilePath) throws(StoreError) -> [UInt8] {
    try stored(path) { () throws(FileError) in try readBounded(path, maxBytes: maxFileBytes) }
  }

  /// Whole and on the disk, or not there at all.
  package static func write(_ bytes: [UInt8], to path: FilePath) throws(StoreError) {
    try stored(path) { () throws(FileError) in
      try writeDurably(bytes, to: path, permissions: permissions)
    }
  }

  /// What others may read unless the umask says no (proc(5), `Umask` in /proc/PID/status): umask(2) cannot be asked
  /// without being set.
  private static var permissions: FilePermissions {
    let status = String(
      decoding: (try? readBounded("/proc/self/status", maxBytes: 1 << 16)) ?? [], as: UTF8.self)
    let line = status.textLines.first { $0.begins(with: "Umask:") }
    let mask = line?.words.last.flatMap { UInt32($0, radix: 8) } ?? 0o077
    return FilePermissions(rawValue: 0o644 & ~mask)
  }

  /// What goes wrong with a file of fleet's own, as that.
  package static func stored<Value: ~Copyable>(
    _ path: FilePath, _ body: () throws(FileError) -> Value
  ) throws(StoreError) -> Value {
    do throws(FileError) { return try body() } catch {
      throw StoreError(error, at: path)
    }
  }
}

extension StoreError {
  /// - Parameter path: what a person knows of; the failure may lie at a file beside it that has another name.
  package init(_ error: FileError, at path: FilePath) {
    self.init(path: path, action: error.operation.rawValue, cause: error.cause)
  }
}
