import CoordinatorSupport
import Foundation
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

extension FileGroupSample {
  static let pictures = FileGroup(
    kind: .picture, place: .folder("cameras"), count: 2_031, bytes: 5, examples: ["a.jpg"])
  static let logs = FileGroup(kind: .log, place: .folder("logs"), count: 2, bytes: 5, examples: ["a.log"])
  static let database = FileGroup(
    kind: .database, place: .files(in: "data"), count: 1, bytes: 5, examples: ["x.db"])
  static let edit = FileGroup(
    kind: .changed, place: .files(in: "app"), count: 1, bytes: 5, examples: ["main.py"])
}

/// `fleet plan` looks at what would stay behind, and `--adopt` proposes what to do with it.
@Suite struct PlanFilesTests {
  private let names = ["veg", "flower"]
  private let left = [
    ("cameras", FileGroupSample.pictures), ("logs", FileGroupSample.logs),
    ("data/x.db", FileGroupSample.database),
  ]

  private func hosts(_ left: [(String, FileGroup)]) -> SimulatedFleet {
    let fleet = SimulatedFleet(names.map { ($0, "4.1.0") })
    fleet.set("veg") { $0.left = left }
    return fleet
  }

  private let catalogue = SimulatedCatalogue(fetched: ["v4.1.0"])

  private func run(
    _ arguments: [String], _ hosts: SimulatedFleet, _ bench: TestBench, _ catalogue: SimulatedCatalogue? = nil
  ) async -> Int32 {
    await FleetProgram.run(
      arguments,
      on: bench.bench(
        fleet: TestFleet.fleet(names), connector: hosts, catalogue: catalogue ?? self.catalogue))
  }

  @Test func `a host whose stage would refuse it does not go, and its files are grouped`() async throws {
    let bench = try TestBench()
    let hosts = hosts([left[0], left[1], ("app/main.py", FileGroupSample.edit)])
    #expect(await run(["plan"], hosts, bench) == 2)
    #expect(
      bench.output == """
        HOST    FROM   TO     DOWNTIME  NOTE
        veg     4.1.0  -                refused: 2034 files would stay behind in the backup
        flower  4.1.0  4.2.0  unknown
        1 host goes.
        v5.0.0 is out on track v5; a major is never crossed by itself.
        veg: would stay behind there (fleet plan --adopt proposes what to do):
          cameras/: 2031 pictures and films
          logs/: 2 logs
          app/main.py: a file that is not as the release has it
        next: fleet upgrade    asks, and then does it

        """)
    // What the host's stage needs to know is sent as it will be, and nothing else.
    let agent = try #require(hosts.agents["veg"])
    #expect(agent.read { $0.accounts.map(\.installedListing) } == [Artifact(sha256: "ab", size: 5)])
    #expect(agent.read { $0.uploads } == ["/cache/listing"] && agent.read { $0.claims } == [])
    bench.forget()
    #expect(await run(["plan", "-o", "json", "veg"], hosts, bench) == 2)
    #expect(
      bench.output.contains(#""left_behind":[{"bytes":5,"count":2031,"kind":"picture","text":"cameras\/: 2"#)
        || bench.output.contains(
          #""left_behind":[{"bytes":5,"count":2031,"kind":"picture","text":"cameras/: 2"#),
      "\(bench.output)")
    #expect(await run(["plan", "--leave", "veg"], hosts, bench) == 0)
  }

  @Test func `data is never left by --leave`() async throws {
    let bench = try TestBench()
    #expect(await run(["plan", "--leave"], hosts(left), bench) == 2)
    #expect(
      bench.output.contains("refused: the new version would begin without data/x.db: a database"),
      "\(bench.output)")
  }

  @Test func `what was not looked at is said to be so`() async throws {
    let bench = try TestBench()
    let hosts = hosts(left)
    #expect(await run(["plan"], hosts, bench, SimulatedCatalogue()) == 0)
    #expect(
      bench.output.contains(
        "veg and flower: not looked at is what would stay behind there: what v4.1.0 consists of is not in the "
          + "cache; fleet fetch --to v4.1.0, or fleet plan --adopt\n"), "\(bench.output)")
    #expect(hosts.agents["veg"]?.read { $0.accounts.count } == 0)
    bench.forget()
    hosts.set("veg") { $0.refusesAccount = .unsupported("what?") }
    hosts.set("flower") {
      $0.refusesAccount = .refused(Cause(code: .notNow, step: .account, text: "it took longer than 45 s"))
    }
    #expect(await run(["plan"], hosts, bench) == 0)
    #expect(
      bench.output.contains("veg: not looked at is what would stay behind there: its agent is an older one"))
    #expect(bench.output.contains("flower: not looked at is what would stay behind there: it took longer"))
  }

  // MARK: --adopt

  private func adopt(
    _ folder: InventoryFolder, _ bench: TestBench, _ hosts: SimulatedFleet, answers: [String]?,
    _ words: [String] = []
  ) async -> Int32 {
    let location = folder.location
    var world = bench.bench(connector: hosts, catalogue: catalogue, answers: answers)
    world.loadFleet = { _ in
      LoadedFleet(fleet: try Fleet.load(from: location), origin: "inventory: test", location: location)
    }
    return await FleetProgram.run(["plan", "--adopt"] + words, on: world)
  }

  private static let inventory = """
    # my tents
    app: app
    hosts: # two
      veg:
      flower: { track: v4 }

    """

  private func text(_ folder: InventoryFolder) throws -> String {
    try String(contentsOfFile: folder.path.appending("fleet.yaml").string, encoding: .utf8)
  }

  @Test func `the lines are shown, asked for, written, and the hosts asked again`() async throws {
    let bench = try TestBench()
    let folder = try InventoryFolder(Self.inventory)
    let file = folder.path.appending("fleet.yaml").string
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
    let hosts = hosts(left)
    #expect(await adopt(folder, bench, hosts, answers: ["y"]) == 0)
    #expect(
      bench.errors.contains(
        """
        fleet.yaml:
          # my tents
          app: app
        + profile:
        +   also_carry:
        +     - { link: "cameras" }
        +     - { sqlite: "data/x.db" }
        +   also_ignore:
        +     - "logs"
          hosts: # two
            veg:
        """), "\(bench.errors)")
    #expect(bench.questions == ["Write this into fleet.yaml? [y/N] "])
    #expect(
      try text(folder) == """
        # my tents
        app: app
        profile:
          also_carry:
            - { link: "cameras" }
            - { sqlite: "data/x.db" }
          also_ignore:
            - "logs"
        hosts: # two
          veg:
          flower: { track: v4 }

        """)
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o640)
    #expect(bench.output.contains("2 hosts go"), "\(bench.output)")
    #expect(
      hosts.agents["veg"]?.read { $0.accounts.last?.profile.carry.map(\.path) } == ["cameras", "data/x.db"])
    // Once more there is nothing to do.
    #expect(await adopt(folder, bench, hosts, answers: []) == 0)
    #expect(bench.errors.contains("There is nothing to propose."))
  }

  @Test func `no, nobody there, Ctrl-C, and --yes`() async throws {
    let bench = try TestBench()
    let folder = try InventoryFolder(Self.inventory)
    #expect(await adopt(folder, bench, hosts(left), answers: ["n"]) == 2)
    #expect(bench.errors.contains("Nothing was written."))
    #expect(await adopt(folder, bench, hosts(left), answers: nil) == 64)
    #expect(await adopt(folder, bench, hosts(left), answers: []) == 130, "the end of input, or Ctrl-C")
    #expect(try text(folder) == Self.inventory)
    #expect(await adopt(folder, bench, hosts(left), answers: nil, ["--yes"]) == 0)
    #expect(try text(folder) != Self.inventory)
  }

  @Test func `edits of the release stay for somebody to decide`() async throws {
    let bench = try TestBench()
    let folder = try InventoryFolder(Self.inventory)
    #expect(
      await adopt(folder, bench, hosts(left + [("app/main.py", FileGroupSample.edit)]), answers: ["y"]) == 2)
    #expect(
      bench.errors.contains(
        "Not proposed, look yourself: app/main.py: a file that is not as the release has it: ignore: takes the new "
          + "release's, carry: keeps these"), "\(bench.errors)")
    #expect(bench.output.contains("refused: 1 file would stay behind in the backup"))
  }

  @Test func `lists of a host's own count instead, and the lines are there to be pasted`() async throws {
    let bench = try TestBench()
    let own = Self.inventory.replacing("  veg:\n", with: "  veg: { profile: { also_ignore: [x] } }\n")
    for (inventory, why) in [
      (own, "veg, a group of it or defaults: has also_ignore of its own"),
      ("{ app: app, hosts: { veg: , flower: } }\n", "no place in fleet.yaml is certain"),
    ] {
      bench.forget()
      let folder = try InventoryFolder(inventory)
      #expect(await adopt(folder, bench, hosts(left), answers: ["y"]) == 2)
      #expect(bench.errors.contains(why), "\(bench.errors)")
      #expect(bench.output.contains("  also_ignore:\n    - \"logs\"\n"), "\(bench.output)")
      #expect(try text(folder) == inventory && bench.questions == [])
    }
  }

  @Test func `an inventory that is a link is written where it leads`() async throws {
    let bench = try TestBench()
    let folder = try InventoryFolder(Self.inventory)
    let (link, real) = (folder.path.appending("fleet.yaml").string, folder.path.appending("real.yaml").string)
    try FileManager.default.moveItem(atPath: link, toPath: real)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real.yaml")
    #expect(await adopt(folder, bench, hosts(left), answers: ["y"]) == 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real.yaml")
    #expect(try String(contentsOfFile: real, encoding: .utf8).contains("also_carry"))
  }
}
