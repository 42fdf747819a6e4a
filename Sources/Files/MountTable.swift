import ByteText
import CLinux
import Glibc
package import SystemPackage

/// One line of /proc/self/mountinfo (proc(5)).
package struct Mount: Sendable, Equatable {
  package let id: UInt64
  package let parent: UInt64
  package let major: UInt32
  package let minor: UInt32
  /// What of the file system is mounted: `/`, or the directory of a bind mount.
  package let root: FilePath
  package let point: FilePath
  package let type: String
  package let source: String
  /// The file system's own, with commas between them.
  package let options: String

  package var isInMemory: Bool { ["tmpfs", "ramfs"].contains(type) }

  /// Of an overlay: the directory that takes what is written.
  var upperDirectory: FilePath? { overlayOption("upperdir=").map { FilePath($0) } }

  /// Of an overlay: the directories below, the nearest first; those that were named by a path that leads nowhere from
  /// here (`l/ABC` in a container) are left out.
  var lowerDirectories: [FilePath] {
    let named = (overlayOption("lowerdir=") ?? "").pieces(by: ":").map { FilePath(String($0)) }
    return named.filter(\.isAbsolute)
  }

  /// Of an overlay: whether a directory of a lower layer may change its name; nil where it does not say, and the
  /// kernel's default counts (overlayfs.rst, `redirect_dir`).
  var redirectsDirectories: Bool? { overlayOption("redirect_dir=").map { $0.isSpelled("on") } }

  private func overlayOption(_ name: String) -> String? {
    guard type == "overlay" else { return nil }
    return options.pieces(by: ",").lazy.compactMap { $0.without(prefix: name) }.first.map { String($0) }
  }
}

/// The mounts that this process, or another, sees.
package struct MountTable: Sendable, Equatable {
  package let mounts: [Mount]

  /// A machine full of containers has some thousand mounts; a line is at most a few paths long.
  static let maxBytes = 16 << 20

  package init(mounts: [Mount]) { self.mounts = mounts }

  /// The mounts of this process now.
  package static func read() throws(FileError) -> MountTable {
    try read(from: "/proc/self/mountinfo")
  }

  static func read(from path: FilePath) throws(FileError) -> MountTable {
    MountTable(parsing: try readBounded(path, maxBytes: maxBytes))
  }

  /// Lines that are no mounts are left out.
  package init(parsing bytes: [UInt8]) {
    mounts = bytes.split(separator: 0x0A).compactMap { Mount(parsing: $0) }
  }

  /// What is mounted exactly there; the last one hides those before it.
  package func mount(at path: FilePath) -> Mount? {
    let path = path.lexicallyNormalized()
    return mounts.last { $0.point == path }
  }

  package func isMountPoint(_ path: FilePath) -> Bool { mount(at: path) != nil }

  /// Mounts strictly below a directory, also those that a later mount hides.
  package func mounts(below path: FilePath) -> [Mount] {
    let path = path.lexicallyNormalized()
    return mounts.filter { $0.point != path && $0.point.starts(with: path) }
  }

  /// The mount that a path without symbolic links lies on, by the text alone.
  package func mount(holding path: FilePath) -> Mount? {
    let path = path.lexicallyNormalized()
    var best: Mount?
    for mount in mounts where path.starts(with: mount.point) {
      if mount.point.components.count >= (best?.point.components.count ?? 0) { best = mount }
    }
    return best
  }

  /// The overlay that a path lies on, where what is written to it is kept in memory alone, as `raspi-config` and
  /// overlayroot set it up for a card that shall not be written to.
  ///
  /// - Parameter commandLine: the kernel's: where the upper layer was mounted before the root changed, its path tells
  ///   nothing.
  package func memoryOverlay(holding path: FilePath, commandLine: [UInt8]) -> Mount? {
    guard let mount = mount(holding: path), let upper = mount.upperDirectory else { return nil }
    if let below = self.mount(holding: upper), below.id != mount.id { return below.isInMemory ? mount : nil }
    let words = String(decoding: commandLine, as: UTF8.self).words
    let isSaid = words.contains { $0.isSpelled("boot=overlay") || $0.begins(with: "overlayroot=tmpfs") }
    return isSaid && mount.point == "/" ? mount : nil
  }

  /// Where a directory lies in a lower layer of the overlay that holds it, so that it cannot change places with another
  /// (renameat2(2): EXDEV); nil where it can, as far as can be seen from here.
  ///
  /// - Parameters:
  ///   - isDefault: what the kernel does where the mount does not say.
  ///   - exists: whether there is a directory; it is asked of the layers below.
  ///   - isOpaque: whether a directory of the upper layer covers what lies below it, made anew where one was removed.
  package func lowerLayer(
    of path: FilePath, redirectsByDefault isDefault: Bool, exists: (FilePath) -> Bool,
    isOpaque: (FilePath) -> Bool
  ) -> FilePath? {
    guard let mount = mount(holding: path), !(mount.redirectsDirectories ?? isDefault) else { return nil }
    let inside = mount.root.components + Array(path.components.dropFirst(mount.point.components.count))
    let ways = (0...inside.count).map { FilePath(root: nil, inside.prefix($0)) }
    if let upper = mount.upperDirectory, ways.contains(where: { isOpaque(upper.appending($0.components)) }) {
      return nil
    }
    return mount.lowerDirectories.lazy.map { $0.appending(inside) }.first(where: exists)
  }

  /// The mount that holds what a path leads to, as the kernel says it (symbolic links are followed).
  package func mount(of path: FilePath) throws(FileError) -> Mount? {
    // O_PATH: looking at a device or a FIFO must not open it.
    let options = FileDescriptor.OpenOptions(rawValue: Int32(FLEET_O_PATH))
    let file = try OpenFile.open(path, options: options, following: true)
    var id: UInt64 = 0
    if fleet_mount_id(file.fd, &id) == 0 { return mounts.first { $0.id == id } }
    return mount(holding: try realPath(path))
  }
}

extension Mount {
  /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
  init?(parsing line: some Collection<UInt8>) {
    let fields = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard let dash = fields.dropFirst(6).firstIndex(where: { $0.elementsEqual([0x2D]) }),
      fields.count > dash + 2
    else { return nil }
    func text(_ index: Int) -> String { String(decoding: fields[index], as: UTF8.self) }
    let device = text(2).pieces(by: ":")
    guard let id = UInt64(text(0)), let parent = UInt64(text(1)), device.count == 2,
      let major = UInt32(device[0]), let minor = UInt32(device[1])
    else { return nil }
    self.init(
      id: id, parent: parent, major: major, minor: minor,
      root: FilePath(bytes: unescapeOctal(fields[3])),
      point: FilePath(bytes: unescapeOctal(fields[4])),
      type: text(dash + 1),
      source: printableText(unescapeOctal(fields[dash + 2])),
      options: fields.count > dash + 3
        ? String(decoding: unescapeOctal(fields[dash + 3]), as: UTF8.self) : "")
  }
}

/// Undoes the kernel's `\040` for space, tab, newline and backslash.
func unescapeOctal(_ bytes: some Collection<UInt8>) -> [UInt8] {
  let bytes = Array(bytes)
  var plain: [UInt8] = []
  var index = 0
  while index < bytes.count {
    let digits = bytes[(index + 1)...].prefix(3)
    if bytes[index] == 0x5C, digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
      let value = digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }
      plain.append(UInt8(truncatingIfNeeded: value))
      index += 4
    } else {
      plain.append(bytes[index])
      index += 1
    }
  }
  return plain
}

/// realpath(3): absolute, without symbolic links.
package func realPath(_ path: FilePath) throws(FileError) -> FilePath {
  guard let text = path.withPlatformString({ realpath($0, nil) }) else {
    throw FileError(.open, path, Errno(rawValue: errno))
  }
  defer { free(text) }
  return FilePath(platformString: text)
}
