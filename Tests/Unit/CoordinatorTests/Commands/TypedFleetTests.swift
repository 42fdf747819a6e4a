import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Hosts
@testable import Driver
@testable import Store
@testable import Inventory
@testable import Coordinator
@testable import Report

/// Whatever is printed to be typed next is for the inventory that was named.
@Suite struct TypedFleetTests {
  private let option = ["-i", "my rooms"]

  private func run(
    _ words: [String], _ hosts: SimulatedFleet, _ bench: TestBench,
    catalogue: SimulatedCatalogue = SimulatedCatalogue(),
    change: (inout Fleet) -> Void = { _ in }
  ) async -> Int32 {
    await ThreeRooms.run(words + option, hosts, bench, catalogue: catalogue, change: change)
  }

  /// No command but with the inventory; the verbs of all.
  private func commands(_ text: String) -> [String] {
    let found = text.matches(
      of: #/fleet ([a-z]+)( -i 'my rooms')?/#
    ).filter { FleetProgram.verbs.contains(String($0.1)) }
    for command in found { #expect(command.2 != nil, "\(command.0): \(text)") }
    return found.map { String($0.1) }
  }

  @Test func `commands are quoted for a shell, options behind the inventory`() {
    let typed = TypedFleet(inventory: "a b")
    #expect(typed.command("trust --replace", ["veg"]) == "fleet trust -i 'a b' --replace veg")
    #expect(TypedFleet().command("logs", ["it's"]) == "fleet logs 'it'\\''s'")
  }

  @Test func `sentences that name commands name the inventory, too`() {
    let typed = TypedFleet(inventory: "my rooms")
    for (text, says) in [
      (
        "no key. Next: fleet bootstrap veg (or fleet trust veg) shows it",
        "no key. Next: fleet bootstrap -i 'my rooms' veg (or fleet trust -i 'my rooms' veg) shows it"
      ),
      ("fleet upgrade --to 5.0.0", "fleet upgrade -i 'my rooms' --to 5.0.0"),
      ("it ends (fleet resume), then", "it ends (fleet resume -i 'my rooms'), then"),
      ("another fleet drives it, and fleet-agent serve", "another fleet drives it, and fleet-agent serve"),
      ("this fleet plans; a report", "this fleet plans; a report"),
    ] {
      #expect(typed.words(text) == says)
      #expect(TypedFleet().words(text) == text)
    }
    #expect(Set(TypedFleet.verbs) == Set(FleetProgram.verbs))
  }

  @Test func `why a host does not go is told with the inventory that was named`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    hosts.set("veg") { $0.connectError = .noAgent("veg: there is no agent yet. Next: fleet bootstrap veg") }
    _ = await run(["upgrade", "-y"], hosts, bench)
    for words in [["plan"], ["report"], ["status"]] {
      bench.forget()
      _ = await run(words, hosts, bench)
      #expect(commands(bench.output).contains("bootstrap"), "\(words)")
    }
  }

  @Test func `after a halt: report, history, status, abort, resume`() async throws {
    let (bench, notifier) = (try TestBench(), KeepingNotifier())
    let hosts = ThreeRooms.fleet {
      $0.set("veg") {
        $0.cutover = .rolledBack
        $0.reason = Cause(code: .prove, step: .prove, text: "it answers 503")
      }
    }
    let fleet = TestFleet.fleet(ThreeRooms.names) { $0.notify = [.ntfy("http://x")] }
    let world = bench.bench(
      fleet: fleet, connector: hosts, catalogue: SimulatedCatalogue(), notifier: notifier)
    #expect(await FleetProgram.run(["upgrade", "-y"] + option, on: world) == 2)
    #expect(commands(bench.output) == ["logs", "clear", "abort"])
    #expect(commands(notifier.notices.map(\.text).joined()) == ["logs", "clear", "abort"])
    let page = bench.store.path(of: try #require(try bench.store.ids().last)).appending("report.html")
    let html = String(decoding: try StateFiles.read(page), as: UTF8.self).replacing("&#39;", with: "'")
    #expect(Set(commands(html)) == ["logs", "clear", "abort"])
    for (words, verbs) in [
      (["report"], ["logs", "clear", "abort"]), (["history"], ["abort"]),
      (["report", "--html", "-"], ["logs", "clear", "abort", "logs", "clear"]),
      (["report", "20261122-101500-x"], ["history"]), (["rollback", "veg", "--to", "1.0"], ["backups"]),
      (["fetch", "--to", "9.0"], ["releases"]),
    ] {
      bench.forget()
      _ = await run(words, hosts, bench)
      #expect(commands((bench.output + bench.errors).replacing("&#39;", with: "'")) == verbs, "\(words)")
    }
    bench.forget()
    _ = await run(["resume", "-y"], hosts, bench) { $0.skip = ["4.2.0"] }
    #expect(Set(commands(bench.output + bench.errors)) == ["abort", "logs", "clear"])
    bench.forget()
    #expect(await run(["abort", "-y"], hosts, bench) == 0)
    #expect(commands(bench.errors) == ["clear"])
  }

  @Test func `what is there now: status, plan, a release that is new`() async throws {
    let (hosts, bench, notifier) = (ThreeRooms.fleet(), try TestBench(), KeepingNotifier())
    hosts.agents["veg"]?.change {
      ($0.status.state, $0.status.openJob) = ("swapping", "20261122-101500-v4.2.0")
    }
    let group = FileGroup(kind: .picture, place: .folder("a"), count: 2, bytes: 3, examples: ["b"])
    hosts.agents["dry"]?.change { $0.conduct.left = [("logs", group)] }
    hosts.agents["flower"]?.change { $0.version = "4.0.26" }
    _ = await run(["status"], hosts, bench)
    #expect(commands(bench.output) == ["resume"])
    bench.forget()
    _ = await run(["plan"], hosts, bench)
    #expect(commands(bench.output).contains("plan"), "\(bench.output)")
    let fleet = TestFleet.fleet(ThreeRooms.names) { $0.notify = [.ntfy("http://x")] }
    let world = bench.bench(
      fleet: fleet, connector: hosts, catalogue: SimulatedCatalogue(), notifier: notifier)
    _ = await FleetProgram.run(["releases", "--notify"] + option, on: world)
    #expect(commands(notifier.notices.map(\.text).joined()) == ["upgrade"])
  }

  @Test func `the dated lines of a run`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    hosts.set("veg") { $0.connectError = .noAgent("no agent. Next: fleet bootstrap veg") }
    _ = await run(["upgrade", "-y", "-v"], hosts, bench)
    let dated = bench.output.split(separator: "\n").filter { $0.hasPrefix("2026") || $0.hasPrefix("10:") }
    #expect(!dated.isEmpty)
    #expect(Set(commands(dated.joined(separator: "\n"))) == ["bootstrap"], "\(bench.output)")
  }

  /// By its id any rollout is shown; its next commands are for its own inventory.
  @Test func `the report of another inventory's rollout names that one`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    let id = try #require(try bench.store.ids().last)
    bench.forget()
    #expect(await ThreeRooms.run(["report", id], hosts, bench) { $0.folder = "/elsewhere" } == 2)
    #expect(bench.output.contains("next: fleet logs -i /inventory veg "), "\(bench.output)")
    bench.forget()
    #expect(await ThreeRooms.run(["report", id], hosts, bench) == 2)
    #expect(bench.output.contains("next: fleet logs veg "))
  }

  @Test func `where the inventory is found without it, -i is not repeated`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    try StateFiles.write([], to: bench.folder.appending("fleet.yaml"))
    let folder = bench.folder.string
    for (current, says) in [(bench.folder, ""), ("/", " -i \(folder)")] {
      bench.forget()
      var world = bench.bench(connector: hosts)
      let here = InventoryLocation.Surroundings(currentFolder: current, home: "/home/me")
      world.loadFleet = { choice in
        LoadedFleet(
          fleet: TestFleet.fleet(ThreeRooms.names), origin: "inventory: test",
          location: try InventoryLocation.find(option: choice.inventory, in: here))
      }
      #expect(await FleetProgram.run(["report", "-i", folder], on: world) == 2)
      #expect(bench.output.contains("next: fleet logs\(says) veg "), "\(bench.output)")
      guard current == "/" else { continue }
      // A page is read elsewhere.
      bench.forget()
      let relative = ["report", "--html", "-", "-i", String(folder.dropFirst())]
      #expect(await FleetProgram.run(relative, on: world) == 2)
      #expect(bench.output.contains("<code>fleet logs -i \(folder) veg</code>"), "\(bench.output)")
    }
  }
}
