import Archive
import ByteText
import Files
import Glibc
import Release
import SystemPackage
import Wire

/// What *prove* would find of a release, and what can be seen before the stop.
extension JobSteps {
  /// A tree whose own version is not the release's could never be proved.
  func requireVersion(_ wanted: String, in tree: FilePath) throws(StepFailure) {
    let found = try Install.version(profile.version, in: tree)
    guard Version.isSame(found, wanted) else {
      throw .because(
        .artifact,
        "the release \(visible(wanted, limit: 100)) calls itself \(visible(found, limit: 100)) "
          + "(\(visible(profile.version.file, limit: 200))), so it could not be proved; its makers, or version: in "
          + "the profile, have to mend that")
    }
  }

  /// What Git LFS keeps elsewhere is no part of an archive: in its place stand pointers
  /// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
  func requireNoPointers(in tree: Directory, _ manifest: ArchiveManifest) throws(StepFailure) {
    let globs = try Globs(profile)
    let small = manifest.entries.filter { $0.kind == .file && $0.sizeBytes <= Self.pointerBytes }.map(\.path)
    let pointers = try files { () throws(FileError) in
      try Self.pointers(among: small.filter { !globs.cover(FilePath($0)) }, in: tree)
    }
    guard let first = pointers.first else { return }
    throw .because(
      .artifact,
      "\(pointers.count) files of the archive are only Git LFS pointers (\(visible(first, limit: 200))); a release "
        + "with the files themselves is needed, or name them under ignore: in the profile if the app does without",
      tail: pointers.prefix(WireLimits.listEntries).map { visible($0, limit: 300) })
  }

  static func pointers(among paths: [String], in tree: Directory) throws(FileError) -> [String] {
    var found: [String] = []
    for path in paths {
      let file = try tree.openFile(at: FilePath(path))
      if try file.readFirst(bytes: pointer.count) == pointer { found.append(path) }
    }
    return found
  }

  /// By the specification a pointer is smaller than this.
  private static let pointerBytes: UInt64 = 1024
  private static let pointer = Array("version https://git-lfs.github.com/spec/v1".utf8)

  /// An archive that keeps no modes (a zip, as other systems make it) makes plain files of programs, and what is
  /// started by its name would not start. Where it has any program, its modes are meant.
  func requireModes(in tree: FilePath) throws(StepFailure) {
    guard let manifest, !manifest.entries.contains(where: { $0.kind == .file && $0.mode & 0o111 != 0 }) else {
      return
    }
    let globs = try Globs(profile)
    let paths = manifest.entries.filter { $0.kind == .file && !globs.cover(FilePath($0.path)) }.map(\.path)
    let lost = try files { () throws(FileError) in
      try Self.lostPrograms(
        among: paths, installed: Directory.openReal(install), staged: Directory.openReal(tree))
    }
    guard let first = lost.first else { return }
    throw .because(
      .artifact,
      "no file of its archive may be run, so \(visible(first, limit: 200)), which can be run now, could not be any "
        + "more (\(lost.count) such files); a tar of the release is needed, or a prepare step that sets them, with the "
        + "files under ignore: in the profile",
      tail: lost.prefix(WireLimits.listEntries).map { visible($0, limit: 300) })
  }

  static func lostPrograms(
    among paths: [String], installed: Directory, staged: Directory
  ) throws(FileError) -> [String] {
    var lost: [String] = []
    let headers = [Array("#!".utf8), [0x7F] + Array("ELF".utf8)]
    for path in paths {
      guard let now = try installed.statusIfPresent(at: FilePath(path)), now.kind == .regular,
        now.permissions.contains(.ownerExecute), let then = try staged.statusIfPresent(at: FilePath(path)),
        then.kind == .regular, !then.permissions.contains(.ownerExecute)
      else { continue }
      let start = try installed.openFile(at: FilePath(path)).readFirst(bytes: 4)
      // Where also what is no program may be run, as on a card that knows no modes, that says nothing.
      guard headers.contains(where: { start.starts(with: $0) }) else { return [] }
      lost.append(path)
    }
    return lost
  }

  /// A backup's environment may have been made for a Python that Debian has replaced since.
  func requireInterpreters(in tree: FilePath) throws(StepFailure) {
    let missing = try files { () throws(FileError) in
      var missing: String?
      try TreeWalk(Directory.openReal(tree)).visit { (entry) throws(FileError) in
        guard missing == nil, entry.status.kind == .symbolicLink, entry.name.string.begins(with: "python"),
          entry.path.removingLastComponent().lastComponent?.string == "bin"
        else { return .goOn }
        let target = try entry.parent.readLink(entry.name)
        guard target.isAbsolute else { return .goOn }
        // What lies in the install comes back with it.
        var place = target
        for install in [install, FilePath(profile.install)] where place.removePrefix(install) {
          place = tree.appending(place.components)
        }
        if try FileStatus.ifPresent(place) == nil {
          missing = "\(entry.path.printable), which leads to \(target.printable)"
        }
        return .goOn
      }
      return missing
    }
    guard let missing else { return }
    throw .because(
      .install,
      "its interpreter is not on this host any more (\(missing)), so it would not start; install that again, or build "
        + "the environment anew by hand after going back")
  }
}
