import ArgumentParser
import CoordinatorSupport
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Driver
@testable import Hub
@testable import Inventory
@testable import Password
@testable import Report
@testable import Store
@testable import Web
@testable import Coordinator

/// Three rooms behind a page, and a browser that keeps its cookie: no sockets, all else as `fleet serve` has it.
final class ServedRooms: Sendable {
  static let host = "localhost:8420"

  let hosts: SimulatedFleet
  let bench: TestBench
  let hub: FleetHub
  let site: HubSite
  let context: CommandContext
  let setUpCode: String?

  init(
    _ hosts: SimulatedFleet = ThreeRooms.fleet(), _ bench: TestBench? = nil, password: String? = nil,
    change: (inout Fleet) -> Void = { _ in }
  ) throws {
    let bench = try bench ?? TestBench()
    self.hosts = hosts
    self.bench = bench
    context = bench.bench(
      fleet: TestFleet.fleet(ThreeRooms.names, change: change), connector: hosts,
      catalogue: SimulatedCatalogue())
    let common = try ServeCommand.parse([]).common
    hub = try FleetHub(context, common, run: "test")
    let files = HubStore(besides: bench.store.folder)
    try files.make()
    let door = HubDoor(
      password: password.flatMap { PasswordHash(of: $0) }, readCode: "aaaa-bbbb-cccc-dddd")
    setUpCode = door.setUpCode
    site = HubSite(
      hub: hub, files: files, guarding: HubGuard(names: []), time: context.time, name: "Grow room",
      pages: HubRollouts(context: context, common: common),
      door: door)
  }

  /// With the hub running until `body` has ended.
  func serve<Value: Sendable>(_ body: @Sendable (ServedRooms) async throws -> Value) async throws -> Value {
    let work = Task { await hub.run() }
    defer { work.cancel() }
    return try await body(self)
  }

  /// Until the page's state is so.
  func wait(_ what: String, until holds: @Sendable (HubState) -> Bool) async throws {
    for _ in 0..<20_000 {
      if holds(await hub.state) { return }
      try await Task.sleep(for: .milliseconds(1))
    }
    Issue.record("never: \(what); \(await hub.state)")
  }

  /// All are told to upgrade, and veg waits at its gate.
  func upgradeUntilVegIsInItsCutover() async throws -> Browser {
    try await waitUntilAsked()
    var browser = Browser(rooms: self)
    _ = try await browser.press("/act", ["verb": "upgrade", "hosts": ""])
    try await wait("veg is in its cutover") { _ in hosts.executions()["veg"] == 1 }
    return browser
  }

  /// Until the newest rollout has heard that it is to stop.
  func waitUntilInterrupted() async throws {
    let store = bench.store
    try await wait("interrupted") { _ in
      guard let id = try? store.ids().last,
        let bytes = try? StateFiles.read(store.path(of: id).appending("events.jsonl"))
      else { return false }
      return StateFiles.lines(bytes).contains { $0.event == .interrupted }
    }
  }

  func waitUntilAsked() async throws { try await wait("asked") { $0.rooms.allSatisfy { $0.row != nil } } }
}

/// One browser.
struct Browser: Sendable {
  let rooms: ServedRooms
  var peer = WebPeer.socket
  var cookie: String?
  var headers: [String: [String]] = [:]

  struct Page {
    var status: Int
    var headers: [(name: String, value: String)]
    var text: String
    var place: String? { headers.first { $0.name == "Location" }?.value }
  }

  mutating func get(_ target: String) async throws -> Page { try await send(.get, target, body: "") }

  /// With the form's own secret, as a page of ours has it.
  mutating func press(_ target: String, _ fields: [String: String], form: String? = nil) async throws -> Page
  {
    var all = fields
    if form == nil { all["form"] = try await self.form() } else { all["form"] = form }
    headers["origin"] = ["http://" + ServedRooms.host]
    headers["content-type"] = ["application/x-www-form-urlencoded"]
    defer { (headers["origin"], headers["content-type"]) = (nil, nil) }
    return try await send(
      .post, target,
      body: all.map { "\(WebForm.encoded($0))=\(WebForm.encoded($1))" }.joined(separator: "&"))
  }

  /// What the forms of its pages have in them.
  mutating func form() async throws -> String {
    var page = try await get("/")
    if let place = page.place { page = try await get(place) }
    return try #require(page.text.firstMatch(of: #/name="form" value="([0-9a-f]{64})"/#).map { String($0.1) })
  }

  private mutating func send(_ method: WebRequest.Method, _ target: String, body: String) async throws -> Page
  {
    var headers = headers
    if headers["host"] == nil { headers["host"] = [ServedRooms.host] }
    if let cookie { headers["cookie"] = [cookie] }
    let made = WebRequest(method, target: target, headers: headers, body: Array(body.utf8), peer: peer)
    let request = try #require(made)
    let response = await rooms.site.answer(request)
    for (name, value) in response.headers where name == "Set-Cookie" {
      cookie = value.split(separator: ";").first.map { String($0) }
    }
    guard case .whole(let bytes) = response.body else {
      return Page(status: response.status, headers: response.headers, text: "")
    }
    return Page(
      status: response.status, headers: response.headers, text: String(decoding: bytes, as: UTF8.self))
  }
}
