import Foundation
import Glibc
import TestSupport

/// Where the power tests work, and what they need of this machine.
final class Site: Sendable {
  static let environment = ProcessInfo.processInfo.environment

  /// Why no disk can be written down here; nil when it can.
  static let missing: String? =
    access("/dev/fuse", R_OK | W_OK) == 0 ? missing(for: FileSystem.allCases) : "there is no /dev/fuse"

  /// Why no disks of these kinds can be made here; nil when they can.
  static func missing(for kinds: [FileSystem]) -> String? {
    guard geteuid() == 0 else { return "only root can mount file systems" }
    guard access("/dev/loop-control", R_OK | W_OK) == 0 else { return "there are no loop devices" }
    for tool in kinds.map({ "mkfs.\($0)" }) + ["losetup", "unshare", "nsenter"] {
      let found = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].contains { access("\($0)/\(tool)", X_OK) == 0 }
      if !found { return "\(tool) is missing: scripts/setup" }
    }
    let known = (try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8)) ?? ""
    for kind in kinds where !known.contains("\t\(kind.rawValue)\n") {
      // A module may come when it is asked for.
      _ = try? Tool.run("modprobe", kind.rawValue)
      let now = (try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8)) ?? ""
      if !now.contains("\t\(kind.rawValue)\n") { return "this kernel has no \(kind.rawValue)" }
    }
    return nil
  }

  /// Asked for by `make campaign NAME=power` (FLEET_POWER=all) or for a sample (FLEET_POWER=sample): what is
  /// missing then fails, instead of being skipped; so it does in CI. `make test` (FLEET_POWER=possible) takes the
  /// sample where the machine can.
  static let isWanted =
    ["all", "sample"].contains(environment["FLEET_POWER"]) || isCI
    || (missing == nil && environment["FLEET_POWER"] == "possible")
  static let notWanted = missing ?? "not asked for: FLEET_POWER=sample, or make campaign NAME=power"

  /// Mount points, and the app's outside. In the open: a step sees neither this /tmp nor what lies in it.
  let folder: String
  /// Copies of the agent, `pocket`, `blocklog` and `libnosync.so`: where the checkout lies a step may not see them.
  var programs: String { folder + "/programs" }
  /// Images, in memory where there is room for some of them.
  let images: String

  init() throws {
    let name = "fleet-power-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    var memory = statvfs()
    let free = statvfs("/dev/shm", &memory) == 0 ? UInt64(memory.f_bavail) * UInt64(memory.f_frsize) : 0
    folder = "/srv/" + name
    images = (free > 4 << 30 ? "/dev/shm" : NSTemporaryDirectory()) + "/" + name + ".images"
    for path in ["\(folder)/mnt", "\(folder)/fuse", "\(folder)/outside", programs, images] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try Tool.run("cp", Room.program, "\(programs)/fleet-agent")
    for tool in ["blocklog", "pocket", "libnosync.so"] {
      let built = Repository.tools.appending(path: tool).path
      guard access(built, X_OK) == 0 else { throw Tool.Failed("\(built) is not there: make tools") }
      try Tool.run("cp", built, "\(programs)/\(tool)")
    }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
    try? FileManager.default.removeItem(atPath: images)
  }

  func image(_ name: String) -> String { "\(images)/\(name)" }
  var install: String { "\(folder)/mnt/app/pocket" }
}

/// A file system, and how a small one is made.
enum FileSystem: String, CaseIterable, Sendable, CustomStringConvertible {
  case ext4, btrfs, xfs

  var description: String { rawValue }

  /// The agent keeps 256 MiB free, so a disk is larger than that. The images are full of holes.
  var sizeBytes: Int {
    switch self {
    case .ext4, .btrfs: 400 << 20
    case .xfs: 448 << 20
    }
  }

  /// What the disk writes at once or not at all. btrfs needs that of its superblock, which has no other protection.
  var sectorBytes: Int {
    switch self {
    case .ext4, .xfs: 512
    case .btrfs: 4096
    }
  }

  var mkfs: String {
    switch self {
    case .ext4: "-b 4096 -N 2048 -J size=4"
    case .btrfs, .xfs: ""
    }
  }
}
