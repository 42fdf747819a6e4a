import CoordinatorSupport
import Testing
import Wire

@testable import Hub
@testable import Hosts
@testable import Inventory
@testable import Driver
@testable import Report

/// What may be pressed, and what the page says: from the same state.
@Suite struct HubStateTests {
  private func row(_ host: String, _ change: (inout StatusRow) -> Void = { _ in }) -> StatusRow {
    var row = StatusRow(TestFleet.host(host), .notAsked, agent: "1.0.0", in: nil)
    (row.version, row.track, row.healthy, row.backups) = ("4.1.0", "v4", true, 0)
    change(&row)
    return row
  }

  private func state(_ rows: [StatusRow]) -> HubState {
    var state = HubState(name: "Grow room", timezone: "UTC", rooms: rows.map { HubState.Room(host: $0.host) })
    for index in rows.indices { state.rooms[index].row = rows[index] }
    state.looked = 1_795_342_500_000
    return state
  }

  private func work(isDriven: Bool, isOpen: Bool, mood: HubState.Mood = .good) -> HubState.Work {
    HubState.Work(
      rollout: "20261122-101500-v4.2.0", isDriven: isDriven, isOpen: isOpen,
      headline: "veg was rolled back.", foot: nil, mood: mood)
  }

  private func html(_ state: HubState, acts: Bool = true) -> String {
    HubFragments(state, now: 1_795_342_500_000, acts: acts).all.map(\.html.description).joined()
  }

  @Test func `all is well, and nothing newer`() {
    let state = state([row("veg"), row("flower")])
    #expect(state.objection(to: .upgrade([])) == "There is nothing newer.")
    #expect(html(state).contains("<h1>All is well; nothing needs you.</h1>"))
    #expect(html(state).contains(#"<header id="head" class="good""#))
  }

  @Test func `something newer can be had`() {
    let state = state([row("veg") { $0.available = "4.2.0" }, row("flower")])
    #expect(state.objection(to: .upgrade([])) == nil && state.objection(to: .stage(["veg"])) == nil)
    #expect(state.objection(to: .upgrade(["flower"])) == "There is nothing newer.")
    #expect(html(state).contains("There is something newer for veg."))
    #expect(html(state).contains(#"href="/act?verb=upgrade&amp;hosts=veg""#))
  }

  @Test func `a failure that nobody has looked at is in the way of its room and of all, and of no other`() {
    var state = state([
      row("veg") { ($0.available, $0.marked) = ("4.2.0", "v4.2.0: it answers 503") },
      row("flower") { $0.available = "4.2.0" },
    ])
    state.work = work(isDriven: false, isOpen: true, mood: .warn)
    #expect(state.objection(to: .upgrade([])) == "Look first what failed: veg.")
    #expect(state.objection(to: .upgrade(["veg"])) == "Look first what failed: veg.")
    #expect(state.objection(to: .upgrade(["flower"])) == nil)
    #expect(state.objection(to: .clear("veg")) == nil && state.objection(to: .clear("flower")) != nil)
    let html = html(state)
    #expect(
      html.contains(#"<header id="head" class="bad""#) && html.contains("<h1>veg was rolled back.</h1>"))
    #expect(html.contains("Marked by v4.2.0: it answers 503") && html.contains("I have looked"))
  }

  @Test func `while something is at work only that can be stopped`() {
    var state = state([row("veg") { ($0.available, $0.backups) = ("4.2.0", 1) }])
    state.work = work(isDriven: true, isOpen: true)
    #expect(state.objection(to: .upgrade([])) != nil && state.objection(to: .rollback("veg")) != nil)
    #expect(state.objection(to: .resume) != nil)
    #expect(state.objection(to: .pause) == nil && state.objection(to: .abort) == nil)
    #expect(html(state).contains("Pause before the next room") && !html(state).contains("Upgrade all"))
  }

  @Test func `what is open and did not go well is in the headline, though all rooms are well`() {
    var state = state([row("veg") { $0.available = "4.2.0" }])
    state.work = work(isDriven: false, isOpen: true, mood: .warn)
    #expect(
      html(state).contains("<h1>veg was rolled back.</h1>")
        && html(state).contains(#"id="head" class="warn""#))
    state.work = work(isDriven: false, isOpen: false, mood: .warn)
    #expect(html(state).contains("All is well"))
  }

  @Test func `a log that ends while a room was down makes none down`() {
    var state = state([row("veg")])
    state.work = work(isDriven: false, isOpen: false)
    state.rooms[0].live = LiveState.HostWords(
      host: "veg", activity: "", detail: "", outcome: nil, isActive: false, downSince: 1_795_342_497_500)
    #expect(!html(state).contains("data-since") && html(state).contains(#"class="card good""#))
  }

  @Test func `nothing is gone on with before somebody has looked`() {
    var state = state([row("veg") { $0.marked = "v4.2.0: it answers 503" }, row("flower")])
    state.work = work(isDriven: false, isOpen: true, mood: .warn)
    #expect(state.objection(to: .resume) == "Look first what failed: veg.")
  }

  @Test func `what is open and at rest is gone on with or given up`() {
    var state = state([row("veg") { $0.available = "4.2.0" }])
    state.work = work(isDriven: false, isOpen: true)
    #expect(state.objection(to: .resume) == nil && state.objection(to: .abort) == nil)
    #expect(state.objection(to: .pause) != nil)
    #expect(html(state).contains(#"href="/act?verb=resume""#))
  }

  @Test func `a command that was pressed and is not over is in the way, too`() {
    var state = state([row("veg") { $0.available = "4.2.0" }])
    state.command = HubState.Command(typed: "fleet upgrade --yes", by: "me", began: 0)
    #expect(state.objection(to: .upgrade([])) == "Something is at work.")
    state.command?.code = 2
    #expect(state.objection(to: .upgrade([])) == nil)
    #expect(html(state).contains("ended with 2") && html(state).contains("<details open>"))
  }

  @Test func `nothing flatters`() {
    let doubtful = html(state([row("veg") { $0.healthy = nil }]))
    #expect(
      doubtful.contains("nobody knows how it is") && doubtful.contains("<h1>Nobody knows how veg is.</h1>"))
    #expect(!doubtful.contains(#"class="good""#))
    #expect(
      html(state([row("veg") { ($0.healthy, $0.unwell) = (false, "503") }])).contains(
        "<h1>Not well: veg.</h1>"))
    #expect(
      html(state([row("veg") { ($0.version, $0.problem) = (nil, "no route") }])).contains(
        "<h1>Not well: veg.</h1>"))
    var unasked = HubState(name: "Grow room", timezone: "UTC", rooms: [HubState.Room(host: "veg")])
    #expect(html(unasked).contains("<h1>Not asked yet: veg.</h1>"))
    #expect(unasked.objection(to: .upgrade([])) == "Not all have been asked yet.")
    unasked.trouble = "fleet.yaml:3: what is this?"
    #expect(html(unasked).contains("<h1>fleet.yaml:3: what is this?</h1>"))
    #expect(unasked.objection(to: .upgrade([])) == "fleet.yaml:3: what is this?")
    // What is at work can be stopped all the same.
    unasked.work = work(isDriven: true, isOpen: true)
    #expect(unasked.objection(to: .pause) == nil && unasked.objection(to: .abort) == nil)
    var unknown = state([row("veg")])
    unknown.sourceTrouble = "Which releases there are is not known: 503"
    #expect(html(unknown).contains("Which releases there are is not known: 503"))
  }

  @Test(arguments: ["--retry", "all", "veg:!flower", "@failed", "Veg", "mother"])
  func `what is no room is no word of a command`(name: String) {
    let state = state([row("veg") { ($0.available, $0.backups) = ("4.2.0", 1) }])
    for action in [HubAction.upgrade([name]), .stage(["veg", name]), .clear(name), .rollback(name)] {
      #expect(state.objection(to: action) == "There is no room \(name).")
    }
  }

  @Test func `a room that is left alone has no buttons`() {
    var state = state([row("veg") { ($0.available, $0.backups) = ("4.2.0", 1) }])
    state.rooms[0].held = true
    #expect(html(state).contains("left alone") && !html(state).contains("hosts=veg"))
  }

  @Test func `who may only look has no buttons`() {
    let state = state([row("veg") { ($0.available, $0.backups) = ("4.2.0", 1) }])
    #expect(html(state).contains("/act?") && !html(state, acts: false).contains("/act?"))
    #expect(!html(state, acts: false).contains("<button"))
  }

  @Test func `what hosts say is text`() {
    var state = state([
      row("veg") { ($0.marked, $0.unwell, $0.available) = ("<script>", "\"><img>", "4.2.0'\u{1B}") }
    ])
    state.command = HubState.Command(typed: "fleet <x>", by: "<me>", began: 0)
    state.command?.output = "</pre><script>alert(1)</script>\n"
    let html = html(state)
    #expect(
      !html.contains("<script") && !html.contains("<img") && !html.contains("<x>") && !html.contains("\u{1B}")
    )
    #expect(html.contains("&lt;script&gt;alert(1)"))
  }

  @Test func `the clock of its downtime is there while it is down`() {
    var state = state([row("veg")])
    state.work = work(isDriven: true, isOpen: true)
    state.rooms[0].live = LiveState.HostWords(
      host: "veg", activity: "cutover: swap", detail: "", outcome: nil, isActive: true,
      downSince: 1_795_342_497_500)
    #expect(html(state).contains(#"down <span data-since="1795342497500">2.5 s</span>"#))
    #expect(html(state).contains(#"class="card bad""#))
  }
}
