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
      try await rooms.waitUntilAsked()
      var browser = Browser(rooms: rooms)
      _ = try await browser.press("/act", ["verb": "upgrade", "hosts": ""])
      try await rooms.wait("veg is in its cutover") { _ in hosts.executions()["veg"] == 1 }
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

  @Test func `what the hub had begun is gone on with by the next one`() async throws {
    let bench = try TestBench()
    let files = HubStore(besides: bench.store.folder)
    try files.make()
    let fleet = FleetIdentity(folder: "/inventory", app: nil)
    try files.wish(["upgrade", "--yes"], of: fleet)
    try files.wish(["stage", "--yes"], of: FleetIdentity(folder: "/another", app: nil))
    let rooms = try ServedRooms(ThreeRooms.fleet(), bench)
    try await rooms.hub.takeUp()
    try await rooms.serve { rooms in
      try await rooms.wait("gone on") { $0.command?.code == 0 }
      #expect(Set(rooms.hosts.versions().values) == ["4.2.0"])
      #expect(try files.wish(of: fleet) == nil)
      #expect(try files.wish(of: FleetIdentity(folder: "/another", app: nil)) == ["stage", "--yes"])
    }
  }

  @Test func `Ctrl-C finishes what is in its cutover, and is no reason to go on by itself`() async throws {
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    try await ServedRooms(hosts).serve { rooms in
      try await rooms.waitUntilAsked()
      var browser = Browser(rooms: rooms)
      _ = try await browser.press("/act", ["verb": "upgrade", "hosts": ""])
      try await rooms.wait("veg is in its cutover") { _ in hosts.executions()["veg"] == 1 }
      async let end: Void = rooms.hub.end()
      try await rooms.waitUntilInterrupted()
      #expect(try await browser.press("/act", ["verb": "upgrade", "hosts": "dry"]).status == 409)
      gate.open()
      await end
      #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.1.0", "dry": "4.1.0"])
      let files = HubStore(besides: rooms.bench.store.folder)
      #expect(try files.wish(of: FleetIdentity(folder: "/inventory", app: nil)) == nil)
    }
  }

  @Test func `the second Ctrl-C lets go, and the next one goes on with it`() async throws {
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    let rooms = try ServedRooms(hosts)
    try await rooms.serve { rooms in
      try await rooms.waitUntilAsked()
      var browser = Browser(rooms: rooms)
      _ = try await browser.press("/act", ["verb": "upgrade", "hosts": ""])
      try await rooms.wait("veg is in its cutover") { _ in hosts.executions()["veg"] == 1 }
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

  @Test func `a rollback that was under way is not begun twice`() async throws {
    let bench = try TestBench()
    let files = HubStore(besides: bench.store.folder)
    try files.make()
    try files.wish(["rollback", "--yes", "veg"], of: FleetIdentity(folder: "/inventory", app: nil))
    let rooms = try ServedRooms(ThreeRooms.fleet(), bench)
    try await rooms.hub.takeUp()
    #expect(await rooms.hub.state.command?.typed == "fleet resume --yes")
    try await rooms.serve { rooms in try await rooms.wait("over") { $0.command?.code == 0 } }
    #expect(rooms.hosts.executions().values.allSatisfy { $0 == 0 })
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
