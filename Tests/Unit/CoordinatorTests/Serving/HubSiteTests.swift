import Foundation
import SystemPackage
import Testing

@testable import Driver
@testable import Hub
@testable import Inventory
@testable import Password
@testable import Web
@testable import Coordinator

/// Who is let in, and to what. Each guard alone: what it stops is let through where it alone is missing.
@Suite struct HubSiteTests {
  /// Another machine of the network.
  private func stranger(_ rooms: ServedRooms) -> Browser {
    Browser(rooms: rooms, peer: .address("192.168.1.30", port: 50_000))
  }

  private let upgrade = ["verb": "upgrade", "hosts": ""]

  @Test func `the machine's own user needs no password`() async throws {
    var browser = Browser(rooms: try ServedRooms(password: "long enough"))
    #expect(try await browser.get("/").status == 200)
  }

  @Test func `over the network nobody is, whatever it calls us; nor where a proxy may stand before it`()
    async throws
  {
    for peer in [
      WebPeer.address("127.0.0.1", port: 1), .address("::1", port: 1), .address("10.0.0.9", port: 1),
    ] {
      var browser = Browser(rooms: try ServedRooms(password: "long enough"), peer: peer)
      #expect(try await browser.get("/").place == "/login", "\(peer)")
    }
  }

  @Test func `behind a proxy nobody is the machine's own user`() async throws {
    for header in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
      var browser = Browser(rooms: try ServedRooms(password: "long enough"))
      browser.headers[header] = ["203.0.113.9"]
      #expect(try await browser.get("/").place == "/login", "\(header)")
    }
  }

  @Test func `others have to log in, for all there is`() async throws {
    let rooms = try ServedRooms(password: "long enough")
    for target in ["/", "/events", "/act?verb=upgrade", "/rollouts", "/rollouts/20261122-101500-v4.2.0"] {
      var browser = stranger(rooms)
      let page = try await browser.get(target)
      #expect(page.status == 303 && page.place == "/login", "\(target)")
    }
    var browser = stranger(rooms)
    #expect(try await browser.press("/act", upgrade).status == 403)
    #expect(try await browser.press("/look", [:]).status == 403)
  }

  @Test func `with the password they are in, and out again`() async throws {
    let rooms = try ServedRooms(password: "long enough")
    var browser = stranger(rooms)
    #expect(try await browser.press("/login", ["password": "wrong"]).status == 403)
    #expect(try await browser.get("/").place == "/login")
    #expect(try await browser.press("/login", ["password": "long enough"]).place == "/")
    #expect(try await browser.get("/").status == 200)
    #expect(try await browser.press("/logout", [:]).status == 303)
    #expect(try await browser.get("/").place == "/login")
  }

  @Test func `the first password is set with the code`() async throws {
    let rooms = try ServedRooms()
    var browser = stranger(rooms)
    #expect(try await browser.get("/").place == "/setup")
    #expect(try await browser.press("/setup", ["code": "aaaa", "password": "long enough"]).status == 403)
    // The code for looking sets nothing.
    #expect(
      try await browser.press("/setup", ["code": "aaaa-bbbb-cccc-dddd", "password": "long enough"]).status
        == 403)
    let files = HubStore(besides: rooms.bench.store.folder)
    #expect(try files.password() == nil)
    let code = try #require(rooms.setUpCode)
    #expect(try await browser.press("/setup", ["code": code, "password": "long enough"]).place == "/")
    #expect(try await browser.get("/").status == 200)
    #expect(try files.password()?.fits("long enough") == true)
    // It is good for once.
    var second = stranger(rooms)
    #expect(try await second.get("/setup").place == "/login")
    #expect(try await second.press("/setup", ["code": code, "password": "another one"]).status == 403)
  }

  @Test func `with the code for looking one looks, and changes nothing`() async throws {
    try await ServedRooms(password: "long enough").serve { rooms in
      try await rooms.waitUntilAsked()
      var browser = stranger(rooms)
      #expect(try await browser.press("/login", ["password": "aaaa-bbbb-cccc-dddd"]).place == "/")
      let page = try await browser.get("/")
      #expect(page.status == 200 && !page.text.contains("/act?"))
      #expect(try await browser.get("/act?verb=upgrade").status == 403)
      let form = try await browser.form()
      #expect(try await browser.press("/act", upgrade, form: form).status == 403)
      #expect(try await browser.press("/look", [:], form: form).status == 403)
      #expect(rooms.hosts.executions().values.allSatisfy { $0 == 0 })
      #expect(await rooms.hub.state.command == nil)
    }
  }

  @Test func `what cannot be taken back wants the password once more`() async throws {
    let marked = try await ThreeRooms.halted()
    try await ServedRooms(marked.0, marked.1, password: "long enough").serve { rooms in
      try await rooms.waitUntilAsked()
      var browser = stranger(rooms)
      _ = try await browser.press("/login", ["password": "long enough"])
      #expect(try await browser.get("/act?verb=clear&hosts=veg").text.contains(#"name="password""#))
      let clear = ["verb": "clear", "hosts": "veg"]
      for word in ["", "wrong", "aaaa-bbbb-cccc-dddd"] {
        #expect(try await browser.press("/act", clear.merging(["password": word]) { $1 }).status == 403)
      }
      #expect(await rooms.hub.state.command == nil)
      #expect(
        try await browser.press("/act", clear.merging(["password": "long enough"]) { $1 }).status == 303)
      try await rooms.wait("cleared") { $0.command?.code == 0 }
    }
  }

  @Test func `a form without its secret, with another's, or sent by nobody we know does nothing`()
    async throws
  {
    try await ServedRooms().serve { rooms in
      try await rooms.waitUntilAsked()
      var (browser, other) = (Browser(rooms: rooms), Browser(rooms: rooms))
      let theirs = try await other.form()
      _ = try await browser.form()
      for form in ["", "0", theirs] {
        #expect(try await browser.press("/act", upgrade, form: form).status == 403)
      }
      var unknown = Browser(rooms: rooms)
      #expect(try await unknown.press("/act", upgrade, form: theirs).status == 403)
      #expect(await rooms.hub.state.command == nil)
      #expect(try await other.press("/act", upgrade, form: theirs).status == 303)
    }
  }

  @Test func `looking at an address does nothing`() async throws {
    try await ServedRooms().serve { rooms in
      try await rooms.waitUntilAsked()
      var browser = Browser(rooms: rooms)
      let form = try await browser.form()
      let target = "/act?verb=upgrade&hosts=&form=\(form)"
      #expect(try await browser.get(target).status == 200)
      #expect(await rooms.hub.state.command == nil)
    }
  }

  @Test func `another's name, or page, is not heard`() async throws {
    let rooms = try ServedRooms()
    var browser = Browser(rooms: rooms)
    browser.headers["host"] = ["evil.example"]
    #expect(try await browser.get("/").status == 421)
    browser.headers["host"] = nil
    let form = try await browser.form()
    browser.headers["sec-fetch-site"] = ["cross-site"]
    #expect(try await browser.press("/act", upgrade, form: form).status == 403)
  }

  @Test func `a link from elsewhere does not take the cookie away`() async throws {
    let rooms = try ServedRooms()
    var browser = Browser(rooms: rooms)
    browser.headers["sec-fetch-site"] = ["cross-site"]
    let page = try await browser.get("/")
    #expect(page.status == 200 && browser.cookie == nil && page.text.contains("refresh"))
  }

  @Test func `every page is guarded by its headers, and nothing is kept`() async throws {
    let rooms = try ServedRooms(password: "long enough")
    var browser = Browser(rooms: rooms)
    for target in ["/", "/nothing", "/login", "/rollouts", "/style.css", "/script.js", "/events"] {
      let page = try await browser.get(target)
      let named = Dictionary(page.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
      let policy = try #require(named["Content-Security-Policy"], "\(target)")
      #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
      #expect(!policy.contains("unsafe-inline"), "\(target)")
      #expect(named["X-Content-Type-Options"] == "nosniff" && named["X-Frame-Options"] == "DENY")
      #expect(["no-store", "no-cache"].contains(named["Cache-Control"]), "\(target)")
    }
  }

  @Test func `the cookie is for our pages alone`() async throws {
    let rooms = try ServedRooms()
    var browser = Browser(rooms: rooms)
    let set = try await browser.get("/").headers.first { $0.name == "Set-Cookie" }?.value
    let cookie = try #require(set)
    #expect(
      cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict") && cookie.contains("; Path=/"))
    // It is not given twice.
    #expect(try await browser.get("/").headers.allSatisfy { $0.name != "Set-Cookie" })
  }

  @Test func `a rollout of another fleet is not shown`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    let id = try #require(try bench.store.ids().last)
    let rooms = try ServedRooms(hosts, bench)
    var browser = Browser(rooms: rooms)
    let page = try await browser.get("/rollouts/\(id)")
    #expect(page.status == 200 && page.text.contains("it answers 503"))
    let elsewhere = try ServedRooms(hosts, bench) { $0.folder = "/another" }
    var other = Browser(rooms: elsewhere)
    #expect(try await other.get("/rollouts/\(id)").status == 404)
    #expect(try await other.get("/rollouts").text.contains("There was no rollout yet."))
  }
}
