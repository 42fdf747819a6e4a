import SystemPackage
import TestSupport
import Testing

@testable import Files

@Suite struct MountTableTests {
  let sample = """
    22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
    30 22 0:25 / /opt/app\\040x rw - tmpfs tmp\\134fs rw,size=1k
    31 22 254:0 /srv/cams /opt/app/cameras ro,nosuid master:1 propagate_from:2 - ext4 /dev/vda rw
    this is no mount
    32 22 0:26 / /opt/app2 rw - tmpfs none rw

    """

  @Test func `lines are read with their escapes`() throws {
    let table = MountTable(parsing: Array(sample.utf8))
    #expect(table.mounts.map(\.id) == [22, 30, 31, 32])
    #expect(table.mounts[1].point == "/opt/app x")
    #expect(table.mounts[1].source == "tmp\\fs")
    #expect(table.mounts[2].root == "/srv/cams")
    #expect(table.mounts[2].type == "ext4")
    #expect(table.mounts[2].major == 254)
  }

  @Test func `below means below and not besides`() {
    let table = MountTable(parsing: Array(sample.utf8))
    #expect(table.mounts(below: "/opt/app").map(\.id) == [31])
    #expect(table.mounts(below: "/opt/app/cameras").isEmpty)
    #expect(table.isMountPoint("/opt/app/cameras/"))
    #expect(!table.isMountPoint("/opt/app"))
    #expect(table.mount(holding: "/opt/app/cameras/x")?.id == 31)
    #expect(table.mount(holding: "/opt/app/camerasx")?.id == 22)
  }

  @Test(.asRoot) func `a real mount is seen`() throws {
    let tree = try TestTree()
    try tree.directory("app/in side")
    let before = try MountTable.read()
    #expect(before.mounts(below: tree / "app").isEmpty)
    let mount = try TestMount(tmpfs: tree / "app/in side")
    let table = try MountTable.read()
    #expect(table.isMountPoint(tree / "app/in side"))
    #expect(table.mounts(below: tree / "app").map(\.type) == ["tmpfs"])
    try tree.file("app/in side/file")
    #expect(try table.mount(of: tree / "app/in side/file")?.point == tree / "app/in side")
    #expect(try table.mount(of: tree / "app")?.type != "tmpfs")
    var seen: [String] = []
    try TreeWalk(tree.open("app")).visit { (entry) throws(FileError) in
      seen.append("\(entry.path) \(entry.isMountPoint)")
      return .goOn
    }
    #expect(seen == ["in side true"])
    withExtendedLifetime(mount) {}
  }
}

@Suite struct SpaceTests {
  @Test(.asRoot) func `free space is that of the file system`() throws {
    let tree = try TestTree()
    try tree.directory("m")
    let mount = try TestMount(tmpfs: tree / "m")
    try Shell.run("/usr/bin/mount", "-o", "remount,size=1m,nr_inodes=100", (tree / "m").string)
    let before = try FreeSpace.at(tree / "m")
    #expect(before.totalBytes == 1 << 20)
    try tree.file("m/f", String(repeating: "x", count: 40_960))
    let after = try FreeSpace.at(tree / "m")
    #expect(before.availableBytes - after.availableBytes == 40_960)
    #expect(try #require(before.availableInodes) - #require(after.availableInodes) == 1)
    withExtendedLifetime(mount) {}
  }

  @Test func `usage counts a hard link once and holes not`() throws {
    let tree = try TestTree()
    try tree.file("d/f", String(repeating: "x", count: 8_192))
    let directory = try tree.open("d")
    try directory.link("f", to: "g", in: directory)
    try directory.openFile("sparse", .writeOnly, options: [.create]).truncate(toBytes: 1 << 30)
    let usage = try DiskUsage.of(tree / "d")
    #expect(usage.entries == 4)
    #expect(usage.apparentBytes == 8_192 + 1 << 30)
    #expect(usage.allocatedBytes < 1 << 20)
    let few = TreeLimits(maxEntries: 2, maxDepth: 9)
    #expect(fileError { _ = try DiskUsage.of(tree / "d", limits: few) }?.errno == .fileTooLarge)
  }

  private static let memory: [(name: String, mounts: String, commandLine: String, isInMemory: Bool)] = [
    (
      "overlayroot",
      """
      20 1 0:20 / /media/root-rw rw - tmpfs tmpfs-root rw
      21 1 0:21 / / rw - overlay overlayroot rw,lowerdir=/media/root-ro,upperdir=/media/root-rw/overlay,workdir=/w
      """, "quiet overlayroot=tmpfs:recurse=0", true
    ),
    (
      "an upper layer that the change of roots hid",
      "21 1 0:21 / / rw - overlay overlay rw,lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work",
      "console=tty1 boot=overlay", true
    ),
    (
      "a container",
      "21 1 0:21 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/var/lib/docker/u,workdir=/w", "quiet",
      false
    ),
    (
      "an upper layer on a disk",
      """
      20 1 8:1 / /data rw - ext4 /dev/sda1 rw
      21 1 0:21 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/data/u,workdir=/data/w
      """, "boot=overlay", false
    ),
    (
      "the install on a disk of its own",
      """
      20 1 0:20 / /media/root-rw rw - tmpfs t rw
      21 1 0:21 / / rw - overlay o rw,lowerdir=/l,upperdir=/media/root-rw/u,workdir=/w
      22 21 8:1 / /opt rw - ext4 /dev/sda1 rw
      """, "overlayroot=tmpfs", false
    ),
    ("a plain disk", "21 1 8:2 / / rw - ext4 /dev/root rw", "boot=overlay", false),
  ]

  @Test(arguments: [
    ("", false, "/l/opt/app"), (",redirect_dir=on", false, nil), (",redirect_dir=off", true, "/l/opt/app"),
    ("", true, nil), (",redirect_dir=nofollow", false, "/l/opt/app"),
  ])
  func `a directory of a lower layer is known`(option: String, isDefault: Bool, layer: String?) {
    let line = "21 1 0:21 / / rw - overlay o rw,lowerdir=/none:/l,upperdir=/u,workdir=/w\(option)"
    let table = MountTable(parsing: Array(line.utf8))
    let found = table.lowerLayer(of: "/opt/app", redirectsByDefault: isDefault) {
      $0 == "/l/opt/app"
    } isOpaque: { _ in
      false
    }
    #expect(found == layer.map { FilePath($0) })
    let own = table.lowerLayer(of: "/opt/own", redirectsByDefault: false) {
      $0 == "/l/opt/app"
    } isOpaque: { _ in
      false
    }
    #expect(own == nil)
    for opaque in ["/u/opt/app", "/u/opt", "/u/"] {
      let anew = table.lowerLayer(of: "/opt/app", redirectsByDefault: false) {
        $0 == "/l/opt/app"
      } isOpaque: {
        $0 == FilePath(opaque)
      }
      #expect(anew == nil, "made anew at \(opaque)")
    }
  }

  @Test func `a plain disk, and a layer that nobody can see, are no lower layer`() {
    for line in [
      "21 1 8:2 / / rw - ext4 /dev/root rw", "21 1 0:21 / / rw - overlay o rw,lowerdir=l/A:l/B,upperdir=u",
    ] {
      let table = MountTable(parsing: Array(line.utf8))
      let found = table.lowerLayer(of: "/opt/app", redirectsByDefault: false) { _ in
        true
      } isOpaque: { _ in
        false
      }
      #expect(found == nil)
    }
  }

  @Test(arguments: memory.indices) func `an overlay that keeps what is written in memory is known`(
    _ index: Int
  ) {
    let now = Self.memory[index]
    let table = MountTable(parsing: Array(now.mounts.utf8))
    let found = table.memoryOverlay(holding: "/opt/app", commandLine: Array(now.commandLine.utf8))
    #expect((found != nil) == now.isInMemory, "\(now.name)")
  }
}
