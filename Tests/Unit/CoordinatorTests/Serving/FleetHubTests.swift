import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Driver
@testable import Hosts
@testable import Hub
@testable import Inventory
@testable import Report
@testable import Rollout
@testable import Store
@testable import Coordinator

/// The page over rooms that are real but for their agents: what it shows, and what pressing does.
@Suite struct FleetHubTests {
  @Test func `the rooms are asked, and shown as they answered`() async throws {
    try await ServedRooms(ThreeRooms.fleet { $0.set("dry") { $0.connectError = .unreachable("no route") } })
      .serve { rooms in
        try await rooms.waitUntilAsked()
        var browser = Browser(rooms: rooms)
        let page = try await browser.get("/")
        #expect(page.status == 200)
        #expect(page.text.contains("4.1.0 \u{2192} 4.2.0"))
        #expect(page.text.contains("<h1>Not well: dry.</h1>"))
      }
  }

  @Test func `before it is pressed the plan is read, and nothing is done`() async throws {
    try await ServedRooms().serve { rooms in
      try await rooms.waitUntilAsked()
      var browser = Browser(rooms: rooms)
      let page = try await browser.get("/act?verb=upgrade")
      #expect(page.text.contains("fleet plan --notes") && page.text.contains("canary"), "\(page.text)")
      #expect(page.text.contains("as <code>fleet upgrade --yes</code>"))
      #expect(rooms.hosts.executions().values.allSatisfy { $0 == 0 })
    }
  }

  @Test func `Upgrade all upgrades all, and says so`() async throws {
    try await ServedRooms().serve { rooms in
      try await rooms.waitUntilAsked()
      var browser = Browser(rooms: rooms)
      let pressed = try await browser.press("/act", ["verb": "upgrade", "hosts": ""])
      #expect(pressed.status == 303 && pressed.place == "/")
      try await rooms.wait("upgraded") { $0.command?.code == 0 }
      #expect(rooms.hosts.versions() == ["veg": "4.2.0", "flower": "4.2.0", "dry": "4.2.0"])
      try await rooms.wait("asked anew") { $0.rooms.allSatisfy { $0.row?.version == "4.2.0" } }
      try await rooms.wait("followed") { $0.work?.isDriven == false && $0.work?.isOpen == false }
      let page = try await browser.get("/")
      #expect(page.text.contains("<h1>All is well; nothing needs you.</h1>"), "\(page.text)")
      #expect(page.text.contains("All good: ") && page.text.contains("There is nothing newer."))
    }
  }

  @Test func `one room is upgraded alone`() async throws {
    try await ServedRooms().serve { rooms in
      try await rooms.waitUntilAsked()
      var browser = Browser(rooms: rooms)
      _ = try await browser.press("/act", ["verb": "upgrade", "hosts": "flower"])
      try await rooms.wait("upgraded") { $0.command?.code == 0 }
      #expect(rooms.hosts.versions() == ["veg": "4.1.0", "flower": "4.2.0", "dry": "4.1.0"])
    }
  }

  @Test func `a failure halts it, and nothing goes on until somebody has looked`() async throws {
    let hosts = ThreeRooms.fleet {
      $0.set("veg") {
        $0.cutover = .rolledBack
        $0.reason = Cause(code: .prove, step: .prove, text: "it answers 503")
      }
    }
    try await ServedRooms(hosts).serve { rooms in
      try await rooms.waitUntilAsked()
      var browser = Browser(rooms: rooms)
      _ = try await browser.press("/act", ["verb": "upgrade", "hosts": ""])
      try await rooms.wait("halted") { $0.command?.code == 2 }
      try await rooms.wait("told") { $0.marked == ["veg"] && $0.work?.isDriven == false }
      let page = try await browser.get("/")
      #expect(page.text.contains(#"<header id="head" class="bad""#) && page.text.contains("it answers 503"))
      let again = try await browser.press("/act", ["verb": "upgrade", "hosts": ""])
      #expect(again.status == 409 && again.text.contains("Look first what failed: veg."))
      let look = try await browser.get("/act?verb=clear&hosts=veg")
      #expect(look.text.contains("fleet logs veg") && look.text.contains("I have looked: veg"))
      _ = try await browser.press("/act", ["verb": "clear", "hosts": "veg"])
      try await rooms.wait("cleared") { $0.marked.isEmpty && $0.command?.code == 0 }
    }
  }

  @Test func `paused before the next room, and gone on with`() async throws {
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    try await ServedRooms(hosts).serve { rooms in
      var browser = try await rooms.upgradeUntilVegIsInItsCutover()
      try await rooms.wait("driven") { $0.work?.isDriven == true }
      #expect(try await browser.press("/act", ["verb": "pause", "hosts": ""]).status == 303)
      try await rooms.waitUntilInterrupted()
      gate.open()
      try await rooms.wait("paused") { $0.command?.code != nil && $0.work?.isDriven == false }
      #expect(rooms.hosts.versions()["veg"] == "4.2.0" && rooms.hosts.versions()["dry"] == "4.1.0")
      try await rooms.wait("open") { $0.work?.isOpen == true }
      _ = try await browser.press("/act", ["verb": "resume", "hosts": ""])
      try await rooms.wait("gone on") { _ in Set(rooms.hosts.versions().values) == ["4.2.0"] }
    }
  }

  @Test func `what a terminal drives is shown, and stopped from here`() async throws {
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    try await ServedRooms(hosts).serve { rooms in
      try await rooms.waitUntilAsked()
      let terminal = Task { await FleetProgram.run(["upgrade", "-y"], on: rooms.context) }
      try await rooms.wait("seen") {
        $0.work?.isDriven == true && $0.rooms.contains { $0.live?.isActive == true }
      }
      var browser = Browser(rooms: rooms)
      let page = try await browser.get("/")
      #expect(page.text.contains("Growroom v4.2.0 (track v4)") && !page.text.contains("Upgrade all"))
      #expect(try await browser.press("/act", ["verb": "upgrade", "hosts": "dry"]).status == 409)
      _ = try await browser.press("/act", ["verb": "pause", "hosts": ""])
      try await rooms.waitUntilInterrupted()
      gate.open()
      #expect(await terminal.value == 130)
      try await rooms.wait("at rest") { $0.work?.isDriven == false && $0.work?.isOpen == true }
    }
  }

  private static let fleet = FleetIdentity(folder: "/inventory", app: nil)

  /// A hub that had begun with that and saw no end of it, once more.
  private func again(
    _ words: [String], pressed: Int64, _ hosts: SimulatedFleet, _ bench: TestBench
  ) async throws -> ServedRooms {
    let files = HubStore(besides: bench.store.folder)
    try files.make()
    try files.wish(HubStore.Wish(pressed: pressed, words: words), of: Self.fleet)
    let rooms = try ServedRooms(hosts, bench)
    try await rooms.hub.takeUp()
    return rooms
  }

  @Test func `what the hub had begun is gone on with by the next one`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    try await ThreeRooms.letGo(hosts, bench) { await ThreeRooms.run(["upgrade", "-y"], hosts, bench) }
    let rooms = try await again(["upgrade", "--yes"], pressed: 0, hosts, bench)
    let other = FleetIdentity(folder: "/another", app: nil)
    let files = HubStore(besides: bench.store.folder)
    let theirs = HubStore.Wish(pressed: 1, words: ["stage", "--yes"])
    try files.wish(theirs, of: other)
    try await rooms.serve { rooms in
      try await rooms.wait("gone on") { $0.command?.code == 0 }
      #expect(Set(hosts.versions().values) == ["4.2.0"])
    }
    #expect(try files.wish(of: Self.fleet) == nil && files.wish(of: other) == theirs)
  }

  @Test func `what came to nothing, or was ended by somebody, is not begun anew`() async throws {
    for words in [["upgrade", "--yes"], ["rollback", "--yes", "veg"]] {
      let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
      let rooms = try await again(words, pressed: 0, hosts, bench)
      #expect(await rooms.hub.state.command == nil)
      #expect(try HubStore(besides: bench.store.folder).wish(of: Self.fleet) == nil)
    }
  }

  @Test func `a rollout that was paused before it was pressed is not what is gone on with`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    try await ThreeRooms.letGo(hosts, bench) { await ThreeRooms.run(["upgrade", "-y"], hosts, bench) }
    let later = bench.bench().time.nowMilliseconds() + 1000
    let rooms = try await again(["rollback", "--yes", "veg"], pressed: later, hosts, bench)
    #expect(await rooms.hub.state.command == nil)
    #expect(try bench.store.records(inventory: "/inventory", app: nil).first?.isOpen == true)
  }

  @Test func `Ctrl-C finishes what is in its cutover, and is no reason to go on by itself`() async throws {
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    try await ServedRooms(hosts).serve { rooms in
      var browser = try await rooms.upgradeUntilVegIsInItsCutover()
      async let end: Void = rooms.hub.end()
      try await rooms.waitUntilInterrupted()
      #expect(try await browser.press("/act", ["verb": "upgrade", "hosts": "dry"]).status == 409)
      gate.open()
      await end
      #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.1.0", "dry": "4.1.0"])
      #expect(try HubStore(besides: rooms.bench.store.folder).wish(of: Self.fleet) == nil)
    }
  }

  @Test func `the second Ctrl-C lets go, and the next one goes on with it`() async throws {
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    let rooms = try ServedRooms(hosts)
    try await rooms.serve { rooms in
      _ = try await rooms.upgradeUntilVegIsInItsCutover()
      async let end: Void = rooms.hub.end()
      try await rooms.waitUntilInterrupted()
      await rooms.hub.letGo()
      await end
    }
    #expect(hosts.versions()["flower"] == "4.1.0" && hosts.versions()["dry"] == "4.1.0")
    gate.open()
    let next = try ServedRooms(hosts, rooms.bench)
    try await next.hub.takeUp()
    try await next.serve { rooms in
      try await rooms.wait("gone on") { $0.command?.code == 0 }
      #expect(Set(hosts.versions().values) == ["4.2.0"])
    }
  }

  @Test func `the one that is driven is followed, though there is a newer one`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    try await ThreeRooms.letGo(hosts, bench) { await ThreeRooms.run(["upgrade", "-y"], hosts, bench) }
    let id = try #require(try bench.store.ids().last)
    var header = try #require(try bench.store.record(id)).header
    header.rollout = "20991122-101500-v4.2.0"
    let (record, log) = try bench.store.begin(header, at: 0)
    var closed = EventLine(name: .closed)
    (closed.seq, closed.time) = (2, record.started)
    try log.append(closed, durable: true)
    var follower = RolloutFollower(bench.store)
    _ = try follower.look(at: Self.fleet)
    #expect(follower.record?.header.rollout == id && !follower.isDriven)
    let held = try bench.store.open(id)
    _ = try follower.look(at: Self.fleet)
    #expect(follower.record?.header.rollout == id && follower.isDriven)
    withExtendedLifetime((held.0, log)) {}
  }

  @Test func `a rollout that has no first line yet is looked at again`() throws {
    let bench = try TestBench()
    var follower = RolloutFollower(bench.store)
    let id = "20261122-101500-v4.2.0"
    let log = try #require(try bench.store.make(id))
    _ = try follower.look(at: Self.fleet)
    #expect(follower.record == nil)
    var header = SampleRecord.header(["veg"])
    (header.rollout, header.inventory) = (id, "/inventory")
    try log.append(RolloutRecord(header, at: "2026-11-22T10:15:00.000Z").firstLine, durable: true)
    let isNew = try follower.look(at: Self.fleet)
    #expect(isNew && follower.record?.header.rollout == id && follower.isDriven)
  }

  @Test func `a page that stays open is sent what has changed`() async throws {
    try await ServedRooms().serve { rooms in
      try await rooms.waitUntilAsked()
      let events = rooms.hub.events(after: "", acts: true)
      let heard = Task {
        var text = ""
        for await bytes in events {
          text += String(decoding: bytes, as: UTF8.self)
          if text.contains("All good: ") && text.contains("nothing needs you") { return text }
        }
        return text
      }
      var browser = Browser(rooms: rooms)
      _ = try await browser.press("/act", ["verb": "upgrade", "hosts": ""])
      try await rooms.wait("upgraded") { $0.command?.code == 0 }
      let text = await heard.value
      #expect(text.contains(#""id":"room-0""#) && text.contains(#""id":"command""#))
    }
  }
}
