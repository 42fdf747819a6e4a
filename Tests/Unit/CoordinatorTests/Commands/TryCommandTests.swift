import CoordinatorSupport
import Foundation
import SystemPackage
import Testing

@testable import Coordinator
@testable import Hosts
@testable import Inventory
@testable import Store

/// `fleet try`: with an inventory, beside one and without.
@Suite struct TryCommandTests {
  private static let good = Trial(found: [
    Diagnosis(verdict: .good, subject: "login", text: "a key is accepted"),
    Diagnosis(verdict: .good, subject: "app", text: "Mycodo 8.16.0 in /opt/Mycodo on veg"),
  ])
  private static let bad = Trial(found: [
    Diagnosis(
      verdict: .bad, subject: "system", text: "dry: its system is 32-bit\u{1B}[31m", next: "another card")
  ])

  private func run(
    _ words: [String], _ bench: TestBench, _ setup: SimulatedSetup, listed: [String]? = nil
  ) async throws -> Int32 {
    let apps = bench.folder.appending("share").appending("apps")
    try FileManager.default.createDirectory(atPath: apps.string, withIntermediateDirectories: true)
    try StateFiles.write(Array(InventoryFolder.profile.utf8), to: apps.appending("mycodo.yaml"))
    var world = bench.bench(fleet: listed.map { TestFleet.fleet($0) }, setup: setup)
    if listed == nil {
      let here = InventoryLocation.Surroundings(currentFolder: bench.folder, home: bench.folder)
      world.loadFleet = { choice in
        let location = try InventoryLocation.find(option: choice.inventory, in: here)
        return LoadedFleet(fleet: try Fleet.load(from: location), origin: "", location: location)
      }
    }
    return await FleetProgram.run(["try"] + words, on: world)
  }

  @Test func `needs no inventory, shows what doctor shows, and ends with what to type`() async throws {
    let bench = try TestBench()
    let setup = SimulatedSetup(trials: ["veg": Self.good])
    #expect(try await run(["veg=192.168.1.21"], bench, setup) == 0)
    #expect(setup.calls == ["try veg of no inventory"])
    #expect(
      bench.output == """
        HOST  WHAT         FOUND
        veg   login  good  a key is accepted
        veg   app    good  Mycodo 8.16.0 in /opt/Mycodo on veg
        veg could be upgraded: Mycodo 8.16.0 in /opt/Mycodo on veg.
        next: fleet init veg=192.168.1.21    writes the first inventory
              fleet bootstrap veg            shows and records the host's key, installs the agent

        """)
    #expect(bench.errors == "no inventory: the hosts are as they are named, the app is mycodo\n")
    #expect(!FileManager.default.fileExists(atPath: bench.folder.appending(".config").string))
  }

  @Test func `one host that could not is told beside one that could, with its exit code`() async throws {
    let bench = try TestBench()
    let setup = SimulatedSetup(trials: ["veg": Self.good, "dry": Self.bad])
    #expect(try await run(["dry", "me@veg.local"], bench, setup) == 2)
    #expect(bench.output.contains("dry   system  bad   its system is 32-bit\\u{1b}[31m  → another card\n"))
    #expect(bench.output.contains("\ndry could not be upgraded as it is: "))
    #expect(bench.output.contains("\nveg could be upgraded: "))
    #expect(bench.output.contains("next: fleet init me@veg.local "))
    #expect(bench.output.contains("      fleet try dry "))
  }

  @Test func `a host of the inventory is tried as one, another beside it as a guest`() async throws {
    let bench = try TestBench()
    let setup = SimulatedSetup(trials: ["veg": Self.good])
    #expect(try await run(["veg"], bench, setup, listed: ["veg", "dry"]) == 0)
    #expect(setup.calls == ["try veg"])
    #expect(
      bench.output.hasSuffix(
        "next: fleet bootstrap veg    shows and records the host's key, installs the agent\n"))
    // Another address is another host, whatever it is called.
    #expect(try await run(["--app", "mycodo", "veg=10.0.0.9"], bench, setup, listed: ["veg"]) == 0)
    #expect(setup.calls.last == "try veg of no inventory")
  }

  @Test func `who says no, or is not there, is told as that`() async throws {
    let bench = try TestBench()
    let declined = SimulatedSetup(
      errors: ["veg": .declined("veg: its key was not accepted")], trials: ["dry": Self.good])
    #expect(try await run(["veg", "dry"], bench, declined) == 130)
    #expect(declined.calls.count == 2)
    let nobody = SimulatedSetup(errors: ["veg": .prompt(.nobody(question: "Is that its key?"))])
    #expect(try await run(["veg", "dry"], bench, nobody) == 64)
    #expect(nobody.calls == ["try veg of no inventory"])
  }

  @Test func `a program reads the rows`() async throws {
    let bench = try TestBench()
    #expect(try await run(["-o", "json", "dry"], bench, SimulatedSetup(trials: ["dry": Self.bad])) == 2)
    let rows = try JSONSerialization.jsonObject(with: Data(bench.output.utf8)) as? [[String: String]]
    #expect(rows?.first?["subject"] == "system" && rows?.first?["verdict"] == "bad")
  }

  @Test(arguments: [[], ["veg", "veg"], ["a=b$(c)"], ["--app", "../x", "veg"]])
  func `what is no host and no app is refused`(_ words: [String]) async throws {
    #expect(try await run(words, TestBench(), SimulatedSetup()) == 64)
  }

  @Test func `an app without a profile is said as such`() async throws {
    let bench = try TestBench()
    #expect(try await run(["--app", "other", "veg"], bench, SimulatedSetup()) == 3)
    #expect(bench.errors.contains("there is no profile for the app \"other\""))
  }
}
