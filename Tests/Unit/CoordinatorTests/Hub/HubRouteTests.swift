import Testing

@testable import Hub
@testable import Inventory
@testable import Web

@Suite struct HubRouteTests {
  @Test(arguments: [
    HubRoute.page, .events, .style, .script, .login, .setUp, .logout, .look, .rollouts,
    .rollout("20261122-101500-v4.2.0+b"), .act(.upgrade([])), .act(.upgrade(["veg", "flower-2"])),
    .act(.pause),
    .act(.rollback("veg")), .act(.clear("a&b=c")),
  ])
  func `an address leads where it was made for`(route: HubRoute) throws {
    let made = WebRequest(.get, target: route.text, headers: [:], body: [], peer: .socket)
    let request = try #require(made)
    #expect(HubRoute(request.path, fields: request.query) == route)
  }

  @Test(arguments: [
    "/nothing", "//", "/rollouts/../../etc/passwd", "/rollouts/.hidden", "/rollouts/", "/rollouts/1/2",
    "/act/",
  ])
  func `there is nothing elsewhere`(path: String) {
    #expect(HubRoute(path, fields: [:]) == nil)
  }

  @Test(arguments: [
    ("", ""), ("remove", "veg"), ("clear", ""), ("rollback", "veg flower"), ("pause", "veg"),
    ("bootstrap", ""),
  ])
  func `nothing else can be pressed`(verb: String, hosts: String) {
    #expect(HubRoute("/act", fields: ["verb": verb, "hosts": hosts]) == nil)
  }

  @Test func `each action is a command of fleet's`() {
    for action in [
      HubAction.upgrade([]), .stage(["veg"]), .resume, .pause, .abort, .clear("veg"), .rollback("veg"),
    ] {
      #expect(TypedFleet.verbs.contains(action.verb))
      #expect(action.words.first == action.verb)
    }
  }
}
