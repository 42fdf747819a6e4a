import CoordinatorSupport
import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Coordinator
@testable import Inventory
@testable import Store

/// `fleet profile new`: what it asks, what it writes, and what it says to type next.
@Suite struct ProfileNewCommandTests {
  private static let least = ["--source", "growers/growroom", "--version-file", "growroom/config.py"]

  private func run(_ words: [String], _ bench: TestBench, answers: [String]? = nil) async -> Int32 {
    var world = bench.bench(answers: answers)
    world.loadFleet = bench.readsInventories
    return await FleetProgram.run(["profile"] + words, on: world)
  }

  private func inventory(_ bench: TestBench, _ text: String = "app: growroom\nhosts: { veg: }\n") throws {
    let folder = bench.folder.appending("inventory")
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    try StateFiles.write(Array(text.utf8), to: folder.appending("fleet.yaml"))
  }

  private func written(_ bench: TestBench, _ path: String = "inventory/apps/growroom.yaml") throws -> String {
    String(decoding: try StateFiles.read(bench.folder.pushing(FilePath(path))), as: UTF8.self)
  }

  @Test func `without a terminal its options answer, and the rest has its default`() async throws {
    let bench = try TestBench()
    try inventory(bench)
    #expect(await run(["new", "growroom"] + Self.least + ["--version-line", "V = '4.0.26'"], bench) == 0)
    let file = bench.folder.pushing("inventory/apps/growroom.yaml")
    #expect(
      bench.output == """
        \(file) is written: how growroom is upgraded
        next: fleet profile check growroom    tells it in plain words, and what it lacks

        """)
    #expect(bench.errors == "")
    let text = try written(bench)
    #expect(text.contains("\ninstall: /opt/growroom\n") && text.contains("match: \"^V = '([^']+)'\" }"))
    bench.forget()
    // What it says to type next finds nothing wrong.
    #expect(await run(["check", "growroom"], bench) == 0)
    #expect(bench.output.contains("\nNothing is wrong in it.\n"), "\(bench.output)")
  }

  @Test func `a person is asked what no option says, until there is an answer that a profile can say`()
    async throws
  {
    let bench = try TestBench()
    try inventory(bench)
    let answers = [
      "", "opt/growroom", "/srv/growroom", "https://github.com/growers/growroom", "", "growers/growroom",
      "config.py",
      "", "growroom web", "databases/*.db", "./migrate",
    ]
    #expect(await run(["new", "--health", "http://127.0.0.1:8780/status"], bench, answers: answers) == 0)
    #expect(bench.questions.first == "What is the app called, in one word? [growroom] ")
    #expect(bench.questions.dropFirst().first == "Where is it installed on the hosts? [/opt/growroom] ")
    #expect(bench.questions.count == answers.count)
    #expect(!bench.questions.contains { $0.hasPrefix("Which URL") })
    #expect(bench.errors.contains("must be an absolute path on the host, not \"opt/growroom\"\n"))
    #expect(bench.errors.contains("; write github: growers/growroom\n"))
    let profile = try #require(try bench.readsInventories(InventoryChoice()).fleet.profiles.first)
    #expect(profile.agent.install == "/srv/growroom" && profile.agent.carry.count == 1)
    #expect(profile.agent.services == .units(["growroom.service", "web.service"]))
    #expect(profile.agent.steps.migrate.count == 1 && profile.agent.health.checks.count == 1)
  }

  @Test func `without a database nobody is asked what migrates one`() async throws {
    let bench = try TestBench()
    try inventory(bench)
    #expect(await run(["new", "growroom"] + Self.least, bench, answers: ["", "", "", "", ""]) == 0)
    #expect(bench.questions.count == 5 && !bench.questions.contains { $0.hasPrefix("Which command") })
  }

  @Test func `who goes away leaves nothing behind`() async throws {
    let bench = try TestBench()
    try inventory(bench)
    for answers in [[], [""], ["", "growers/growroom", "config.py"]] {
      #expect(await run(["new", "growroom"], bench, answers: answers) == 130)
    }
    #expect(!FileManager.default.fileExists(atPath: bench.folder.pushing("inventory/apps").string))
  }

  @Test func `nobody to ask, and something without a default: 64, with the options for it`() async throws {
    let bench = try TestBench()
    #expect(await run(["new", "growroom", "--source", "growers/growroom"], bench) == 64)
    #expect(
      bench.errors.contains(
        "there is no terminal to ask for what has no default. As in:\n  fleet profile new"))
    #expect(bench.errors.contains("--version-file    ") && !bench.errors.contains("--source    "))
    bench.forget()
    #expect(await run(["new"], bench) == 64)
    #expect(bench.errors.hasPrefix("fleet: which app? And there is no terminal"))
    // With --yes nobody is asked, whoever is there.
    #expect(await run(["new", "growroom", "-y"], bench, answers: ["/opt/x"]) == 64)
    #expect(bench.questions == [])
  }

  @Test(arguments: [
    ["new", "../x"], ["new", "growroom", "--install", "opt"], ["new", "growroom", "--source", "x"],
    ["new", "growroom", "--health", "nowhere"], ["new", "growroom", "--version-line", "none here"],
  ])
  func `an option that no profile can say: 64, and nothing is asked`(words: [String]) async throws {
    let bench = try TestBench()
    #expect(await run(words, bench, answers: [""]) == 64)
    #expect(bench.questions == [] && bench.errors != "" && bench.output == "")
  }

  @Test func `a profile that is there is never written over, and nobody is asked for it`() async throws {
    let bench = try TestBench()
    try inventory(bench)
    #expect(await run(["new", "growroom"] + Self.least, bench) == 0)
    let before = try written(bench)
    bench.forget()
    #expect(await run(["new", "growroom", "--install", "/srv/other"], bench, answers: [""]) == 64)
    #expect(
      bench.errors.contains("is there already, and is not overwritten; fleet profile check growroom tells"))
    #expect(try written(bench) == before && bench.questions == [])
  }

  @Test func `one that came with fleet is named, with how it is changed`() async throws {
    let bench = try TestBench()
    try inventory(bench)
    let apps = bench.folder.pushing("share/apps")
    try FileManager.default.createDirectory(atPath: apps.string, withIntermediateDirectories: true)
    try StateFiles.write(Array(InventoryFolder.profile.utf8), to: apps.appending("mycodo.yaml"))
    #expect(await run(["new", "mycodo"] + Self.least, bench) == 64)
    #expect(
      bench.errors.contains("profile: in fleet.yaml changes single keys of it; for one of your own: cp "))
    #expect(!FileManager.default.fileExists(atPath: bench.folder.pushing("inventory/apps").string))
  }

  @Test func `without an inventory it is written where init writes one, and init comes next`() async throws {
    let bench = try TestBench()
    #expect(await run(["new", "growroom"] + Self.least, bench) == 0)
    #expect(try written(bench, ".config/fleet/apps/growroom.yaml").contains("growers/growroom"))
    #expect(
      bench.output.hasSuffix(
        """
        next: fleet profile check growroom    tells it in plain words, and what it lacks
              fleet init --app growroom       writes the inventory for it

        """), "\(bench.output)")
    bench.forget()
    #expect(await run(["check", "growroom"], bench) == 0)
    bench.forget()
    // Whatever is named as its place is the place.
    let rooms = bench.folder.appending("my rooms").string
    #expect(await run(["new", "growroom", "-i", rooms] + Self.least, bench) == 0)
    let file = "\(rooms)/apps/growroom.yaml"
    #expect(bench.output.contains("next: fleet profile check '\(file)'"), "\(bench.output)")
    #expect(bench.output.contains("fleet init -i '\(rooms)' --app growroom"))
    bench.forget()
    #expect(await run(["check", file], bench) == 0)
  }

  @Test func `an inventory of another app is told what names this one`() async throws {
    let bench = try TestBench()
    try inventory(bench, "app: mycodo\nhosts: { veg: }\n")
    #expect(await run(["new", "growroom"] + Self.least, bench) == 0)
    #expect(
      bench.output.contains("      app: growroom    ")
        && bench.output.contains("in fleet.yaml, which is for mycodo now\n"))
  }

  @Test func `a program reads where it is, and quiet says nothing`() async throws {
    let bench = try TestBench()
    try inventory(bench)
    #expect(await run(["new", "growroom", "-o", "json"] + Self.least, bench) == 0)
    let said = try JSONSerialization.jsonObject(with: Data(bench.output.utf8)) as? [String: String]
    #expect(said?["file"]?.hasSuffix("/inventory/apps/growroom.yaml") == true && said?["app"] == "growroom")
    bench.forget()
    #expect(await run(["new", "other", "-q"] + Self.least, bench) == 0)
    #expect(bench.output == "" && bench.errors == "")
  }

  @Test func `a disk that fails leaves no half of a profile, and the next try writes it whole`() async throws
  {
    let whole = try TestBench()
    try inventory(whole)
    let works = FailingDisk(below: whole.folder)
    #expect(await works.during { await run(["new", "growroom"] + Self.least, whole) } == 0)
    #expect(works.effects.count >= 3, "the effects do not pass by the gate")
    let text = try written(whole)
    for effect in 1...works.effects.count {
      let bench = try TestBench()
      try inventory(bench)
      let disk = FailingDisk(.fails(at: effect, .noSpace), below: bench.folder)
      #expect(
        await disk.during { await run(["new", "growroom"] + Self.least, bench) } == 1, "\(disk.struck)")
      #expect(bench.errors.contains("growroom.yaml") || bench.errors.contains("/apps"), "\(bench.errors)")
      #expect(await run(["new", "growroom"] + Self.least, bench) == 0)
      #expect(try written(bench) == text)
    }
  }
}
