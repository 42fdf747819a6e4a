import SystemPackage

/// A place in a file system, whatever it is mounted as.
struct Location {
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

/// Under which names a tree is seen through one mount table. Thousands of names are compared with
/// these few first; only for those that begin so is the mount looked up.
struct TreeView {
  private let tree: Location
  private let table: MountTable
  private let names: [[UInt8]]

  init(_ tree: Location, through table: MountTable) {
    self.tree = tree
    self.table = table
    names = table.mounts.compactMap { mount -> [UInt8]? in
      guard [mount.major, mount.minor] == tree.device else { return nil }
      // A part of the tree is mounted there, or something that holds the tree.
      if mount.root.starts(with: tree.path) { return mount.point.bytes }
      guard tree.path.starts(with: mount.root) else { return nil }
      var inside = tree.path.components
      inside.removeFirst(mount.root.components.count)
      return mount.point.appending(inside).bytes
    }
  }

  /// `name` as the kernel shows it: absolute, and perhaps with " (deleted)" at its end.
  func contains(_ name: some Collection<UInt8>) -> Bool {
    guard names.contains(where: { mayHold($0, name) }) else { return false }
    let path = FilePath(bytes: name)
    if Location(path, in: table)?.isWithin(tree) == true { return true }
    // What is unlinked has this behind its name; only the tree itself could hide in it.
    let deleted = Array(" (deleted)".utf8)
    guard path.bytes.suffix(deleted.count).elementsEqual(deleted),
      let plain = Location(FilePath(bytes: path.bytes.dropLast(deleted.count)), in: table)
    else { return false }
    return plain.isWithin(tree) && (try? FileStatus.ifPresent(path)) == .some(nil)
  }

  private func mayHold(_ tree: [UInt8], _ name: some Collection<UInt8>) -> Bool {
    guard name.starts(with: tree) else { return false }
    // The root has its slash already.
    let next = name.dropFirst(tree.count).first
    return next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: " ") || tree == [0x2F]
  }
}
