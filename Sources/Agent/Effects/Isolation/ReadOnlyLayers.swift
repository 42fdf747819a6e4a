import CLinux
import Glibc
import Files
import SystemPackage

/// Shows what lies outside the stage through read-only overlays, laid over each directory in its place. Through an
/// overlay nobody speaks with who listens below it: a socket, a FIFO and a lock of the layer above are others than
/// those of the layer below, also where they are made later (measured; a read-only mount keeps none of these away).
///
/// Where something is mounted inside a directory, its children are overlaid one by one instead. What cannot be overlaid
/// (FAT, say, which has no sockets) stays as it is, and so does what is far away, which could keep us waiting.
struct ReadOnlyLayers {
  /// An empty directory: an overlay without an upper layer needs two lower ones.
  let empty: String
  let userOption: String
  private let mounts: MountTable

  /// More children than this are not overlaid one by one.
  static let maxChildren = 500
  private static let maxDepth = 8
  /// Where the kernel shows itself, and nobody listens.
  private static let kernels: Set<FilePath> = ["/proc", "/sys", "/dev"]

  /// - Parameter mounts: as they were before any of ours.
  init(over mounts: MountTable, empty: String, userOption: String) {
    self.mounts = mounts
    self.empty = empty
    self.userOption = userOption
  }

  /// - Parameter covered: directories that the command gets afresh.
  func lay(without covered: [String]) {
    let excluded = Self.kernels.union(covered.map { FilePath($0) })
    layChildren(of: "/", excluded, depth: 0)
  }

  private func layChildren(of directory: FilePath, _ excluded: Set<FilePath>, depth: Int) {
    guard depth < Self.maxDepth, let opened = try? Directory.open(directory),
      let names = try? opened.entries(maxEntries: Self.maxChildren)
    else { return }
    for name in names {
      let path = directory.appending(name)
      if excluded.contains(path) || mounts.mount(at: path)?.isRemote == true { continue }
      // What is deleted meanwhile needs no layer.
      guard let kind = (try? opened.statusIfPresent(of: name))??.kind, kind == .directory else { continue }
      let holds =
        !mounts.mounts(below: path).isEmpty || excluded.contains { $0 != path && $0.starts(with: path) }
      if holds { layChildren(of: path, excluded, depth: depth + 1) } else { lay(over: path) }
    }
  }

  private func lay(over path: FilePath) {
    guard let place = try? HeldPlace(path.string) else { return }
    let options = "lowerdir=\(place.name):\(empty)" + userOption
    _ = path.withPlatformString { fleet_mount("overlay", $0, "overlay", UInt(FLEET_MS_RDONLY), options) }
  }
}

extension Mount {
  /// A server, or another process, has the files: whoever looks waits for it.
  fileprivate var isRemote: Bool {
    let type = Array(type.utf8)
    return ["nfs", "cifs", "smb", "9p", "fuse", "ceph", "afs", "autofs", "sshfs", "glusterfs"].contains {
      type.starts(with: Array($0.utf8))
    }
  }
}
