import Testing

@testable import Inventory
@testable import Coordinator

@Suite struct HostPatternTests {
  private static let hosts = [
    ("veg", ["food"]), ("flower-1", ["flower", "tents"]), ("flower-2", ["flower"]), ("dry", []),
  ].map { host($0.0, $0.1) }

  private static func host(_ name: String, _ groups: [String]) -> Host {
    Host(
      name: name, connection: .ssh, become: .sudo, groups: groups, hold: false, windows: [], vars: [:],
      profiles: [])
  }

  @Test(
    arguments: [
      ([], ["veg", "flower-1", "flower-2", "dry"]),
      (["all"], ["veg", "flower-1", "flower-2", "dry"]),
      (["*"], ["veg", "flower-1", "flower-2", "dry"]),
      (["veg"], ["veg"]),
      (["dry", "veg"], ["veg", "dry"]),
      (["dry,veg"], ["veg", "dry"]),
      (["dry, veg"], ["veg", "dry"]),
      (["flower"], ["flower-1", "flower-2"]),
      (["flower:!flower-2"], ["flower-1"]),
      (["!flower-2:flower"], ["flower-1"]),
      (["!flower"], ["veg", "dry"]),
      (["flower:&tents"], ["flower-1"]),
      (["all:&flower:!tents"], ["flower-2"]),
      (["flower-?"], ["flower-1", "flower-2"]),
      (["flower-[13]"], ["flower-1"]),
      (["t*"], ["flower-1"]),
      (["@failed"], ["flower-2", "dry"]),
      (["@failed", "!dry"], ["flower-2"]),
      (["veg,", "dry"], ["veg", "dry"]),
      (["veg", ",dry"], ["veg", "dry"]),
      (["veg", ",", "dry"], ["veg", "dry"]),
      (["flower,", "!flower-2"], ["flower-1"]),
    ] as [([String], [String])])
  func `patterns mean hosts, in the inventory's order`(_ patterns: [String], _ names: [String]) throws {
    let found = try HostPattern.select(patterns, from: Self.hosts, failed: ["dry", "flower-2", "gone"])
    #expect(found.map(\.name) == names)
  }

  @Test(
    arguments: [
      (["flowr"], "no host or group is called \"flowr\"; did you mean \"flower\"?"),
      (["veg:!flower3"], "no host or group is called \"flower3\"; did you mean \"flower\"?"),
      (["zzz*"], "no host or group is called \"zzz*\"; see the hosts with \"fleet status\""),
      (["veg:&dry"], "the host pattern \"veg:&dry\" leaves no host"),
      (["veg,,dry"], "the host pattern \"veg,,dry\" has an empty part"),
      (["veg,"], "the host pattern \"veg,\" has an empty part"),
      (["veg,", ""], "the host pattern \"veg,\" has an empty part"),
      ([","], "the host pattern \",\" has an empty part"),
      ([",", ","], "the host pattern \",\" has an empty part"),
      (["flow", "veg"], "no host or group is called \"flow\"; did you mean \"flower\"?"),
      ([""], "the host pattern \"\" has an empty part"),
      (["veg:!"], "the host pattern \"veg:!\" has an empty part"),
      (["a[b"], "the host pattern \"a[b\" has a [ without its ]"),
      (["@failde"], "no host or group is called \"@failde\"; did you mean \"@failed\"?"),
      (["@failed"], "@failed: no host failed in the last rollout"),
    ] as [([String], String)])
  func `what means nothing is said`(_ patterns: [String], _ message: String) {
    #expect {
      try HostPattern.select(patterns, from: Self.hosts)
    } throws: {
      "\($0)" == message
    }
  }
}
