package import SystemPackage

/// A process that still uses something in a tree.
package struct Holder: Sendable, Equatable, CustomStringConvertible {
  package enum Use: String, Sendable {
    case file = "has open"
    case mapping = "has mapped"
    case workingDirectory = "works in"
    case root = "has as its root"
    case executable = "runs"
  }

  package struct Hold: Sendable, Equatable, CustomStringConvertible {
    package let use: Use
    /// As the kernel shows it; "(deleted)" at its end where the name is gone.
    package let path: FilePath

    package init(use: Use, path: FilePath) {
      self.use = use
      self.path = path
    }
    package var description: String { "\(use.rawValue) \(path.printable)" }
  }

  package let pid: Int32
  package let command: String
  package let commandLine: String
  /// The first `Holders.maxHoldsPerProcess` of them.
  package let holds: [Hold]

  package var description: String {
    "\(command) (pid \(pid)) " + (holds.first?.description ?? "")
      + (holds.count > 1 ? " and \(holds.count - 1) more" : "")
  }
}

/// Looks through /proc (proc(5)) for who holds files, mappings or directories of a tree. Names are
/// compared as places in their file system, through the mount table of each process: a process that
/// sees the tree under another name, through a bind mount or in a mount namespace of its own, is
/// found, and one that has something else mounted at the tree's path is not.
package struct Holders: Sendable {
  package static let maxHoldsPerProcess = 16
  static let maxCommandLineBytes = 256
  /// What is read of one process's mappings, and of all together: anybody may have very many.
  static let maxMapsBytes = 16 << 20
  static let maxAllMapsBytes = 256 << 20

  package internal(set) var holders: [Holder] = []
  /// Processes that could not be looked into, or not to their end.
  package internal(set) var hiddenProcesses: [Int32] = []

  /// Scans all processes but `excluding`. The tree must exist. What vanishes meanwhile is left out.
  package static func scan(
    of tree: FilePath, excluding: Set<Int32> = []
  ) throws(FileError) -> Holders {
    var result = Holders()
    let scan = try HolderScan(realPath(tree))
    for name in try scan.proc.entries() {
      guard let pid = Int32(name.string), !excluding.contains(pid) else { continue }
      do {
        let (holder, isWhole) = try scan.look(pid, name)
        if let holder { result.holders.append(holder) }
        if !isWhole { result.hiddenProcesses.append(pid) }
      } catch {
        // That somebody's process is odd must not keep everybody from finding out about the others.
        if error.errno != .noSuchFileOrDirectory, error.errno != .noSuchProcess {
          result.hiddenProcesses.append(pid)
        }
      }
    }
    result.holders.sort { $0.pid < $1.pid }
    return result
  }
}
