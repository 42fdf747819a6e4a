import Files
import Foundation
import Glibc
import SystemPackage
import TestSupport

/// What happens to a disk.
enum Shortage: Sendable, Equatable, CustomStringConvertible {
  /// Others use up its room but for so many steps of ``stepBytes``.
  case room(steps: Int)
  /// Others use up its inodes but for so many.
  case inodes(Int)
  /// The kernel gives it up, as it does with a card that fails, and takes no more writes: what was not synced is lost.
  case readOnly

  static let stepBytes = 64 << 10

  var description: String {
    switch self {
    case .room(let steps): "\(steps) × 64 KiB"
    case .inodes(let count): "\(count) inodes"
    case .readOnly: "read-only"
    }
  }
}

/// The mounted disk of a small host, from outside of its namespaces.
struct Disk: Sendable {
  let host: pid_t
  let folder: String
  private var root: String { "/proc/\(host)/root\(folder)/mnt" }

  /// Below the disk's root; `host.sh` takes it away again.
  static let room = "others"

  /// Only where it is about to be filled exactly: others write too.
  static let attempts = 50

  func suffer(_ shortage: Shortage) throws {
    switch shortage {
    case .room(let steps): try leave(bytes: steps * Shortage.stepBytes)
    case .inodes(let count): try leave(inodes: count)
    case .readOnly:
      try Tool.run(
        "nsenter", "--target", "\(host)", "--mount", "mount", "-o", "remount,abort", "\(folder)/mnt")
    }
  }

  private func make() throws -> String {
    let others = "\(root)/\(Self.room)"
    guard mkdir(others, 0o700) == 0 || errno == EEXIST else { throw Tool.Failed("\(others): \(errno)") }
    return others
  }

  private func status() throws -> statvfs {
    var status = statvfs()
    guard statvfs(root, &status) == 0 else { throw Tool.Failed("statvfs: \(errno)") }
    return status
  }

  /// What statvfs(3) says is available is what the file system gives: it was made without blocks for root alone.
  private func leave(bytes wanted: Int) throws {
    let file = open("\(try make())/room", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Tool.Failed("open: \(errno)") }
    defer { close(file) }
    var size = 0
    for _ in 0..<Self.attempts {
      // What others wrote and the kernel has not placed yet is counted differently before and after.
      try Directory.open(FilePath(root)).synchronizeFileSystem()
      let now = try status()
      let available = Int(now.f_bavail) * Int(now.f_frsize)
      if available == wanted { return }
      let more = available - wanted
      if more > 0 {
        guard posix_fallocate(file, off_t(size), off_t(more)) == 0 else { continue }
      } else if size + more < 0 || ftruncate(file, off_t(size + more)) != 0 {
        throw Tool.Failed("there are only \(available) bytes, not \(wanted)")
      }
      size += more
    }
    throw Tool.Failed("the disk does not come to have \(wanted) bytes")
  }

  private func leave(inodes wanted: Int) throws {
    let others = try make()
    var number = 0
    while true {
      let left = Int(try status().f_favail)
      guard left != wanted else { return }
      guard left > wanted else { throw Tool.Failed("there are only \(left) inodes, not \(wanted)") }
      let file = open("\(others)/\(number)", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard file >= 0 else { throw Tool.Failed("creating a file: \(errno)") }
      close(file)
      number += 1
    }
  }
}
