internal import ByteText
import Glibc
internal import Files
internal import SystemPackage

/// The staged tree as a rehearsal may change it: nothing of that reaches the staged tree itself. An
/// overlay where the file systems allow one, else a copy. All of it lies in the job's scratch space.
struct RehearsalTree: Sendable {
  let staged: FilePath
  let scratch: ScratchSpace
  /// What is shown at the install path, below the changes.
  let tree: FilePath
  let mode: Isolation.TreeMode

  /// What it makes in the scratch space: the overlay's two layers, or the copy.
  static let names: [FilePath.Component] = ["upper", "work", "copy"]

  /// - Parameter copySeconds: how long copying the tree may take where there is no overlay.
  static func make(
    of staged: FilePath, install: FilePath, scratch: ScratchSpace, runner: any CommandRunning,
    copySeconds: Int
  ) throws(RehearsalTreeError) -> RehearsalTree {
    let upper = scratch.path.appending(names[0])
    let work = scratch.path.appending(names[1])
    do {
      // The root of the upper layer is the root that steps see: owner and mode are the tree's.
      try Self.makeDirectory(upper, like: staged)
      try Self.makeDirectory(work, like: staged)
    } catch {
      throw .file(error)
    }
    let overlaid = RehearsalTree(
      staged: staged, scratch: scratch, tree: staged,
      mode: .overlay(upper: upper.string, work: work.string))
    do throws(CommandError) {
      var attempt = StepCommand(
        words: ["/bin/true"], environment: [:], directory: "/", user: try RunUser.current(),
        timeoutSeconds: 60)
      attempt.isolation = overlaid.isolation(install: install)
      _ = try runner.run(attempt)
      return overlaid
    } catch {
      guard case .overlayUnavailable = error else { throw .command(error) }
    }
    let copy = scratch.path.appending(names[2])
    let result: Tool.Result
    do {
      result = try Tool.run(
        ["cp", "-a", "--reflink=auto", "-T", "--", staged.string, copy.string],
        timeoutSeconds: copySeconds)
    } catch {
      throw .command(error)
    }
    guard result.status == 0 else { throw .copy(String(result.output.trailing(scalars: 300))) }
    return RehearsalTree(staged: staged, scratch: scratch, tree: copy, mode: .direct)
  }

  /// Where a rehearsed command runs: no network, and the changes of the commands before it are there.
  func isolation(install: FilePath, network: Bool = false) -> Isolation {
    Isolation(
      install: install.string, tree: tree.string, mode: mode, old: install.string,
      oldAt: scratch.old.string, work: staged.removingLastComponent().string, scratch: scratch.path.string,
      network: network)
  }

  /// Where to put a file (a copy of a database) so that commands find it at `relative` in the tree.
  /// The directories above it are there afterwards, like the tree's own.
  func place(_ relative: FilePath) throws(FileError) -> FilePath {
    let top = changes
    var path = top
    var inside = staged
    for name in relative.removingLastComponent().components {
      path.append(name)
      inside.append(name)
      try Self.makeDirectory(path, like: inside)
    }
    return top.pushing(relative)
  }

  /// Where a file of the tree is now, after what commands have done; nil if it is gone.
  func find(_ relative: FilePath) -> FilePath? {
    let changed = changes.pushing(relative)
    if let status = try? FileStatus.of(changed) {
      // An overlay marks what was removed with a character device (overlayfs documentation, whiteouts).
      return status.kind == .characterDevice ? nil : changed
    }
    guard mode != .direct else { return nil }
    let original = staged.pushing(relative)
    return (try? FileStatus.of(original)) == nil ? nil : original
  }

  /// The directory in which what is placed, and what commands change, lies.
  var changes: FilePath {
    switch mode {
    case .direct: tree
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

enum RehearsalTreeError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  case command(CommandError)
  case copy(String)

  var description: String {
    switch self {
    case .file(let error): "the rehearsal's tree: \(error)"
    case .command(let error): "\(error)"
    case .copy(let output): "the staged tree cannot be copied for the rehearsal: \(output)"
    }
  }
}
