import CLinux
import Glibc
package import SystemPackage

/// The way down to a directory, taken only where nobody but those who are trusted can change it: as sshd's
/// StrictModes asks of the way to authorized_keys (sshd_config(5)). Root is trusted, whoever runs us, and whoever may
/// become root anyway.
///
/// Each directory on the way belongs to one of the trusted, and no other may write to it. A group may where all its
/// members are trusted, as in Debian's private groups; and all may where the sticky bit keeps them from renaming
/// what is not theirs. A symbolic link is followed only where root alone can have made it.
package struct TrustedWay: Sendable {
  /// Whom we trust beside root and ourselves.
  private let others: Set<UInt32>
  private let mayBecomeRoot: @Sendable (UInt32) -> Bool
  private static let maxLinks = 40

  /// - Parameter mayBecomeRoot: asked of each other user whom a directory on the way belongs to.
  package init(
    trusting others: Set<UInt32> = [], mayBecomeRoot: @escaping @Sendable (UInt32) -> Bool = { _ in false }
  ) {
    self.others = others
    self.mayBecomeRoot = mayBecomeRoot
  }

  /// Opens a directory by its absolute path, itself a part of the way. Its `path` is the real one, without links.
  ///
  /// Errors: EPERM, with what to do in words, where the way cannot be trusted.
  package func open(_ path: FilePath) throws(FileError) -> Directory {
    let directory = try openLast(path)
    try require(directory, path)
    return directory
  }

  /// The same, but what the way leads to may be anybody's and open to anybody.
  package func openLast(_ path: FilePath) throws(FileError) -> Directory {
    guard path.isAbsolute else {
      throw FileError(.open, path, .invalidArgument, detail: "an absolute path is needed")
    }
    var linksLeft = Self.maxLinks
    return try walk(path, to: path, linksLeft: &linksLeft)
  }

  private func walk(
    _ path: FilePath, to goal: FilePath, linksLeft: inout Int
  ) throws(FileError) -> Directory {
    var directory = try Directory.open("/")
    var names = Array(path.components.reversed())
    while let name = names.popLast() {
      switch name.kind {
      case .currentDirectory: continue
      case .parentDirectory:
        throw FileError(.open, path, .invalidArgument, detail: "the path must not contain ..")
      case .regular: break
      }
      try require(directory, goal)
      let status = try directory.status(of: name)
      guard status.kind == .symbolicLink else {
        directory = try directory.open(name)
        continue
      }
      let link = directory.path.appending(name)
      guard linksLeft > 0 else { throw FileError(.open, link, .tooManySymbolicLinkLevels) }
      linksLeft -= 1
      guard isOurs(status.user), isOurs(try directory.status().user) else {
        throw FileError(
          .open, link, .notPermitted,
          detail: "it is a symbolic link that somebody else than root can change; name the directory itself")
      }
      let target = directory.path.pushing(try directory.readLink(name)).lexicallyNormalized()
      return try walk(target.appending(names.reversed()), to: goal, linksLeft: &linksLeft)
    }
    return directory
  }

  private func isOurs(_ user: UInt32) -> Bool { user == 0 || user == geteuid() }

  private func require(_ directory: Directory, _ goal: FilePath) throws(FileError) {
    guard let why = try objection(to: directory) else { return }
    throw FileError(.open, goal, .notPermitted, detail: why)
  }

  /// Why a directory on the way is not trusted, and what mends it; nil where it is.
  private func objection(to directory: Directory) throws(FileError) -> String? {
    let status = try directory.status()
    let place = directory.path.printable
    guard isOurs(status.user) || others.contains(status.user) || mayBecomeRoot(status.user) else {
      return
        "\(place) on the way to it belongs to the user \(status.user), who could put another in its place; "
        + "on the host: sudo chown root \(place)"
    }
    let mode = status.permissions
    if mode.contains(.saveText) { return nil }
    if mode.contains(.otherWrite) {
      return "\(place) on the way to it can be written by everybody; on the host: sudo chmod o-w \(place)"
    }
    // Whoever owns it has passed.
    let trusted = trusted.union([status.user])
    if mode.contains(.groupWrite), let stranger = try Accounts.member(of: status.group, besides: trusted) {
      return "\(place) on the way to it can be written by \(stranger) through its group; "
        + "on the host: sudo chmod g-w \(place)"
    }
    if let stranger = try AccessList(of: directory)?.writer(besides: trusted) {
      return "\(place) on the way to it can be written by \(stranger) through its access list; "
        + "on the host: sudo setfacl -b \(place)"
    }
    return nil
  }

  private var trusted: Set<UInt32> { others.union([0, geteuid()]) }
}

extension Directory {
  /// Opens a directory whose path must be real: no symbolic link anywhere on the way (openat2(2),
  /// RESOLVE_NO_SYMLINKS). ELOOP where there is one.
  package static func openReal(_ path: FilePath) throws(FileError) -> Directory {
    let fd = try check(.open, path) { path.withPlatformString { fleet_open_real($0) } }
    return Directory(owning: fd, path: path)
  }
}
