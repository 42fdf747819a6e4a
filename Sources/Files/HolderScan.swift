import Glibc
import SystemPackage

/// A place in a file system, whatever it is mounted as.
private struct Location {
  let device: [UInt32]
  let path: FilePath

  init?(_ path: FilePath, in table: MountTable) {
    guard let mount = table.mount(holding: path) else { return nil }
    device = [mount.major, mount.minor]
    var inside = path.components
    inside.removeFirst(min(mount.point.components.count, inside.count))
    self.path = mount.root.appending(inside)
  }

  func isWithin(_ tree: Location) -> Bool { device == tree.device && path.starts(with: tree.path) }
}

/// One pass over /proc.
final class HolderScan {
  let proc: Directory
  private let tree: Location
  /// Mount tables by the mount namespace that they belong to.
  private var tables: [FilePath: MountTable] = [:]
  private let ownNamespace: FilePath
  private let ownTable: MountTable

  init(_ tree: FilePath) throws(FileError) {
    proc = try Directory.open("/proc")
    ownTable = try MountTable.read()
    ownNamespace = try Directory.open("/proc/self/ns").readLink("mnt")
    guard let location = Location(tree, in: ownTable) else {
      throw FileError(.mounts, tree, .noSuchFileOrDirectory, detail: "no mount holds it")
    }
    self.tree = location
  }

  func look(_ pid: Int32, _ name: FilePath.Component) throws(FileError) -> Holder? {
    let process = try proc.open(name)
    let table = try mountTable(of: process)
    var holds: [Holder.Hold] = []
    func add(_ use: Holder.Use, _ path: FilePath) {
      guard holds.count < Holders.maxHoldsPerProcess, isInTree(path, table) else { return }
      let hold = Holder.Hold(use: use, path: path)
      if !holds.contains(hold) { holds.append(hold) }
    }
    for (link, use) in [
      ("cwd", Holder.Use.workingDirectory), ("root", .root), ("exe", .executable),
    ] as [(FilePath.Component, Holder.Use)] {
      if let path = try present({ () throws(FileError) in try process.readLink(link) }) { add(use, path) }
    }
    if let descriptors = try present({ () throws(FileError) in try process.open("fd") }) {
      for entry in try present({ () throws(FileError) in try descriptors.entries() }) ?? [] {
        if let path = try present({ () throws(FileError) in try descriptors.readLink(entry) }) {
          add(.file, path)
        }
      }
    }
    for path in try present({ () throws(FileError) in try self.mappedFiles(process) }) ?? [] {
      add(.mapping, path)
    }
    guard !holds.isEmpty else { return nil }
    return Holder(
      pid: pid, command: text(process, "comm", separator: 0x0A),
      commandLine: text(process, "cmdline", separator: 0), holds: holds)
  }

  private func isInTree(_ path: FilePath, _ table: MountTable) -> Bool {
    guard path.isAbsolute else { return false }
    if Location(path, in: table)?.isWithin(tree) == true { return true }
    // The kernel adds this to the name of what is unlinked; only the tree itself could hide in it.
    let deleted = Array(" (deleted)".utf8)
    let bytes = path.bytes
    guard bytes.count > deleted.count, bytes.suffix(deleted.count).elementsEqual(deleted),
      let plain = Location(FilePath(bytes: bytes.dropLast(deleted.count)), in: table)
    else { return false }
    return plain.isWithin(tree) && (try? FileStatus.of(path)) == nil
  }

  private func mountTable(of process: Directory) throws(FileError) -> MountTable {
    let namespace = try present { () throws(FileError) in try process.open("ns").readLink("mnt") }
    // In the same namespace all names are shown from where we look, also those of a chroot.
    guard let namespace, namespace != ownNamespace else { return ownTable }
    if let known = tables[namespace] { return known }
    let file = try process.openFile("mountinfo")
    let table = MountTable(parsing: try file.readAll(maxBytes: MountTable.maxBytes))
    tables[namespace] = table
    return table
  }

  /// The paths in /proc/PID/maps: five fields, spaces, then the path with its newlines escaped.
  private func mappedFiles(_ process: Directory) throws(FileError) -> [FilePath] {
    let bytes = try process.openFile("maps").readAll(maxBytes: Holders.maxMapsBytes)
    var paths: Set<[UInt8]> = []
    for line in bytes.split(separator: 0x0A) {
      guard let slash = line.firstIndex(of: 0x2F) else { continue }
      paths.insert(Array(line[slash...]))
    }
    return paths.sorted { $0.lexicographicallyPrecedes($1) }
      .map { FilePath(bytes: unescapeNewlines($0)) }
  }

  private func unescapeNewlines(_ bytes: [UInt8]) -> [UInt8] {
    var plain: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.first {
      if rest.starts(with: [0x5C, 0x30, 0x31, 0x32]) {
        plain.append(0x0A)
        rest.removeFirst(4)
      } else {
        plain.append(byte)
        rest.removeFirst()
      }
    }
    return plain
  }

  private func text(_ process: Directory, _ name: FilePath.Component, separator: UInt8) -> String {
    var buffer = [UInt8](repeating: 0, count: Holders.maxCommandLineBytes)
    guard let file = try? process.openFile(name) else { return "" }
    let count = max(0, read(file.fd, &buffer, buffer.count))
    let words = buffer[..<count].split(separator: separator)
    return printableText(words.joined(separator: [0x20]))
  }

  /// Nil for what a process no longer has, as when it ends meanwhile or is of the kernel.
  private func present<Value>(_ look: () throws(FileError) -> Value) throws(FileError) -> Value? {
    do { return try look() } catch {
      if error.errno == .noSuchFileOrDirectory || error.errno == .noSuchProcess { return nil }
      throw error
    }
  }
}
