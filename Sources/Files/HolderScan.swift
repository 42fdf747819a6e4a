import Glibc
import SystemPackage

/// One pass over /proc.
final class HolderScan {
  let proc: Directory
  private let tree: Location
  private let ownNamespace: FilePath
  private let ownView: TreeView
  /// The views of other mount namespaces.
  private var views: [FilePath: TreeView] = [:]
  private var mapsBytesLeft = Holders.maxAllMapsBytes

  init(_ tree: FilePath) throws(FileError) {
    proc = try Directory.open("/proc")
    let table = try MountTable.read()
    ownNamespace = try Directory.open("/proc/self/ns").readLink("mnt")
    guard let location = Location(tree, in: table) else {
      throw FileError(.mounts, tree, .noSuchFileOrDirectory, detail: "no mount holds it")
    }
    self.tree = location
    ownView = TreeView(location, through: table)
  }

  /// - Returns: nil for a holder where it holds nothing, and whether all of it was looked at.
  func look(_ pid: Int32, _ name: FilePath.Component) throws(FileError) -> (Holder?, isWhole: Bool) {
    let process = try proc.open(name)
    let view = try view(of: process)
    var holds: [Holder.Hold] = []
    func add(_ use: Holder.Use, _ name: [UInt8]) {
      guard holds.count < Holders.maxHoldsPerProcess, view.contains(name) else { return }
      let hold = Holder.Hold(use: use, path: FilePath(bytes: name))
      if !holds.contains(hold) { holds.append(hold) }
    }
    for (link, use) in [
      ("cwd", Holder.Use.workingDirectory), ("root", .root), ("exe", .executable),
    ] as [(FilePath.Component, Holder.Use)] {
      if let name = try present({ () throws(FileError) in try process.readLinkBytes(link) }) {
        add(use, name)
      }
    }
    if let descriptors = try present({ () throws(FileError) in try process.open("fd") }) {
      for entry in try present({ () throws(FileError) in try descriptors.entries() }) ?? [] {
        if let name = try present({ () throws(FileError) in try descriptors.readLinkBytes(entry) }) {
          add(.file, name)
        }
      }
    }
    var mapped: Set<[UInt8]> = []
    let isWhole = try present { () throws(FileError) in
      try self.mappedFiles(process) { if view.contains($0) { mapped.insert($0) } }
    }
    for name in mapped.sorted(by: { $0.lexicographicallyPrecedes($1) }) { add(.mapping, name) }
    guard !holds.isEmpty else { return (nil, isWhole ?? true) }
    let holder = Holder(
      pid: pid, command: text(process, "comm", separator: 0x0A),
      commandLine: text(process, "cmdline", separator: 0), holds: holds)
    return (holder, isWhole ?? true)
  }

  private func view(of process: Directory) throws(FileError) -> TreeView {
    let namespace = try present { () throws(FileError) in try process.open("ns").readLink("mnt") }
    // In the same namespace all names are shown from where we look, also those of a chroot.
    guard let namespace, namespace != ownNamespace else { return ownView }
    if let known = views[namespace] { return known }
    let file = try process.openFile("mountinfo")
    let table = MountTable(parsing: try file.readAll(maxBytes: MountTable.maxBytes))
    let view = TreeView(tree, through: table)
    views[namespace] = view
    return view
  }

  /// - Returns: whether there were no more than are looked at.
  private func mappedFiles(_ process: Directory, _ body: ([UInt8]) -> Void) throws(FileError) -> Bool {
    let file = try process.openFile("maps")
    var left = min(Holders.maxMapsBytes, mapsBytesLeft)
    var names = MappedNames()
    while left > 0 {
      var bytes = [UInt8](repeating: 0, count: min(left, 128 << 10))
      let count = try check(.read, file.path) { read(file.fd, &bytes, bytes.count) }
      if count == 0 { return true }
      left -= count
      mapsBytesLeft -= count
      names.take(bytes[..<count], body)
    }
    return false
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
