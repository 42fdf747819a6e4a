import ByteText
import CLinux
import Glibc
import Files
import SystemPackage

/// Builds what a confined command sees, in a mount namespace that is already its own. The order
/// matters: places are held open before anything covers them, and all is made read-only before what
/// is writable is mounted.
struct ConfinedMounts {
  let isolation: Isolation
  let sockets: [String]

  /// Directories that the command gets afresh. What lies in them on the host cannot be seen.
  static let covered = ["/tmp", "/var/tmp", "/run", "/dev", "/proc"]
  private static let deviceNodes = ["null", "zero", "full", "random", "urandom", "tty"]

  func enter() throws(IsolationFailure) {
    try Mounts.mount(nil, "/", flags: FLEET_MS_REC | FLEET_MS_PRIVATE)
    let tree = try HeldPlace(isolation.tree)
    var outside: [HeldPlace] = []
    for directory in isolation.outside { outside.append(try Self.place(of: directory)) }
    let old = try isolation.old.map { path throws(IsolationFailure) in try HeldPlace(path) }
    let scratch = try HeldPlace(isolation.scratch)
    let devices = Self.deviceNodes.compactMap { name in
      (try? HeldPlace("/dev/\(name)")).map { (name, $0) }
    }
    let resolver = isolation.network ? Resolver.read() : nil
    let mounts = try? MountTable.read()

    try coverSockets { path in !Self.covered.contains { path.begins(with: $0 + "/") } }
    try Mounts.makeReadOnly("/")
    try makeRun(resolver)
    if let mounts {
      ReadOnlyLayers(over: mounts, empty: Self.emptyDirectory, userOption: userOption).lay(
        without: Self.covered)
    }
    try makeTemporary(scratch)
    try makeDevices(devices)
    if let work = isolation.work { try Mounts.makeMemory(work, mode: "755") }
    try Mounts.bind(scratch, at: isolation.scratch, writable: true)
    if let old, let path = isolation.oldAt { try showOld(old, at: path) }
    try show(tree, at: isolation.install, isolation.mode)
    for (directory, place) in zip(isolation.outside, outside) {
      try show(place, at: directory.path, directory.mode)
    }
    // What was shown last has none of its sockets covered.
    try coverSockets { path in isolation.outside.contains { path.begins(with: $0.path + "/") } }
    try makeProc()
  }

  // MARK: what can be changed, and the old tree

  private func show(_ tree: HeldPlace, at path: String, _ mode: Isolation.TreeMode) throws(IsolationFailure) {
    switch mode {
    case .direct:
      try Mounts.bind(tree, at: path, writable: true)
    case .overlay(let upper, let work):
      // Through descriptors: the option's text gives a meaning to `:` and `,` in a path.
      let upper = try HeldPlace(upper)
      let work = try HeldPlace(work)
      try Mounts.makeDirectories(path)
      let options = "lowerdir=\(tree.name),upperdir=\(upper.name),workdir=\(work.name)" + userOption
      // Else a directory of the layer below cannot be renamed (EXDEV), which it can be where there is no layer. A
      // kernel may be without it.
      if geteuid() == 0,
        fleet_mount("overlay", path, "overlay", 0, options + ",redirect_dir=on,metacopy=off") == 0
      {
        return
      }
      guard fleet_mount("overlay", path, "overlay", 0, options) == 0 else {
        throw IsolationFailure(.overlay("\(Errno(rawValue: errno))"))
      }
    }
  }

  /// Through an overlay nobody connects to a socket of the layer below, also to none that is made
  /// later. Where there is no overlay, the covered sockets must do.
  private func showOld(_ old: HeldPlace, at path: String) throws(IsolationFailure) {
    try Mounts.makeDirectories(path)
    let options = "lowerdir=\(old.name):\(Self.emptyDirectory)" + userOption
    if fleet_mount("overlay", path, "overlay", UInt(FLEET_MS_RDONLY), options) == 0 { return }
    try Mounts.mount(old.name, path, flags: FLEET_MS_BIND | FLEET_MS_REC)
    guard fleet_read_only_recursive(path) == 0 else { throw IsolationFailure("read-only \(path)") }
  }

  private static let emptyDirectory = "/run/.empty"
  private var userOption: String { geteuid() == 0 ? "" : ",userxattr" }

  /// The directory may be the app's user's, who could put a link in its place meanwhile.
  private static func place(of outside: Isolation.Outside) throws(IsolationFailure) -> HeldPlace {
    guard let identity = outside.identity else { return try HeldPlace(outside.tree) }
    let directory: Directory
    let found: FileStatus.Identity
    do {
      directory = try Directory.openReal(FilePath(outside.tree))
      found = try directory.status().identity
    } catch { throw IsolationFailure(.failed("\(error)")) }
    guard found == identity else {
      throw IsolationFailure(.failed("\(outside.tree) is another directory than before"))
    }
    return try HeldPlace("/proc/self/fd/\(directory.descriptor.rawValue)")
  }

  private func coverSockets(where belongs: (String) -> Bool) throws(IsolationFailure) {
    for path in sockets where belongs(path) {
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { continue }
      // To connect to what is no socket is refused.
      try Mounts.mount("/dev/null", path, flags: FLEET_MS_BIND)
    }
  }

  // MARK: private places

  private func makeTemporary(_ scratch: HeldPlace) throws(IsolationFailure) {
    for (name, path) in [("tmp", "/tmp"), ("var-tmp", "/var/tmp")] {
      let place = try HeldPlace("\(scratch.name)/\(name)")
      try Mounts.bind(place, at: path, writable: true)
    }
  }

  private func makeRun(_ resolver: Resolver?) throws(IsolationFailure) {
    try Mounts.makeMemory("/run", mode: "755")
    try Mounts.makeDirectories(Self.emptyDirectory)
    try Mounts.makeDirectories("/run/lock")
    _ = chmod("/run/lock", 0o1777)
    if let resolver, Self.covered.contains(where: { resolver.path.begins(with: $0 + "/") }) {
      try Mounts.makeDirectories(FilePath(resolver.path).removingLastComponent().string)
      do {
        try writeDurably(resolver.content, to: FilePath(resolver.path))
      } catch {
        throw IsolationFailure(.failed("\(error)"))
      }
    }
  }

  private func makeDevices(_ devices: [(name: String, place: HeldPlace)]) throws(IsolationFailure) {
    try Mounts.makeMemory("/dev", mode: "755")
    for (name, place) in devices {
      let path = "/dev/\(name)"
      let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
      guard file >= 0 else { throw IsolationFailure(path) }
      close(file)
      try Mounts.mount(place.name, path, flags: FLEET_MS_BIND)
      // A device is no file of a file system, but the next one may look at the mount.
      guard fleet_writable(path) == 0 else { throw IsolationFailure(path) }
    }
    try Mounts.makeDirectories("/dev/shm")
    try Mounts.makeMemory("/dev/shm", mode: "1777")
    try Mounts.makeDirectories("/dev/pts")
    let options = "newinstance,ptmxmode=0666,mode=0620" + (geteuid() == 0 ? ",gid=5" : "")
    try Mounts.mount("devpts", "/dev/pts", type: "devpts", flags: FLEET_MS_NOSUID, options)
    for (name, target) in [
      ("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"),
      ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"),
    ] where symlink(target, "/dev/\(name)") != 0 {
      throw IsolationFailure("/dev/\(name)")
    }
  }

  /// The processes of the new pid namespace, and no way to set the kernel.
  private func makeProc() throws(IsolationFailure) {
    let flags = FLEET_MS_NOSUID | FLEET_MS_NODEV
    try Mounts.mount("proc", "/proc", type: "proc", flags: flags)
    for path in ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"] {
      guard access(path, F_OK) == 0 else { continue }
      try Mounts.mount(path, path, flags: FLEET_MS_BIND | FLEET_MS_REC)
      guard fleet_read_only_recursive(path) == 0 else { throw IsolationFailure(path) }
    }
  }
}

/// Where names are looked up, kept readable when the place that it lies in is covered.
private struct Resolver {
  var path: String
  var content: [UInt8]

  static func read() -> Resolver? {
    guard let resolved = realpath("/etc/resolv.conf", nil) else { return nil }
    defer { free(resolved) }
    let path = String(cString: resolved)
    guard let content = try? readBounded(FilePath(path), maxBytes: 64 << 10) else { return nil }
    return Resolver(path: path, content: content)
  }
}
