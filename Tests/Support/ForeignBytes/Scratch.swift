import Foundation
import Glibc
import SystemPackage

/// A folder of this process, for readers that want files.
enum Scratch {
  static let folder: FilePath = {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let folder = FilePath(base).appending("fleet-foreign-\(getpid())")
    mkdir(folder.string, 0o700)
    return folder
  }()

  static func make(_ name: String) { mkdir(folder.appending(name).string, 0o755) }

  static func write(_ bytes: [UInt8], to name: String) throws(Broken) {
    let file = open(folder.appending(name).string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(file) }
    let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    try require(count == bytes.count, "\(name) cannot be written")
  }

  /// With all that is in it; nothing is followed.
  static func remove(_ name: String) {
    try? FileManager.default.removeItem(atPath: folder.appending(name).string)
  }
}
