import CLinux
import Glibc
import SystemPackage

/// Extended attributes (xattr(7)) of an open file; ACLs are two of them.
struct ExtendedAttributes {
  /// The kernel's own limits.
  static let maxListBytes = 65_536
  static let maxValueBytes = 65_536

  let fd: Int32
  let path: FilePath

  /// The names; none where the file system has no such attributes.
  func names() throws(FileError) -> [[UInt8]] {
    var buffer = [CChar](repeating: 0, count: Self.maxListBytes)
    let count = flistxattr(fd, &buffer, buffer.count)
    if count < 0 {
      let failure = Errno(rawValue: errno)
      if failure == .notSupported { return [] }
      throw FileError(.attributes, path, failure)
    }
    return buffer[..<count].map { UInt8(bitPattern: $0) }.split(separator: 0).map(Array.init)
  }

  /// Nil if it is not there (any more).
  func value(_ name: [UInt8]) throws(FileError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: Self.maxValueBytes)
    let count = fgetxattr(fd, cString(name), &buffer, buffer.count)
    if count < 0 {
      if errno == ENODATA { return nil }
      throw FileError(.attributes, path, Errno(rawValue: errno))
    }
    return Array(buffer[..<count])
  }

  /// Makes the attributes those of `other`. Returns the names that may not be set here: another
  /// security module, a file system without them, or no root.
  func become(_ other: ExtendedAttributes) throws(FileError) -> [String] {
    var refused: [String] = []
    let wanted = try other.names()
    for name in try names() where !wanted.contains(name) {
      try FileEffects.pass(.attributes, path)
      if fremovexattr(fd, cString(name)) != 0 {
        try tolerate(name, &refused)
      }
    }
    for name in wanted {
      guard let value = try other.value(name) else { continue }
      if try self.value(name) == value { continue }
      try FileEffects.pass(.attributes, path)
      if fsetxattr(fd, cString(name), value, value.count, 0) != 0 {
        try tolerate(name, &refused)
      }
    }
    return refused
  }

  private func tolerate(_ name: [UInt8], _ refused: inout [String]) throws(FileError) {
    let failure = Errno(rawValue: errno)
    switch failure {
    case .notSupported, .notPermitted, .permissionDenied: refused.append(printableText(name))
    case .noData: return
    default: throw FileError(.attributes, path, failure)
    }
  }

  private func cString(_ name: [UInt8]) -> [CChar] { name.map { CChar(bitPattern: $0) } + [0] }
}
