import Foundation
import Release
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

@Suite struct ShippedProfileTests {
  private func load(_ folder: String) throws -> Fleet {
    try Fleet.load(
      from: InventoryLocation(
        file: checkout.pushing(FilePath(folder)).appending("fleet.yaml"), currentFolder: checkout))
  }

  @Test func `the example inventory is right`() throws {
    let fleet = try load("inventory")
    #expect(fleet.hosts.map(\.name) == ["veg", "flower", "dry"])
    #expect(fleet.hosts[1].user == "me")
    #expect(fleet.warnings.isEmpty)
  }

  @Test func `the example is what init writes, and the line for editors`() throws {
    let hosts = try InventoryTemplate.Entry.all([
      "veg=192.168.1.21", "me@flower.local", "dry=root@192.168.1.28",
    ])
    let example = try String(contentsOfFile: checkout.pushing("inventory/fleet.yaml").string, encoding: .utf8)
    #expect(
      example == "# yaml-language-server: $schema=schema/fleet.schema.json\n"
        + InventoryTemplate(app: "mycodo", hosts: hosts).text)
  }

  @Test func `each line that the example leaves out is right as well`() throws {
    let path = checkout.pushing("inventory/fleet.yaml").string
    let example = try String(contentsOfFile: path, encoding: .utf8)
    // What follows the head comment: "# key: …" and "#   key: …" stand in their places.
    let lines = example.split(separator: "\n", omittingEmptySubsequences: false).drop { $0.hasPrefix("#") }
    let whole = lines.map {
      $0.hasPrefix("# ") ? String($0.dropFirst(2)) : $0.hasPrefix("#") ? String($0.dropFirst()) : String($0)
    }
    let folder = try InventoryFolder(
      whole.map { $0.hasPrefix("  ") || !$0.hasPrefix(" ") ? $0 : " " + $0 }.joined(separator: "\n"),
      app: "mycodo")
    #expect(folder.complaints() == "")
  }

  @Test func `Mycodo's profile says what Mycodo needs`() throws {
    let fleet = try load("inventory")
    let profile = try #require(fleet.profiles.first)
    #expect(fleet.profiles.count == 4)
    #expect(
      profile.source
        == .github(
          repository: "kizniche/Mycodo", api: "https://api.github.com", tokenVariable: nil))
    #expect(profile.verify.require == ["commit", "tree"])
    #expect(profile.applies?.contains(Version(8, 16, 0)) == true)
    #expect(profile.applies?.contains(Version(8, 15, 13)) == false)
    let agent = profile.agent
    #expect(agent.install == "/opt/Mycodo")
    #expect(agent.services == .units(["mycodo.service", "mycodoflask.service"]))
    #expect(agent.owner == Owner(user: "mycodo", group: "mycodo"))
    #expect(agent.carry.contains { $0.kind == .sqlite && $0.path == "databases/*.db" && $0.revision != nil })
    #expect(agent.carry.contains { $0.kind == .link && $0.path == "cameras" })
    #expect(agent.steps.migrate.first?.directory == "alembic_db")
    #expect(
      agent.parity?.map(\.name) == ["inputs", "functions", "PIDs", "outputs", "errors a minute"]
        && fleet.profiles.prefix(3).allSatisfy { $0.agent.parity == agent.parity })
    // What becomes setuid is built by root, before anything of the app's user's was near; and nothing of root's later.
    #expect(agent.steps.prepare.map(\.user).prefix { $0 == "root" }.count == 1)
    let others = agent.steps.prepare.dropFirst() + agent.steps.complete + agent.steps.migrate
    #expect(others.allSatisfy { $0.user == nil })
    #expect(agent.health.checks.count == 4)
    #expect(agent.guards.count == 2)
  }

  @Test func `what came before 8.16.0 goes there first, and stays in the home that it lies in`() throws {
    let fleet = try load("inventory")
    let old = fleet.profiles[1]
    #expect(
      old.applies?.contains(Version(8, 15, 13)) == true && old.applies?.contains(Version(8, 8, 0)) == true)
    #expect(
      old.applies?.contains(Version(8, 16, 0)) == false && old.applies?.contains(Version(8, 7, 9)) == false)
    #expect(old.steppingStones == ["8.16.0"])
    #expect(old.agent.install == "/var/mycodo-root")
    #expect(old.agent.backups == fleet.profiles[0].agent.backups)
    // The same things are taken along and asked; nobody but root makes the link that the new units go by.
    #expect(old.agent.carry == fleet.profiles[0].agent.carry)
    #expect(old.agent.steps.prepare == fleet.profiles[0].agent.steps.prepare)
    #expect(old.agent.steps.migrate == fleet.profiles[0].agent.steps.migrate)
    #expect(old.agent.health == fleet.profiles[0].agent.health)
    // nginx, whose site names files below the link, reads it once the link is there.
    #expect(old.agent.steps.finish.map(\.user) == ["root", "root"])
    #expect(old.agent.steps.finish.allSatisfy { $0.undo != nil })
    #expect(old.agent.steps.finish.suffix(1) == fleet.profiles[0].agent.steps.finish[...])
  }

  @Test func `what came before 8.8.0 goes by the last version that can convert its outputs`() throws {
    let fleet = try load("inventory")
    let (old, oldest) = (fleet.profiles[1], fleet.profiles[2])
    #expect(
      oldest.applies?.contains(Version(8, 7, 9)) == true && oldest.applies?.contains(Version(8, 0, 0)) == true
    )
    #expect(
      oldest.applies?.contains(Version(8, 8, 0)) == false
        && oldest.applies?.contains(Version(7, 9, 0)) == false)
    #expect(oldest.steppingStones == ["8.12.9", "8.16.0"])
    #expect(old.applies?.contains(Version(8, 12, 9)) == true)
    // All else is the same, but for where the migrations lie up to 8.12.
    var agent = oldest.agent
    #expect(agent.steps.migrate.first?.directory == "databases")
    #expect(agent.steps.migrate.last == old.agent.steps.migrate.last)
    agent.steps.migrate = old.agent.steps.migrate
    #expect(agent == old.agent)
  }

  @Test func `Mycodo's advisories keep what is older than 8.16.0 from what cannot migrate it`() throws {
    let advisories = try load("inventory").profiles[1].advisories
    func refused(_ from: Version, _ to: Version) -> Bool {
      advisories.contains { $0.refuses && $0.concerns(from: from, to: to) }
    }
    for target in [Version(8, 16, 1), Version(8, 16, 2)] {
      for installed in [Version(8, 15, 13), Version(8, 0, 0)] { #expect(refused(installed, target)) }
      #expect(!refused(Version(8, 16, 0), target))
    }
    #expect(!refused(Version(8, 15, 13), Version(8, 16, 0)))
    #expect(!refused(Version(8, 15, 13), Version(8, 17, 0)))
  }

  @Test func `its commands are correct shell`() throws {
    for profile in try load("inventory").profiles { try check(profile.agent) }
  }

  private func check(_ agent: AppProfile) throws {
    let steps = agent.steps
    var runs = steps.prepare + steps.complete + steps.migrate + steps.finish + agent.guards.map(\.run)
    for case .run(let run, _) in agent.health.checks { runs.append(run) }
    for run in runs {
      guard case .shell(let text) = run.command else { continue }
      let shell = Process()
      shell.executableURL = URL(filePath: "/bin/sh")
      shell.arguments = ["-n", "-c", text]
      try shell.run()
      shell.waitUntilExit()
      #expect(shell.terminationStatus == 0, "\(text)")
    }
  }

  /// What may be where 8.16.0 looks for Mycodo, as shell commands that make it; whether it may become the install.
  @Test(arguments: [
    (":", true), ("ln -s home/Mycodo opt", true), ("ln -s root opt", true), ("mkdir opt", false),
    ("touch opt", false), ("mkdir other; ln -s other opt", false), ("ln -s nowhere opt", false),
  ])
  func `only what leads to the install becomes its link, and nothing else is taken away again`(
    there: String, isFree: Bool
  ) throws {
    let agent = try load("inventory").profiles[1].agent
    let finish = try #require(agent.steps.finish.first)
    let folder = try InventoryFolder()
    let place = folder.path.string
    func run(_ text: String) throws -> Bool {
      let shell = Process()
      shell.executableURL = URL(filePath: "/bin/sh")
      let here = text.replacing(" /opt/Mycodo", with: " \(place)/opt")
        .replacing("/var/mycodo-root", with: "\(place)/root")
      shell.arguments = ["-c", here]
      shell.currentDirectoryURL = URL(filePath: place)
      shell.environment = ["FLEET_INSTALL": "\(place)/home/Mycodo", "PATH": "/usr/bin:/bin"]
      try shell.run()
      shell.waitUntilExit()
      return shell.terminationStatus == 0
    }
    func run(_ command: Command?) throws -> Bool { try run(try #require(command?.words.last)) }
    let isLink = "[ opt -ef home/Mycodo ]"
    #expect(
      try run(
        """
        mkdir -p home/Mycodo/install && ln -s home/Mycodo root && \(there)
        echo 'ExecStart=/opt/Mycodo/env/bin/python' >home/Mycodo/install/mycodo.service
        ls -ld opt >before 2>&1 || :
        """))
    #expect(try run(agent.guards.last?.run.command) == isFree)
    #expect(try run(finish.command) == isFree)
    #expect(try run(isLink) == isFree)
    #expect(try run(finish.undo))
    #expect(try !run(isLink))
    if !isFree { #expect(try run("ls -ld opt >after 2>&1; cmp before after")) }
  }

  @Test func `track 4 carries its three databases and its pictures, and is migrated as its own upgrade does`()
    throws
  {
    let four = try #require(try load("inventory").profiles.last)
    #expect(
      four.applies?.contains(Version(4, 1, 4)) == true && four.applies?.contains(Version(5, 0, 0)) == false)
    #expect(four.agent.install == "/var/www/mycodo")
    #expect(four.agent.services == .units(["mycodo.service", "apache2.service"]))
    #expect(four.agent.carry.first?.path == "databases/*.db" && four.agent.carry.first?.required == true)
    #expect(
      four.agent.carry.filter { $0.kind == .link }.map(\.path)
        == ["camera-stills", "camera-timelapse", "camera-video"])
    #expect(four.agent.steps.migrate.allSatisfy { $0.directory == "databases" && $0.user == nil })
    #expect(four.agent.steps.prepare.map(\.user).prefix { $0 == "root" }.count == 1)
    #expect(four.steppingStones.isEmpty)
  }

  @Test(arguments: [("0\n", 0), ("1\n", 75), ("2\n", 1), (nil, 0)] as [(String?, Int32)])
  func `its guard reads Mycodo's own mark`(_ mark: String?, _ status: Int32) throws {
    let agent = try #require(try load("inventory").profiles.first?.agent)
    let folder = try InventoryFolder()
    if let mark { try folder.write(mark, ".upgrade") }
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = Array(agent.guards[0].run.command.words.dropFirst())
    shell.currentDirectoryURL = URL(filePath: folder.path.string)
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == status)
  }

  @Test func `the demonstration's profile is right`() throws {
    let folder = try InventoryFolder("app: growroom\nhosts: { veg: }\n", app: "growroom")
    let path = checkout.pushing("demo/inventory/apps/growroom.yaml").string
    try folder.write(try String(contentsOfFile: path, encoding: .utf8), "apps/growroom.yaml")
    #expect(folder.complaints() == "")
  }
}
