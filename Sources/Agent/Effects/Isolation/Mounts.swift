import ByteText
import CLinux
import Glibc
import SystemPackage

/// Mounts of a process's own mount namespace.
enum Mounts {
  static func makeMemory(_ path: String, mode: String) throws(IsolationFailure) {
    try makeDirectories(path)
    try mount(
      "tmpfs", path, type: "tmpfs", flags: FLEET_MS_NOSUID,
      "mode=\(mode),size=\(EffectLimits.privateMemoryMiB)m")
  }

  static func bind(_ place: HeldPlace, at path: String, writable: Bool) throws(IsolationFailure) {
    try makeDirectories(path)
    try mount(place.name, path, flags: FLEET_MS_BIND)
    if writable, fleet_writable(path) != 0 { throw IsolationFailure("writable \(path)") }
  }

  static func makeReadOnly(_ path: String) throws(IsolationFailure) {
    guard fleet_read_only_recursive(path) == 0 else { throw IsolationFailure("read-only \(path)") }
  }

  /// Only in private places anything can be missing.
  static func makeDirectories(_ path: String) throws(IsolationFailure) {
    var made = ""
    for part in path.pieces(by: "/") {
      made += "/\(part)"
      if mkdir(made, 0o755) == 0 || errno == EEXIST { continue }
      // EROFS comes before EEXIST on some file systems.
      let failure = Errno(rawValue: errno)
      var status = stat()
      if stat(made, &status) != 0 { throw IsolationFailure("the directory \(made)", failure) }
    }
  }

  static func mount(
    _ source: String?, _ target: String, type: String? = nil, flags: Int,
    _ options: String? = nil
  ) throws(IsolationFailure) {
    guard fleet_mount(source, target, type, UInt(flags), options) == 0 else {
      throw IsolationFailure("mounting \(target)")
    }
  }
}

/// A handle to a file or directory that stays the same, whatever is mounted over its path.
final class HeldPlace {
  private let fd: Int32

  init(_ path: String) throws(IsolationFailure) {
    fd = fleet_open_place(path)
    if fd < 0 { throw IsolationFailure(path) }
  }

  deinit { close(fd) }

  /// A path that leads to it.
  var name: String { "/proc/self/fd/\(fd)" }
}
