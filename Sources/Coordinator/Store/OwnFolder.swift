import Files
import Glibc
package import SystemPackage

/// A folder of fleet's own on this machine, with those of its parents that are fleet's too. What stands in it is
/// believed (which rollouts are open, which releases were verified), so nobody else may write there, nor lead us
/// elsewhere by a symbolic link.
package struct OwnFolder {
  /// What stands at a place, as far as it matters.
  enum Place: Equatable, Sendable {
    case folder(owner: UInt32, mode: UInt32)
    case link(owner: UInt32)
  }

  private static let maxLinks = 40
  private static let action = "use"
  private static let writableByOthers: UInt32 = 0o022
  private static let writableByAll: UInt32 = 0o002
  private static let sticky: UInt32 = 0o1000

  let path: FilePath
  /// How many of its last components are fleet's own.
  private let own: Int

  /// - Parameter path: absolute; the last component is fleet's own, and all from `fleet` on.
  package init(_ path: FilePath) {
    self.path = path.lexicallyNormalized()
    let names = path.components.map(\.string)
    own = names.lastIndex(where: { $0 == "fleet" }).map { names.count - $0 } ?? 1
  }

  /// Nothing is wrong where there is no such folder yet.
  package func check() throws(StoreError) {
    var place = FilePath(root: "/", [])
    var links = 0
    let names = path.components.map(\.string)
    // The next one last. A link's own destination stands in its place.
    var rest = names.enumerated().reversed().map { (name: $1, isOwn: $0 >= names.count - own) }
    while let next = rest.popLast() {
      guard next.name != ".." else {
        place.removeLastComponent()
        continue
      }
      let here = place.appending(next.name)
      var status = stat()
      guard lstat(here.string, &status) == 0 else { return }
      let isLink = status.st_mode & S_IFMT == S_IFLNK
      let found: Place =
        isLink ? .link(owner: status.st_uid) : .folder(owner: status.st_uid, mode: status.st_mode & 0o7777)
      if let why = Self.trouble(with: found, at: here.string, isOwn: next.isOwn, user: geteuid()) {
        throw StoreError(path: here, action: Self.action, cause: why)
      }
      guard isLink else {
        place = here
        continue
      }
      links += 1
      guard links <= Self.maxLinks, let destination = Self.destination(of: here) else {
        throw StoreError(path: here, action: Self.action, cause: "\(Errno.tooManySymbolicLinkLevels)")
      }
      if destination.isAbsolute { place = FilePath(root: "/", []) }
      let through = destination.components.map(\.string)
      rest += through.enumerated().reversed().map { ($1, next.isOwn && $0 == through.count - 1) }
    }
  }

  /// Makes it, and what is missing above it, for us alone.
  package func make() throws(StoreError) {
    try check()
    try StateFiles.stored(path) { () throws(FileError) in
      try makeDirectories(to: path, permissions: [.ownerReadWriteExecute])
    }
    // Somebody may have been quicker.
    try check()
  }

  /// Why what stands at a place on the way is not to be used, and what to type; nil where it is. Pure.
  static func trouble(with place: Place, at path: String, isOwn: Bool, user: UInt32) -> String? {
    switch place {
    case .link(let owner) where owner != 0 && owner != user:
      return "it is a symbolic link of user \(owner), who decides where it leads. Next: rm \(path)"
    case .link: return nil
    case .folder(let owner, _) where isOwn && owner != user:
      return "it belongs to user \(owner), and fleet, run by user \(user), would believe what stands in it. "
        + "Next: mv \(path) \(path).not-mine"
    case .folder(_, let mode):
      let isOpen =
        isOwn ? mode & writableByOthers != 0 : mode & writableByAll != 0 && mode & sticky == 0
      guard isOpen else { return nil }
      return "others may write to it (its mode is \(String(mode, radix: 8))), and fleet would believe what "
        + "stands in it. Next: look who did, then chmod go-w \(path)"
    }
  }

  private static func destination(of link: FilePath) -> FilePath? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink(link.string, &bytes, bytes.count - 1)
    guard count > 0 else { return nil }
    bytes[count] = 0
    return bytes.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } }
  }
}
