import Glibc
package import Files
package import SystemPackage
import Wire

/// A directory as a rehearsal may change it: nothing of that reaches the directory itself. An overlay where the file
/// systems allow one, else a copy.
package struct RehearsalLayer: Sendable {
  let directory: FilePath
  /// What is shown in its place, below the changes.
  let shown: FilePath
  package let mode: Isolation.TreeMode
  /// Of the directory, where that itself is shown.
  var identity: FileStatus.Identity?

  /// What it makes in its folder: the overlay's two layers, or the copy.
  static let names: [FilePath.Component] = ["upper", "work", "copy"]

  static func overlay(
    over directory: FilePath, in folder: FilePath, identity: FileStatus.Identity? = nil
  ) throws(FileError) -> RehearsalLayer {
    let (upper, work) = (folder.appending(names[0]), folder.appending(names[1]))
    // The root of the upper layer is the root that steps see: owner and mode are the directory's.
    try makeDirectory(upper, like: directory)
    try makeDirectory(work, like: directory)
    return RehearsalLayer(
      directory: directory, shown: directory, mode: .overlay(upper: upper.string, work: work.string),
      identity: identity)
  }

  /// - Parameter identity: of the directory, where others than root could put another in its place.
  static func copy(
    of directory: FilePath, in folder: FilePath, identity: FileStatus.Identity? = nil, by rules: Copying
  ) throws(RehearsalTreeError) -> RehearsalLayer {
    let copy = folder.appending(names[2])
    let left: @Sendable (FilePath) -> Bool = { rules.excluding(directory.pushing($0)) }
    let from: Directory
    let needed: Int64
    do throws(FileError) {
      from = try Directory.openReal(directory)
      if let identity, try from.status().identity != identity {
        throw FileError(.copy, directory, .notPermitted, detail: "another directory lies there than before")
      }
      needed = try DiskUsage.of(from, excluding: left).allocatedBytes
    } catch { throw .file(error) }
    guard rules.hasRoom(needed, folder) else { throw .noRoom(needed, folder) }
    do throws(FileError) {
      try makeDirectory(copy, like: directory)
      var carry = TreeCarry(.copy, from: from, to: try Directory.open(copy))
      carry.excluding = left
      carry.goOn = { _ in rules.goOn() }
      _ = try carry.run(try from.entries().map { FilePath(root: nil, components: $0) })
    } catch { throw .file(error) }
    return RehearsalLayer(directory: directory, shown: copy, mode: .direct)
  }

  /// The directory in which what is placed, and what commands change, lies.
  package var changes: FilePath {
    switch mode {
    case .direct: shown
    case .overlay(let upper, _): FilePath(upper)
    }
  }

  /// Makes a directory with the owner and mode of another, where that is there.
  private static func makeDirectory(_ path: FilePath, like original: FilePath) throws(FileError) {
    guard let name = path.lastComponent else { return }
    let parent = try Directory.open(path.removingLastComponent())
    guard try parent.statusIfPresent(of: name) == nil else { return }
    let made = try parent.makeDirectory(name)
    var status = stat()
    let found = original.withPlatformString { stat($0, &status) } == 0
    if !found, fstat(parent.descriptor.rawValue, &status) != 0 {
      throw FileError(.status, path, Errno(rawValue: errno))
    }
    let fd = made.descriptor.rawValue
    if geteuid() == 0 { try check(.setOwner, path) { fchown(fd, status.st_uid, status.st_gid) } }
    try check(.setMode, path) { fchmod(fd, status.st_mode & 0o7777) }
  }
}

extension RehearsalLayer {
  /// How a directory is copied where there is no overlay.
  package struct Copying: Sendable {
    /// What is left out, with all below it.
    var excluding: @Sendable (FilePath) -> Bool = { _ in false }
    /// Whether so many bytes may be taken from the file system that a path lies on.
    var hasRoom: @Sendable (Int64, FilePath) -> Bool = { _, _ in true }
    /// Asked again and again while a long copy is made; false ends it with ECANCELED.
    var goOn: @Sendable () -> Bool = { true }

    package init(
      excluding: @escaping @Sendable (FilePath) -> Bool = { _ in false },
      hasRoom: @escaping @Sendable (Int64, FilePath) -> Bool = { _, _ in true },
      goOn: @escaping @Sendable () -> Bool = { true }
    ) {
      self.excluding = excluding
      self.hasRoom = hasRoom
      self.goOn = goOn
    }
  }
}

/// The staged tree, and what of the host steps may change, as a rehearsal may change it. All of it lies in the job's
/// scratch space.
package struct RehearsalTree: Sendable {
  let install: FilePath
  let scratch: ScratchSpace
  package private(set) var staged: RehearsalLayer
  /// The directories of the profile's `outside`.
  package private(set) var outside: [RehearsalLayer] = []

  private static let outsideName: FilePath.Component = "outside"
  /// What it makes in the scratch space.
  package static let names = RehearsalLayer.names + [outsideName]

  /// - Parameters:
  ///   - outside: what of the host steps may change.
  ///   - rules: of copying a directory where there is no overlay.
  package static func make(
    of staged: FilePath, install: FilePath, outside: [Isolation.Outside] = [], scratch: ScratchSpace,
    runner: any CommandRunning, copying rules: RehearsalLayer.Copying
  ) throws(RehearsalTreeError) -> RehearsalTree {
    var tree: RehearsalTree
    do {
      tree = RehearsalTree(
        install: install, scratch: scratch, staged: try .overlay(over: staged, in: scratch.path))
    } catch { throw .file(error) }
    if try !tree.isPossible(runner) {
      tree.staged = try .copy(of: staged, in: scratch.path, by: rules)
    }
    for (index, place) in outside.enumerated() {
      let directory = FilePath(place.path)
      let folder: FilePath
      do {
        folder = try Directory.open(scratch.path).makeDirectories(
          FilePath("\(outsideName)/\(index)")
        ).path
        tree.outside.append(try .overlay(over: directory, in: folder, identity: place.identity))
      } catch { throw .file(error) }
      if try tree.isPossible(runner) { continue }
      tree.outside[index] = try .copy(of: directory, in: folder, identity: place.identity, by: rules)
    }
    return tree
  }

  private func isPossible(_ runner: any CommandRunning) throws(RehearsalTreeError) -> Bool {
    do throws(CommandError) {
      var attempt = StepCommand(
        words: ["/bin/true"], environment: [:], directory: "/", user: try RunUser.current(),
        timeoutSeconds: 60)
      attempt.isolation = isolation()
      _ = try runner.run(attempt)
      return true
    } catch {
      guard case .overlayUnavailable = error else { throw .command(error) }
      return false
    }
  }

  /// Where a rehearsed command runs: no network, and the changes of the commands before it are there.
  package func isolation() -> Isolation {
    Isolation(
      install: install.string, tree: staged.shown.string, mode: staged.mode,
      outside: outside.map {
        Isolation.Outside(
          path: $0.directory.string, tree: $0.shown.string, mode: $0.mode, identity: $0.identity)
      },
      old: install.string, oldAt: scratch.old.string, work: scratch.path.removingLastComponent().string,
      scratch: scratch.path.string, network: false)
  }
}

package enum RehearsalTreeError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  case command(CommandError)
  /// A copy would take so many bytes of the file system that the path lies on.
  case noRoom(Int64, FilePath)

  package var description: String {
    switch self {
    case .file(let error): "the rehearsal's tree: \(error)"
    case .command(let error): "\(error)"
    case .noRoom(let bytes, let path):
      "a copy for the rehearsal takes \(sizeText(bytes)) at \(path.printable)"
    }
  }
}
