import CLinux
import Glibc
package import SystemPackage

/// Extended attributes (xattr(7)) of an open file; ACLs are two of them.
struct ExtendedAttributes {
  /// What fleet itself says of a file. It is of that file alone, and no part of what is carried.
  static let ownPrefixes = ["trusted.fleet.", "user.fleet."]

  /// The kernel's own limits.
  static let maxListBytes = 65_536
  static let maxValueBytes = 65_536

  let fd: Int32
  let path: FilePath

  /// The names but fleet's own; none where the file system has no such attributes.
  func names() throws(FileError) -> [[UInt8]] {
    var buffer = [CChar](repeating: 0, count: Self.maxListBytes)
    let count = flistxattr(fd, &buffer, buffer.count)
    if count < 0 {
      let failure = Errno(rawValue: errno)
      if failure == .notSupported { return [] }
      throw FileError(.attributes, path, failure)
    }
    let all = buffer[..<count].map { UInt8(bitPattern: $0) }.split(separator: 0)
    return all.filter { name in !Self.ownPrefixes.contains { name.starts(with: $0.utf8) } }.map(Array.init)
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
  ///
  /// - Parameter counts: which names; the others stay as they are.
  @discardableResult
  func become(
    _ other: ExtendedAttributes, counts: ([UInt8]) -> Bool = { _ in true }
  ) throws(FileError) -> [String] {
    var refused: [String] = []
    let wanted = try other.names().filter(counts)
    for name in try names() where counts(name) && !wanted.contains(name) {
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

  /// Sets one.
  func set(_ name: [UInt8], to value: [UInt8]) throws(FileError) {
    try check(.attributes, path) { fsetxattr(fd, cString(name), value, value.count, 0) }
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

extension Directory {
  /// What fleet has written on this directory: text under a name that only root can change, or see, where we are root
  /// (trusted.*, xattr(7)), else under one of the user's. nil where there is none, or the file system keeps none.
  package func sign(_ name: String) throws(FileError) -> String? {
    do {
      return try ExtendedAttributes(fd: fd, path: path).value(Self.signName(name)).map {
        String(decoding: $0, as: UTF8.self)
      }
    } catch {
      if error.errno == .notSupported { return nil }
      throw error
    }
  }

  /// Writes it; false where the file system keeps none, or the kernel lets us write none: root of a container is not
  /// always root enough.
  package func setSign(_ name: String, to text: String) throws(FileError) -> Bool {
    do { try ExtendedAttributes(fd: fd, path: path).set(Self.signName(name), to: Array(text.utf8)) } catch {
      if error.errno == .notSupported || error.errno == .notPermitted { return false }
      throw error
    }
    return true
  }

  private static func signName(_ name: String) -> [UInt8] {
    Array("\(ExtendedAttributes.ownPrefixes[geteuid() == 0 ? 0 : 1])\(name)".utf8)
  }
}

extension Directory {
  /// Whether this directory of an overlay's upper layer covers what lies below it (overlayfs.rst, "opaque
  /// directories"). Only root can see that.
  package func isOpaque() throws(FileError) -> Bool {
    try ExtendedAttributes(fd: fd, path: path).value(Array("trusted.overlay.opaque".utf8)) == Array("y".utf8)
  }

  /// Whether this directory of an overlay's upper layer shows another one below it than the one of its own name
  /// (overlayfs.rst, "redirect_dir"). Only root can see that.
  ///
  /// - Parameter path: its own path in the layer.
  package func isRedirected(from path: FilePath) throws(FileError) -> Bool {
    let attribute = Array("trusted.overlay.redirect".utf8)
    guard let target = try ExtendedAttributes(fd: fd, path: self.path).value(attribute) else { return false }
    // A single name in the same directory, or a path from the layer's root.
    let own =
      target.first == UInt8(ascii: "/") ? Array("/".utf8) + path.bytes : path.lastComponent?.bytes ?? []
    return target != own
  }
}
