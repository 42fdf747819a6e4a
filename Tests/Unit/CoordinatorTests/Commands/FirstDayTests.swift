import CoordinatorSupport
import Foundation
import SystemPackage
import Testing
import Wire

@testable import Store
@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// The way from nothing to the first plan: each command ends with the next one.
@Suite struct FirstDayTests {
  private static let names = ["veg", "flower"]

  private func run(
    _ arguments: [String], _ bench: TestBench, _ setup: SimulatedSetup = SimulatedSetup(),
    answers: [String]? = nil
  ) async -> Int32 {
    await FleetProgram.run(
      arguments,
      on: bench.bench(
        fleet: TestFleet.fleet(Self.names), catalogue: SimulatedCatalogue(), setup: setup, answers: answers))
  }

  // MARK: init

  /// With the real reader, and one profile that came with fleet.
  private func initialize(_ arguments: [String], _ bench: TestBench, answers: [String]? = nil) async throws
    -> Int32
  {
    let share = bench.folder.appending("share").appending("apps")
    try FileManager.default.createDirectory(atPath: share.string, withIntermediateDirectories: true)
    try StateFiles.write(Array(InventoryFolder.profile.utf8), to: share.appending("mycodo.yaml"))
    var world = bench.bench(answers: answers)
    world.loadFleet = bench.readsInventories
    return await FleetProgram.run(["init"] + arguments, on: world)
  }

  private func written(_ bench: TestBench) throws -> Fleet {
    let folder = bench.folder.appending(".config").appending("fleet")
    return try Fleet.load(
      from: InventoryLocation(
        file: folder.appending("fleet.yaml"), shippedProfiles: [bench.folder.pushing("share/apps")],
        home: bench.folder, currentFolder: bench.folder))
  }

  @Test func `init writes the commented example with the hosts that were named, and names bootstrap`()
    async throws
  {
    let bench = try TestBench()
    #expect(
      try await initialize(["veg=192.168.1.21", "flower=me@flower.local", "me@dry.local", "clone"], bench)
        == 0)
    let fleet = try written(bench)
    #expect(fleet.hosts.map(\.name) == ["veg", "flower", "dry", "clone"])
    #expect(fleet.hosts.map(\.address) == ["192.168.1.21", "flower.local", "dry.local", nil])
    #expect(fleet.hosts.map(\.user) == [nil, "me", "me", nil])
    let file = bench.folder.pushing(".config/fleet/fleet.yaml")
    let text = String(decoding: try StateFiles.read(file), as: UTF8.self)
    #expect(text.contains("\n#   soak: 2m "))
    #expect(
      bench.output == """
        \(file) is written: 4 hosts, app mycodo
        next: fleet bootstrap    shows and records the hosts' keys, installs the agent

        """)
    #expect(bench.errors == "")
  }

  @Test func `init never writes over another inventory, and says how a host is added`() async throws {
    let bench = try TestBench()
    #expect(try await initialize(["veg"], bench) == 0)
    let before = try StateFiles.read(bench.folder.pushing(".config/fleet/fleet.yaml"))
    bench.forget()
    #expect(try await initialize(["flower"], bench) == 64)
    #expect(bench.errors.contains("is there already, and is not overwritten; a host is a line in it."))
    #expect(try StateFiles.read(bench.folder.pushing(".config/fleet/fleet.yaml")) == before)
    // Nobody is asked for hosts that will not be written.
    #expect(try await initialize([], bench, answers: ["dry"]) == 64)
    #expect(bench.questions == [])
  }

  @Test func `init without hosts asks a person, until there is one`() async throws {
    let bench = try TestBench()
    let answers = ["", "veg=a b=$(c)", "veg veg", "veg=me@192.168.1.21, me@flower.local  root@192.168.1.28"]
    #expect(try await initialize([], bench, answers: answers) == 0)
    #expect(bench.questions == Array(repeating: "hosts: ", count: 4))
    #expect(bench.errors.contains("\"b=$(c)\" is no host; one is veg,"))
    #expect(bench.errors.contains("\"veg\" is said twice"))
    #expect(try written(bench).hosts.map(\.name) == ["veg", "flower", "192.168.1.28"])
  }

  @Test func `init without hosts, and with nobody to ask, refuses with an example`() async throws {
    let bench = try TestBench()
    #expect(try await initialize([], bench) == 64)
    #expect(bench.errors == "fleet: which hosts? As in: fleet init veg=192.168.1.21 flower=me@flower.local\n")
    #expect(!FileManager.default.fileExists(atPath: bench.folder.appending(".config").string))
    // The end of input is no host.
    #expect(try await initialize([], bench, answers: []) == 130)
  }

  @Test func `init says at once that an app has no profile`() async throws {
    let bench = try TestBench()
    #expect(try await initialize(["--app", "growroom", "veg"], bench) == 0)
    #expect(bench.errors.contains("there is no profile for the app \"growroom\"; looked for "))
    #expect(bench.output.hasSuffix("next: fleet bootstrap    once that is mended\n"))
  }

  @Test func `init into another folder names it in the next command`() async throws {
    let bench = try TestBench()
    let folder = bench.folder.appending("my rooms").string
    #expect(try await initialize(["-i", folder, "veg"], bench) == 0)
    #expect(bench.output.contains("next: fleet bootstrap -i '\(folder)'    "))
  }

  @Test(arguments: [
    "", "=", "veg=", "=a", "a b", "all", "-x", "me@", "@veg", "veg=me@", "veg=$(reboot)", "me@fe80::1",
    "veg=a:b",
    "veg=ssh://x",
  ])
  func `what is no host is refused by init`(word: String) async throws {
    let bench = try TestBench()
    #expect(try await initialize(["--", word], bench) == 64)
    #expect(!FileManager.default.fileExists(atPath: bench.folder.appending(".config").string))
  }

  @Test(arguments: [
    ("veg=10.0.0.1", "veg: 10.0.0.1"), ("veg=me@veg.local:2222", "veg: \"me@veg.local:2222\""),
    ("veg=fe80::1%eth0", "veg: \"fe80::1%eth0\""), ("veg=[2001:db8::1]:22", "veg: \"[2001:db8::1]:22\""),
    ("veg=null", "veg: \"null\""), ("grow@10.77.0.99", "10.77.0.99: grow@10.77.0.99"), ("null=a", "null: a"),
    ("veg=_x", "veg: \"_x\""),
  ])
  func `what init writes is read as it was meant`(word: String, line: String) throws {
    let entry = try InventoryTemplate.Entry(word)
    let folder = try InventoryFolder(InventoryTemplate(app: "app", hosts: [entry]).text)
    #expect(
      try String(contentsOfFile: folder.location.file.string, encoding: .utf8).contains("\n  \(line)\n"))
    let host = try #require(try folder.load().hosts.first)
    #expect(host.name == entry.name)
    let meant = try entry.address.map { address throws(Wrong) in try HostAddress(address) }
    #expect([host.address, host.user] == [meant?.address, meant?.user] && host.port == meant?.port)
  }

  // MARK: bootstrap, trust, remove

  @Test func `bootstrap looks for a key first, and names plan at its end`() async throws {
    let bench = try TestBench()
    let setup = SimulatedSetup()
    #expect(await run(["bootstrap"], bench, setup) == 0)
    #expect(setup.calls == ["key", "bootstrap veg", "bootstrap flower"])
    #expect(
      bench.output == """
        veg: done
        flower: done
        next: fleet plan    what an upgrade would do, host by host

        """)
    bench.forget()
    #expect(await run(["bootstrap", "-i", "my rooms", "veg"], bench) == 0)
    #expect(
      bench.output.hasSuffix("next: fleet plan -i 'my rooms'    what an upgrade would do, host by host\n"))
    bench.forget()
    #expect(await run(["bootstrap", "-q"], bench) == 0)
    #expect(bench.output == "" && bench.errors == "")
    #expect(await run(["bootstrap", "-o", "json"], bench) == 0)
    #expect(bench.output.hasPrefix("[{") && !bench.output.contains("next"))
  }

  @Test func `without a key and without a yes, bootstrap touches no host`() async throws {
    let bench = try TestBench()
    let setup = SimulatedSetup(missingKey: .declined("no key was made"))
    #expect(await run(["bootstrap"], bench, setup) == 130)
    #expect(setup.calls == ["key"])
    #expect(bench.errors.hasSuffix("fleet: no key was made\n"))
  }

  @Test func `a host that is left out is said at once, and the end names those that are left`() async throws {
    let bench = try TestBench()
    let setup = SimulatedSetup(errors: ["veg": .declined("veg: its key was not accepted")])
    #expect(await run(["bootstrap"], bench, setup) == 130)
    #expect(bench.errors.contains("veg:\n  ! left out\nflower:\n"))
    #expect(
      bench.output == """
        veg: its key was not accepted
        flower: done
        next: fleet bootstrap veg    once that is mended; what is done stays done
              fleet plan             what an upgrade would do, host by host

        """)
    // Whom nobody came to any more is left, too.
    bench.forget()
    let nobody = SimulatedSetup(errors: ["veg": .prompt(.nobody(question: "Is that its key?"))])
    #expect(await run(["bootstrap"], bench, nobody) == 64)
    #expect(bench.output.contains("next: fleet bootstrap veg flower    "))
    #expect(!bench.output.contains("fleet plan"))
  }

  @Test func `remove ends with the line of fleet.yaml, trust with bootstrap`() async throws {
    let bench = try TestBench()
    #expect(await run(["remove", "veg,", "flower", "-y"], bench) == 0)
    #expect(
      bench.output.hasSuffix(
        "next: take veg and flower out of fleet.yaml    else each run asks there, and is refused\n"))
    bench.forget()
    let failing = SimulatedSetup(errors: ["veg": .failed("veg: the job x is open")])
    #expect(await run(["remove", "veg", "-y"], bench, failing) == 2)
    #expect(bench.output == "veg: the job x is open\nnext: fleet remove veg    once that is mended\n")
    bench.forget()
    #expect(await run(["trust", "veg"], bench) == 0)
    #expect(bench.output.contains("next: fleet bootstrap veg    "))
  }

  // MARK: doctor

  @Test func `doctor says no name twice, and names plan where all is well`() async throws {
    let bench = try TestBench()
    let bad = Diagnosis(
      verdict: .bad, subject: "SSH", text: "veg: veg: no connection", next: "ssh me@10.0.0.1")
    let good = Diagnosis(verdict: .good, subject: "SSH", text: "reached")
    #expect(await run(["doctor"], bench, SimulatedSetup(found: ["veg": [bad], "flower": [good]])) == 2)
    #expect(
      bench.output.contains("veg     SSH       bad   no connection  → ssh me@10.0.0.1\n"), "\(bench.output)")
    #expect(!bench.output.contains("next:"))
    bench.forget()
    #expect(await run(["doctor"], bench, SimulatedSetup(found: ["veg": [good], "flower": [good]])) == 0)
    #expect(bench.output.hasSuffix("next: fleet plan    what an upgrade would do, host by host\n"))
  }

  @Test func `a connection that breaks in a rollback is told with the host's name once`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet([("veg", "4.1.0")])
    hosts.agents["veg"]?.change { $0.conduct.breaksInCutover = true }
    let world = bench.bench(fleet: TestFleet.fleet(["veg"]), connector: hosts)
    _ = await FleetProgram.run(["rollback", "veg", "-y"], on: world)
    let said = bench.output + bench.errors
    #expect(said.contains(" veg: connection lost") && !said.contains("veg: veg:"), "\(said)")
  }

  @Test func `the way to a host is named as it is to be typed`() {
    var host = TestFleet.host("mother")
    #expect(host.typedSSH == "ssh mother")
    (host.address, host.user) = ("10.77.0.99", "grow")
    #expect(host.typedSSH == "ssh grow@10.77.0.99")
    (host.port, host.sshKey) = (2222, "/home/me/my keys/id")
    #expect(host.typedSSH == "ssh -i '/home/me/my keys/id' -p 2222 grow@10.77.0.99")
    (host.address, host.user, host.port, host.sshKey) = (nil, nil, 22, nil)
    #expect(host.typedSSH == "ssh -p 22 mother")
  }

  // MARK: A key that nobody has seen

  private struct Refusing: HostConnector {
    let error: HostError
    func connect(to host: Inventory.Host) async throws(HostError) -> any HostConnection { throw error }
  }

  @Test(arguments: [
    (HostError.hostKeyUnknown("veg: its key is not known yet"), "fleet bootstrap veg", "host_key_unknown"),
    (HostError.hostKey("veg: its key has CHANGED"), "fleet trust --replace veg", "host_key"),
  ])
  func `a key that was never seen leads to bootstrap, a changed one to trust`(
    error: HostError, command: String, code: String
  ) async throws {
    let commands = ["fleet bootstrap veg", "fleet trust --replace veg", "fleet doctor veg"]
    for form in [[], ["-o", "json"]] {
      let bench = try TestBench()
      let world = bench.bench(
        fleet: TestFleet.fleet(["veg"]), connector: Refusing(error: error), catalogue: SimulatedCatalogue())
      #expect(await FleetProgram.run(["upgrade", "-y"] + form, on: world) == 2)
      if form.isEmpty {
        #expect(commands.filter { bench.output.contains($0) } == [command], "\(bench.output)")
      } else {
        #expect(bench.output.contains("\"code\":\"\(code)\""))
      }
    }
  }

  @Test func `one host is set up, several are set up together`() async throws {
    for (names, why) in [(["veg"], "sets the host up"), (["veg", "dry"], "sets the hosts up")] {
      let bench = try TestBench()
      let world = bench.bench(
        fleet: TestFleet.fleet(names), connector: Refusing(error: .noAgent("no agent")),
        catalogue: SimulatedCatalogue())
      #expect(await FleetProgram.run(["plan"], on: world) == 2)
      #expect(
        bench.output.hasSuffix("next: fleet bootstrap \(names.joined(separator: " "))    \(why)\n"),
        "\(bench.output)")
    }
  }

  @Test func `a key that no ssh-agent holds is named once, with ssh-add`() async throws {
    let locked = HostError.keyLocked(
      "login as me refused: key /home/me/k has a passphrase, and no ssh-agent holds it",
      add: "ssh-add /home/me/k")
    for words in [["upgrade", "-y"], ["plan"]] {
      let bench = try TestBench()
      let world = bench.bench(
        fleet: TestFleet.fleet(["veg", "dry"]), connector: Refusing(error: locked),
        catalogue: SimulatedCatalogue())
      #expect(await FleetProgram.run(words, on: world) == 2)
      let last = bench.output.split(separator: "\n").last.map { String($0) }
      #expect(last == "next: ssh-add /home/me/k    then the same again", "\(bench.output)")
      #expect(bench.output.ranges(of: "ssh-add").count == 1 && !bench.output.contains("bootstrap"))
      bench.forget()
      #expect(await FleetProgram.run(["upgrade", "-y", "-o", "json"], on: world) == 2)
      #expect(bench.output.contains("\"next\":\"ssh-add /home/me/k\""))
      bench.forget()
      _ = await FleetProgram.run(["status"], on: world)
      #expect(bench.output.contains("no ssh-agent holds it. Next: ssh-add /home/me/k"), "\(bench.output)")
    }
  }

  @Test func `what is said of a wrong password counts down`() {
    var tries = PasswordTries()
    tries.give()
    #expect(tries.wrong == "wrong password; 2 tries left")
    tries.give()
    #expect(tries.wrong == "wrong password; 1 try left")
    tries.give()
    #expect(tries.left == 0)
  }
}
