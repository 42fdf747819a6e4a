import CoordinatorSupport
import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Coordinator
@testable import Hosts
@testable import Inventory
@testable import Store

/// `fleet profile check`: of a file, of an app, of the inventory's own, and held against hosts.
@Suite struct ProfileCheckCommandTests {
  private static let good = [
    Diagnosis(verdict: .good, subject: "SSH", text: "reached"),
    Diagnosis(verdict: .good, subject: "app", text: "app 1.0.0 in /opt/App on veg"),
  ]

  private func write(_ text: String, _ name: String, _ bench: TestBench) throws -> FilePath {
    let file = bench.folder.pushing(FilePath(name))
    try FileManager.default.createDirectory(
      atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    try StateFiles.write(Array(text.utf8), to: file)
    return file
  }

  private func check(_ words: [String], _ bench: TestBench, setup: SimulatedSetup? = nil) async -> Int32 {
    var world = bench.bench(setup: setup)
    world.loadFleet = bench.readsInventories
    return await FleetProgram.run(["profile", "check"] + words, on: world)
  }

  private func json(_ bench: TestBench) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bench.output.utf8)) as? [String: Any])
  }

  @Test func `a file needs no inventory, and is told in plain words`() async throws {
    let bench = try TestBench()
    _ = try write(InventoryFolder.profile, "mine/app.yaml", bench)
    #expect(await check(["mine/app.yaml"], bench) == 0)
    #expect(
      bench.output.hasPrefix(
        """
        mine/app.yaml: app, for any version
        What is where
          - /opt/App is upgraded, as a whole. Its version is what (.+) reads in version.txt.

        """), "\(bench.output)")
    #expect(bench.output.contains("\nNothing is wrong in it.\nWhat a careful person would look at:\n"))
    #expect(bench.output.contains("  - health: no checks: "))
    #expect(bench.errors == "profile: mine/app.yaml\n")
    #expect(!bench.output.contains("next:"))
  }

  @Test(arguments: ["inventory/apps/mycodo.yaml", "demo/inventory/apps/growroom.yaml"])
  func `the shipped profiles pass`(path: String) async throws {
    let bench = try TestBench()
    #expect(await check([Repository.file(path).path], bench) == 0)
    #expect(bench.output.contains("\nNothing is wrong in it"))
    #expect(!bench.output.contains("carry: no database"))
  }

  @Test(arguments: ["octoprint", "tiddlywiki", "victoriametrics"])
  func `the shipped profiles of apps without a database pass`(app: String) async throws {
    let bench = try TestBench()
    #expect(await check([Repository.file("inventory/apps/\(app).yaml").path], bench) == 0)
    #expect(bench.output.contains("\nNothing is wrong in it"))
    #expect(!bench.output.contains("no timeout at line"))
  }

  @Test func `all that is wrong is told with its line, exit 3, and what to type when it is mended`()
    async throws
  {
    let bench = try TestBench()
    let text = "install: opt\nsource: { github: o/a }\nversion: { file: v }\nhelth: {}\n"
    _ = try write(text, "app.yaml", bench)
    #expect(await check(["./app.yaml"], bench) == 3)
    #expect(
      bench.output == """
        app.yaml:1:10: install: must be an absolute path on the host, not "opt"
        app.yaml:3:10: version needs the key match
        app.yaml:4:1: unknown key "helth" in profile
          did you mean "health"?
        3 things are wrong.
        next: fleet profile check ./app.yaml    once that is mended

        """)
    bench.forget()
    #expect(await check(["./app.yaml", "-o", "json"], bench) == 3)
    let findings = try #require(try json(bench)["findings"] as? [[String: Any]])
    #expect(findings.map { $0["line"] as? Int } == [1, 3, 4])
    #expect(findings[2]["next"] as? String == "did you mean \"health\"?")
    bench.forget()
    // What is wrong is said to whoever wants to hear nothing else.
    #expect(await check(["./app.yaml", "-q"], bench) == 3)
    #expect(bench.output.hasSuffix("did you mean \"health\"?\n") && bench.errors == "")
  }

  /// What a file may hold that is none, and what is said of it.
  private static let odd: [(text: String, says: String)] = [
    ("", "app.yaml: holds no profile"), ("---\n", "app.yaml: holds no profile"),
    ("# nothing\n", "app.yaml: holds no profile"), ("[]\n", "app.yaml: holds no profile"),
    ("just text\n", "profile must be a mapping"), ("- [1, 2]\n", "profile must be a mapping"),
    ("install: [/opt/a]\n", "install: must be text, not a list"), ("install: {a: b\n", "is not YAML"),
    ("app: app\nhosts: { veg: }\n", "app.yaml:1:1: is an inventory, and no profile"),
    ("größe: 1\ninstall: /opt/größe\n", "unknown key \"größe\" in profile"),
    ("a\u{7}: b\n", "a control character stands here"),
    ("\u{202E}name: x\n", "unknown key \"\\u{202e}name\" in profile"),
    (String(repeating: "# long\n", count: 150_000), "app.yaml: is larger than 256 KiB"),
    ("carry: 1\nsteps: [a]\nhealth: no\nservices: { start: }\nunits: [a]\n", "carry must be a list"),
  ]

  @Test(arguments: odd.indices) func `an odd file is told as that`(_ index: Int) async throws {
    let bench = try TestBench()
    _ = try write(Self.odd[index].text, "app.yaml", bench)
    #expect(await check(["app.yaml"], bench) == 3)
    #expect(bench.output.contains(Self.odd[index].says), "\(bench.output)")
    #expect(bench.output.contains("next: fleet profile check app.yaml "))
    #expect(visible(bench.output, limit: 9_000, lines: true) == bench.output)
  }

  @Test(arguments: ["nowhere.yaml", "./nowhere", "apps/"])
  func `a file that is not there, or called otherwise, is told as that`(word: String) async throws {
    let bench = try TestBench()
    #expect(await check([word], bench) == 3)
    #expect(bench.output.contains("One thing is wrong.\n"), "\(bench.output)")
  }

  @Test func `a profile of many things is told whole`() async throws {
    let bench = try TestBench()
    let ignore = (0..<5_000).map { "  - \"ordner \($0) äöü\"" }.joined(separator: "\n")
    _ = try write("\(InventoryFolder.profile)\nignore:\n\(ignore)\n", "app.yaml", bench)
    #expect(await check(["app.yaml"], bench) == 0)
    #expect(bench.output.contains("Stays behind: ordner 0 äöü, ") && bench.output.contains(" and 4988 more."))
  }

  @Test func `the inventory's own profile is told as its fleet.yaml changes it`() async throws {
    let bench = try TestBench()
    _ = try write(
      "app: app\nprofile: { install: /srv/App }\nhosts: { veg: , dry: }\n", "inventory/fleet.yaml", bench)
    _ = try write(InventoryFolder.profile, "inventory/apps/app.yaml", bench)
    for words in [[], ["app"]] {
      bench.forget()
      #expect(await check(words, bench) == 0)
      #expect(bench.output.contains("inventory/apps/app.yaml: app, for any version\n"), "\(bench.output)")
      #expect(bench.output.contains("  - /srv/App is upgraded"))
      let next = (["next: fleet profile check"] + words + ["all"]).joined(separator: " ")
      #expect(bench.output.hasSuffix("\(next)    looks whether it fits the hosts\n"))
      #expect(bench.errors == "inventory: inventory/fleet.yaml (in the current folder)\n")
    }
    // Another app's, for which nothing is said of these hosts.
    _ = try write(InventoryFolder.profile, "inventory/apps/other.yaml", bench)
    bench.forget()
    #expect(await check(["other"], bench) == 0)
    #expect(
      bench.output.contains("inventory/apps/other.yaml: other, ") && bench.output.contains("  - /opt/App is"))
  }

  @Test func `hosts that are named are looked at, and what fits is told with an exit code`() async throws {
    let bench = try TestBench()
    _ = try write("app: app\nhosts: { veg: , dry: }\n", "inventory/fleet.yaml", bench)
    _ = try write(InventoryFolder.profile, "inventory/apps/app.yaml", bench)
    let bad = Diagnosis(
      verdict: .bad, subject: "upgrade", text: "dry: there is no unit app.service on this host")
    let setup = SimulatedSetup(found: ["veg": Self.good, "dry": Self.good + [bad]])
    #expect(await check(["veg"], bench, setup: setup) == 0)
    #expect(
      bench.output.hasSuffix(
        """
        HOST  WHAT        FOUND
        veg   app   good  app 1.0.0 in /opt/App on veg
        It fits veg.
        next: fleet plan veg    what an upgrade would do, host by host

        """), "\(bench.output)")
    bench.forget()
    #expect(await check(["app", "--hosts", "all"], bench, setup: setup) == 2)
    #expect(bench.output.contains("dry   upgrade  bad   there is no unit app.service on this host\n"))
    #expect(bench.output.contains("\nIt fits veg.\nIt does not fit dry: what is wrong is said at upgrade.\n"))
    #expect(bench.output.hasSuffix("next: fleet profile check app --hosts all    once that is mended\n"))
    bench.forget()
    #expect(await check(["veg", "dry", "-o", "json"], bench, setup: setup) == 2)
    let rows = try #require(try json(bench)["hosts"] as? [[String: Any]])
    #expect(rows.map { $0["verdict"] as? String } == ["good", "good", "bad"])
    bench.forget()
    #expect(await check(["veg", "-q"], bench, setup: setup) == 0)
    #expect(bench.output == "" && bench.errors == "")
    #expect(await check(["veg"], bench, setup: SimulatedSetup()) == 4)
  }

  @Test func `another profile is held against the inventory's hosts as theirs`() async throws {
    let bench = try TestBench()
    _ = try write("app: app\nhosts: { veg: { vars: { light: 12h } } }\n", "inventory/fleet.yaml", bench)
    _ = try write(InventoryFolder.profile, "inventory/apps/app.yaml", bench)
    _ = try write(InventoryFolder.profile.replacing("/opt/App", with: "/opt/Next"), "next.yaml", bench)
    let setup = SimulatedSetup()
    var world = bench.bench(setup: setup)
    world.loadFleet = bench.readsInventories
    #expect(await FleetProgram.run(["profile", "check", "next.yaml", "veg"], on: world) == 4)
    let host = try #require(setup.examined.first)
    #expect(host.profiles.map(\.agent.install) == ["/opt/Next"] && host.profiles.map(\.agent.app) == ["next"])
    #expect(host.profiles.first?.agent.vars == ["LIGHT": "12h"])
    #expect(bench.errors.contains(", profile: next.yaml\n"))
  }

  @Test func `what is neither a profile nor a host: 64, and no inventory at all: 3`() async throws {
    let bench = try TestBench()
    #expect(await check([], bench) == 3)
    #expect(bench.errors.contains("there is none in the current folder"))
    bench.forget()
    _ = try write("app: app\nhosts: { veg: }\n", "inventory/fleet.yaml", bench)
    _ = try write(InventoryFolder.profile, "inventory/apps/app.yaml", bench)
    #expect(await check(["zigbee"], bench) == 64)
    #expect(bench.errors.contains("no host or group is called \"zigbee\""))
    #expect(bench.errors.contains("; and no app of that name has a profile\n"))
  }

  @Test func `options that all commands take may stand before it, and its words are guessed`() async throws {
    let bench = try TestBench()
    _ = try write(InventoryFolder.profile, "app.yaml", bench)
    for words in [["-q", "profile", "check", "app.yaml"], ["profile", "-q", "check", "app.yaml"]] {
      #expect(await FleetProgram.run(words, on: bench.bench()) == 0)
      #expect(bench.output == "" && bench.errors == "")
    }
    #expect(await FleetProgram.run(["profile", "chekc"], on: bench.bench()) == 64)
    #expect(
      bench.errors == "fleet: there is no command \"profile chekc\"; did you mean \"fleet profile check\"?\n")
    bench.forget()
    #expect(await FleetProgram.run(["profile"], on: bench.bench()) == 0)
    #expect(bench.output.contains("check") && bench.output.contains("new") && bench.errors == "")
    #expect(
      TypedFleet(inventory: "a b").command("profile check", ["veg"]) == "fleet profile check -i 'a b' veg")
  }
}
