import CLinux
import Glibc
internal import Files
internal import SystemPackage
internal import Wire

/// Unit files that a release brings: put where systemd reads them, and what was there before is kept
/// on the disk for the way back. Each part can be repeated after a crash. Whoever calls runs
/// daemon-reload afterwards.
struct UnitFiles: Sendable {
  var units: [UnitFile]
  /// Where the previous ones are kept: the job's own directory.
  var kept: FilePath
  var directory: FilePath = "/etc/systemd/system"

  /// Keeps what is there now. A second call, after a crash, does not replace what the first one kept.
  func keep() throws(UnitFileError) {
    do throws(FileError) {
      let parent = try Directory.open(kept.removingLastComponent(), following: true)
      guard let name = kept.lastComponent else { return }
      let store = try parent.makeDirectory(name)
      try parent.synchronize()
      let system = try Directory.open(directory, following: true)
      for unit in units {
        let name = try component(unit.unit)
        guard try store.statusIfPresent(of: component("\(unit.unit).had")) == nil else { continue }
        let was = try system.statusIfPresent(of: name)
        let (word, content): (String, [UInt8]) =
          switch was?.kind {
          case nil: ("nothing", [])
          case .symbolicLink: ("link", try system.readLink(name).bytes)
          default: ("file", try system.openFile(name).readAll(maxBytes: EffectLimits.unitFileBytes))
          }
        try store.writeDurably(content, to: component(unit.unit))
        // Written last: with it, what is kept is whole.
        try store.writeDurably(word.utf8, to: component("\(unit.unit).had"))
      }
    } catch {
      throw .file(error)
    }
  }

  /// Puts the new tree's in place. What was there must be kept before.
  /// - Returns: whether anything is different now.
  @discardableResult
  func install(from tree: FilePath, install: FilePath) throws(UnitFileError) -> Bool {
    var changed = false
    for unit in units {
      do throws(FileError) {
        let content = try TreeFile.read(
          unit.file, in: tree, limitBytes: EffectLimits.unitFileBytes)
        let system = try Directory.open(directory, following: true)
        let name = try component(unit.unit)
        if try system.statusIfPresent(of: name)?.kind == .symbolicLink {
          let target = directory.pushing(try system.readLink(name)).lexicallyNormalized()
          if target == "/dev/null" { throw FileError(.write, directory.appending(unit.unit), .fileExists) }
          // It leads into the install, and so to the new one since the swap.
          if target == install.pushing(FilePath(unit.file)).lexicallyNormalized() { continue }
        } else if let was = try? system.openFile(name).readAll(maxBytes: EffectLimits.unitFileBytes),
          was == content
        {
          continue
        }
        try system.writeDurably(content, to: name)
        changed = true
      } catch {
        throw error.errno == .fileExists ? .masked(unit.unit) : .file(error)
      }
    }
    return changed
  }

  /// Puts back what was kept.
  /// - Returns: whether anything was kept at all.
  @discardableResult
  func restore() throws(UnitFileError) -> Bool {
    guard let store = try? Directory.open(kept) else { return false }
    do throws(FileError) {
      let system = try Directory.open(directory, following: true)
      for unit in units {
        let name = try component(unit.unit)
        let had = try component("\(unit.unit).had")
        guard try store.statusIfPresent(of: had) != nil else { continue }
        let word = try store.openFile(had).readAll(maxBytes: 64)
        let content = try store.openFile(component(unit.unit))
          .readAll(maxBytes: EffectLimits.unitFileBytes)
        switch String(decoding: word, as: UTF8.self) {
        case "nothing": try system.unlink(name)
        case "link":
          let temporary = try component(".fleet-link-\(unit.unit)")
          try system.unlink(temporary)
          try system.makeSymbolicLink(temporary, to: FilePath(bytes: content))
          try system.rename(temporary, to: name, replacing: true)
        default: try system.writeDurably(content, to: name)
        }
      }
      try system.synchronize()
    } catch {
      throw .file(error)
    }
    return true
  }

  private func component(_ name: String) throws(FileError) -> FilePath.Component {
    let path = FilePath(name)
    guard let component = path.lastComponent, path.components.count == 1, !path.isAbsolute,
      component.kind == .regular
    else {
      throw FileError(.open, path, .invalidArgument, detail: "this is no unit's name")
    }
    return component
  }
}

enum UnitFileError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  /// The unit is masked on this host, on purpose.
  case masked(String)

  var description: String {
    switch self {
    case .file(let error): "unit files: \(error)"
    case .masked(let unit): "\(unit) is masked on this host; `systemctl unmask \(unit)` first"
    }
  }
}

/// Reading a file of a tree that no symbolic link leads out of (openat2(2), RESOLVE_BENEATH).
enum TreeFile {
  static func read(_ relative: String, in tree: FilePath, limitBytes: Int) throws(FileError) -> [UInt8] {
    let path = tree.pushing(FilePath(relative))
    let directory = try Directory.open(tree, following: true)
    let fd = fleet_open_beneath(directory.descriptor.rawValue, relative)
    guard fd >= 0 else {
      let failure = Errno(rawValue: errno)
      let leaves = failure == .improperLink ? "it leads out of \(tree.printable)" : nil
      throw FileError(.open, path, failure, detail: leaves)
    }
    let file = FileDescriptor(rawValue: fd)
    defer { try? file.close() }
    var status = stat()
    guard fstat(fd, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(.read, path, .invalidArgument, detail: "it is not a plain file")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count: Int
      do { count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) } } catch {
        throw FileError(.read, path, error as? Errno ?? .ioError)
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer.prefix(count))
      if bytes.count > limitBytes {
        throw FileError(
          .read, path, .fileTooLarge, detail: "it is larger than \(limitBytes) bytes")
      }
    }
  }
}
