import Glibc
package import Files
package import SystemPackage
package import Wire

/// A unit file as it stands where systemd reads it, or shall stand there.
package enum UnitContent: Equatable, Sendable {
  case nothing
  case link(FilePath)
  case file([UInt8])
}

/// A folder of ours with unit files in it: only root can change what lies there, so root may install it.
package struct UnitShelf: Equatable, Sendable {
  package let folder: FilePath

  package init(folder: FilePath) {
    self.folder = folder
  }

  /// Whether anything was ever put here.
  var exists: Bool { (try? FileStatus.of(folder)) != nil }

  func make() throws(FileError) {
    guard let name = folder.lastComponent else { return }
    let parent = try Directory.open(folder.removingLastComponent(), following: true)
    try parent.makeDirectory(name, permissions: .ownerReadWriteExecute)
    try parent.synchronize()
  }

  func put(_ content: UnitContent, for unit: String) throws(FileError) {
    let (word, bytes): (String, [UInt8]) =
      switch content {
      case .nothing: ("nothing", [])
      case .link(let target): ("link", target.bytes)
      case .file(let bytes): ("file", bytes)
      }
    let store = try Directory.open(folder)
    try store.writeDurably(bytes, to: component(of: unit))
    // Written last: with it, what is kept is whole.
    try store.writeDurably(word.utf8, to: component(of: "\(unit).had"))
  }

  /// nil where nothing is known of the unit.
  func content(of unit: String) throws(FileError) -> UnitContent? {
    let store: Directory
    do { store = try Directory.open(folder) } catch {
      if error.isMissing { return nil }
      throw error
    }
    let had = try component(of: "\(unit).had")
    guard try store.statusIfPresent(of: had) != nil else { return nil }
    let word = try store.openFile(had).readAll(maxBytes: 64)
    let bytes = try store.openFile(component(of: unit)).readAll(maxBytes: EffectLimits.unitFileBytes)
    return switch String(decoding: word, as: UTF8.self) {
    case "nothing": .nothing
    case "link": .link(FilePath(bytes: bytes))
    default: .file(bytes)
    }
  }

  /// Takes over what another shelf holds of these units.
  package func take(_ units: [UnitFile], from other: UnitShelf) throws(FileError) {
    try make()
    for unit in units {
      if let content = try other.content(of: unit.unit) { try put(content, for: unit.unit) }
    }
  }
}

/// The units of an app where systemd reads them. What is put there, and what was there before, lies on a
/// ``UnitShelf``. Each part can be repeated after a crash. Whoever calls runs daemon-reload afterwards.
package struct UnitFiles: Sendable {
  var units: [UnitFile]
  package var directory: FilePath = "/etc/systemd/system"

  package init(units: [UnitFile], directory: FilePath = "/etc/systemd/system") {
    self.units = units
    self.directory = directory
  }

  /// Keeps what is there now. A second call, after a crash, does not replace what the first one kept.
  package func keep(on shelf: UnitShelf) throws(UnitFileError) {
    do throws(FileError) {
      try shelf.make()
      for unit in units where try shelf.content(of: unit.unit) == nil {
        try shelf.put(content(of: unit.unit), for: unit.unit)
      }
    } catch {
      throw .file(error)
    }
  }

  /// What stands there now.
  package func content(of unit: String) throws(FileError) -> UnitContent {
    let system = try Directory.open(directory, following: true)
    let name = try component(of: unit)
    return switch try system.statusIfPresent(of: name)?.kind {
    case nil: .nothing
    case .symbolicLink: .link(try system.readLink(name))
    default: .file(try system.openFile(name).readAll(maxBytes: EffectLimits.unitFileBytes))
    }
  }

  /// Reads the unit files of a tree that nobody but root has had in hand.
  package func read(from tree: FilePath, onto shelf: UnitShelf) throws(UnitFileError) {
    do throws(FileError) {
      try shelf.make()
      for unit in units {
        let bytes = try TreeFile.read(unit.file, in: tree, limitBytes: EffectLimits.unitFileBytes)
        try shelf.put(.file(bytes), for: unit.unit)
      }
    } catch {
      throw .file(error)
    }
  }

  /// Puts in place what lies on the shelf. What was there must be kept before.
  /// - Returns: whether anything is different now.
  @discardableResult
  package func install(from shelf: UnitShelf, install: FilePath) throws(UnitFileError) -> Bool {
    var changed = false
    for unit in units {
      do throws(FileError) {
        guard let wanted = try shelf.content(of: unit.unit) else { continue }
        let present = try content(of: unit.unit)
        if present == wanted { continue }
        if case .link(let target) = present {
          let target = directory.pushing(target).lexicallyNormalized()
          if target == "/dev/null" { throw FileError(.write, directory.appending(unit.unit), .fileExists) }
          // It leads into the install, and so to the new one since the swap.
          if target == install.pushing(FilePath(unit.file)).lexicallyNormalized() { continue }
        }
        try put(wanted, as: unit.unit)
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
  package func restore(from shelf: UnitShelf) throws(UnitFileError) -> Bool {
    guard shelf.exists else { return false }
    do throws(FileError) {
      for unit in units {
        if let content = try shelf.content(of: unit.unit) { try put(content, as: unit.unit) }
      }
      try Directory.open(directory, following: true).synchronize()
    } catch {
      throw .file(error)
    }
    return true
  }

  private func put(_ content: UnitContent, as unit: String) throws(FileError) {
    let system = try Directory.open(directory, following: true)
    let name = try component(of: unit)
    switch content {
    case .nothing: try system.unlink(name)
    case .link(let target):
      let temporary = try component(of: ".fleet-link-\(unit)")
      try system.unlink(temporary)
      try system.makeSymbolicLink(temporary, to: target)
      try system.rename(temporary, to: name, replacing: true)
    case .file(let bytes): try system.writeDurably(bytes, to: name)
    }
  }
}

package enum UnitFileError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  /// The unit is masked on this host, on purpose.
  case masked(String)

  package var description: String {
    switch self {
    case .file(let error): "unit files: \(error)"
    case .masked(let unit): "\(unit) is masked on this host; `systemctl unmask \(unit)` first"
    }
  }
}

private func component(of unit: String) throws(FileError) -> FilePath.Component {
  let path = FilePath(unit)
  guard let component = path.lastComponent, path.components.count == 1, !path.isAbsolute,
    component.kind == .regular
  else {
    throw FileError(.open, path, .invalidArgument, detail: "this is no unit's name")
  }
  return component
}
