import Glibc
import SystemPackage

/// The access list of a file (acl(5)), where it has one, as the kernel keeps it in `system.posix_acl_access`: a
/// version, then entries of a tag, permissions and an id, all little-endian (linux/posix_acl_xattr.h).
struct AccessList {
  private enum Tag { static let user = 0x02, group = 0x08, mask = 0x10 }

  private struct Entry {
    let tag: Int
    let mayWrite: Bool
    let id: UInt32
  }

  private static let version: UInt32 = 2
  private static let write = 2
  private let entries: [Entry]

  /// nil where the file has none, or the file system keeps none.
  init?(of directory: Directory) throws(FileError) {
    let name = Array("system.posix_acl_access".utf8)
    do {
      guard let bytes = try ExtendedAttributes(fd: directory.fd, path: directory.path).value(name) else {
        return nil
      }
      self.init(bytes)
    } catch {
      if error.errno == .notSupported { return nil }
      throw error
    }
  }

  /// nil where it is not of the version that is known here.
  init?(_ bytes: [UInt8]) {
    func number(_ start: Int, _ count: Int) -> UInt32 {
      bytes[start..<(start + count)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard bytes.count >= 4, number(0, 4) == Self.version else { return nil }
    entries = stride(from: 4, to: bytes.count - 7, by: 8).map { start in
      Entry(
        tag: Int(number(start, 2)), mayWrite: Int(number(start + 2, 2)) & Self.write != 0,
        id: number(start + 4, 4))
    }
  }

  /// Somebody besides `trusted` to whom an entry of their own, or of a group, gives the right to write, in words.
  func writer(besides trusted: Set<UInt32>) throws(FileError) -> String? {
    guard entries.first(where: { $0.tag == Tag.mask })?.mayWrite ?? true else { return nil }
    for entry in entries where entry.mayWrite {
      if entry.tag == Tag.user, !trusted.contains(entry.id) { return "the user \(entry.id)" }
      if entry.tag == Tag.group, let stranger = try Accounts.member(of: entry.id, besides: trusted) {
        return stranger
      }
    }
    return nil
  }
}
