import TestSupport
import Glibc
import SystemPackage
import Testing
import Wire

@testable import Effects
@testable import Agent

@Suite struct StartBlockTests {
  let run: TemporaryDirectory
  let systemd = FakeSystemd()
  var hold: StartBlock {
    StartBlock(
      app: "growroom", units: ["a.service", "b.service"], systemctl: systemd.systemctl, runtime: run.path)
  }

  init() throws { run = try TemporaryDirectory() }

  private var files: [String] {
    get throws {
      try Tool.run(["find", run.path.string, "-type", "f", "-printf", "%P\n"], timeoutSeconds: 20)
        .output.split(separator: "\n").map(String.init).sorted()
    }
  }

  @Test func `a drop-in for each unit names the hold file`() throws {
    try hold.place()
    #expect(
      try files == [
        "fleet-agent/growroom.hold", "systemd/system/a.service.d/50-fleet-hold.conf",
        "systemd/system/b.service.d/50-fleet-hold.conf",
      ])
    let text = try #require(run.read("systemd/system/a.service.d/50-fleet-hold.conf"))
    #expect(text.contains("[Unit]\nConditionPathExists=!\(run.path)/fleet-agent/growroom.hold\n"))
    #expect(systemd.calls == ["daemon-reload"])
  }

  @Test func `lifted it holds nothing and the drop-ins are harmless`() throws {
    try hold.place()
    try hold.lift()
    #expect(
      try files == [
        "systemd/system/a.service.d/50-fleet-hold.conf", "systemd/system/b.service.d/50-fleet-hold.conf",
      ])
  }

  @Test func `removed nothing of it is left`() throws {
    try run.write("mine", to: "systemd/system/b.service.d/override.conf")
    try hold.place()
    try hold.place()
    try hold.remove()
    try hold.remove()
    #expect(try files == ["systemd/system/b.service.d/override.conf"])
    #expect(access(run.path.pushing("systemd/system/a.service.d").string, F_OK) != 0)
    #expect(systemd.calls == ["daemon-reload", "daemon-reload", "daemon-reload"])
  }

  @Test func `a reload that fails is an error`() {
    systemd.fails("daemon-reload", status: 1, "no")
    #expect(throws: HoldError.manager(.manager("daemon-reload: no (exit 1)"))) { try hold.place() }
  }
}

@Suite struct RecoveryOrderTests {
  @Test func `it stands before the app only while a job is open`() throws {
    let system = try TemporaryDirectory()
    let order = RecoveryOrder(app: "growroom", units: ["a.service", "b.service"], directory: system.path)
    try order.place()
    try order.place()
    let name = "fleet-agent-recover.service.d/50-growroom.conf"
    #expect(system.read(name) == "[Unit]\nBefore=a.service b.service\n")
    try order.remove()
    try order.remove()
    #expect(access(system.path.appending("fleet-agent-recover.service.d").string, F_OK) != 0)
  }
}

@Suite struct UnitFilesTests {
  let place: TemporaryDirectory
  var files: UnitFiles {
    UnitFiles(
      units: [UnitFile(file: "install/app.service", unit: "app.service")],
      directory: place.path.appending("system"))
  }
  var kept: UnitShelf { UnitShelf(folder: place.path.appending("kept")) }
  var new: UnitShelf { UnitShelf(folder: place.path.appending("new")) }
  var tree: FilePath { place.path.appending("tree") }
  var install: FilePath { place.path.appending("app") }

  init() throws {
    place = try TemporaryDirectory()
    _ = try place.makeDirectory("system")
    try place.write("new", to: "tree/install/app.service")
    try files.read(from: tree, onto: new)
  }

  @Test func `the previous one comes back`() throws {
    try place.write("old", to: "system/app.service")
    try files.keep(on: kept)
    #expect(try files.install(from: new, install: install))
    #expect(place.read("system/app.service") == "new")
    // After a crash everything is done once more: what was kept first stays kept.
    try files.keep(on: kept)
    #expect(try !files.install(from: new, install: install))
    try files.restore(from: kept)
    #expect(place.read("system/app.service") == "old")
  }

  @Test func `where there was none there is none again`() throws {
    try files.keep(on: kept)
    try files.install(from: new, install: install)
    #expect(place.read("system/app.service") == "new")
    try files.restore(from: kept)
    try files.restore(from: kept)
    #expect(place.read("system/app.service") == nil)
  }

  @Test func `a link comes back as a link`() throws {
    try place.write("elsewhere", to: "other.service")
    symlink("../other.service", place.path.pushing("system/app.service").string)
    try files.keep(on: kept)
    try files.install(from: new, install: install)
    #expect(place.read("system/app.service") == "new")
    #expect(place.read("other.service") == "elsewhere")
    try files.restore(from: kept)
    #expect(place.read("system/app.service") == "elsewhere")
  }

  @Test func `a link into the install follows the swap by itself`() throws {
    let target = install.pushing("install/app.service").string
    symlink(target, place.path.pushing("system/app.service").string)
    try files.keep(on: kept)
    #expect(try !files.install(from: new, install: install))
    var buffer = [CChar](repeating: 0, count: 4096)
    readlink(place.path.pushing("system/app.service").string, &buffer, buffer.count - 1)
    #expect(FilePath(platformString: buffer).string == target)
  }

  @Test func `a masked unit is refused`() throws {
    symlink("/dev/null", place.path.pushing("system/app.service").string)
    try files.keep(on: kept)
    #expect(throws: UnitFileError.masked("app.service")) { try files.install(from: new, install: install) }
  }

  @Test func `a file outside the tree is not taken`() throws {
    unlink(place.path.pushing("tree/install/app.service").string)
    symlink("/etc/passwd", place.path.pushing("tree/install/app.service").string)
    #expect(throws: UnitFileError.self) { try files.read(from: tree, onto: new) }
  }

  @Test func `what is installed is what was read, whatever became of the tree since`() throws {
    try place.write("evil", to: "tree/install/app.service")
    try files.keep(on: kept)
    try files.install(from: new, install: install)
    #expect(place.read("system/app.service") == "new")
  }

  @Test func `a shelf takes over what another holds, a file that is not there too`() throws {
    let units = [UnitFile(file: "a", unit: "a.service"), UnitFile(file: "b", unit: "b.service")]
    try kept.make()
    try kept.put(.link("../x"), for: "a.service")
    try kept.put(.nothing, for: "b.service")
    try new.take(units + [UnitFile(file: "c", unit: "c.service")], from: kept)
    #expect(try new.content(of: "a.service") == .link("../x"))
    #expect(try new.content(of: "b.service") == .nothing)
    #expect(try new.content(of: "c.service") == nil)
  }
}
