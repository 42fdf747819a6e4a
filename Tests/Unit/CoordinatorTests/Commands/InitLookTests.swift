import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Hosts
@testable import Inventory
@testable import Store
@testable import Coordinator

/// `fleet init` without hosts offers a person what this machine knows.
@Suite struct InitLookTests {
  private func write(_ text: String, to name: String, in bench: TestBench) throws {
    let file = bench.folder.pushing(FilePath(name))
    try FileManager.default.createDirectory(
      atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    try StateFiles.write(Array(text.utf8), to: file)
  }

  /// An `avahi-browse` that does this, in a folder of its own.
  private func listen(_ script: String, in bench: TestBench) throws {
    try FileManager.default.createDirectory(
      atPath: bench.folder.appending("bin").string, withIntermediateDirectories: true)
    try writeProgram("#!/bin/sh\n" + script, to: bench.folder.pushing("bin/avahi-browse").string, mode: 0o755)
  }

  private func initialize(_ bench: TestBench, answers: [String]?) async throws -> Int32 {
    try write(InventoryFolder.profile, to: "share/apps/mycodo.yaml", in: bench)
    var world = bench.bench(answers: answers)
    world.environment["PATH"] = bench.folder.appending("bin").string
    world.loadFleet = bench.readsInventories
    return await FleetProgram.run(["init"], on: world)
  }

  private func hosts(_ bench: TestBench) throws -> [String] {
    let text = String(
      decoding: try StateFiles.read(bench.folder.pushing(".config/fleet/fleet.yaml")), as: UTF8.self)
    let lines = text.split(separator: "\n").drop { $0 != "hosts:" }.dropFirst()
    return lines.prefix { !$0.hasPrefix("#") }.map { String($0) }
  }

  @Test func `a list says where each is from, and numbers and names choose`() async throws {
    let bench = try TestBench()
    try write("Include more/*\nHost veg github.com\n", to: ".ssh/config", in: bench)
    try write("Host clone\n", to: ".ssh/more/a", in: bench)
    try write("dry.local ssh-ed25519 AAAA\n", to: ".ssh/known_hosts", in: bench)
    try listen(
      "[ \"$4\" = _ssh._tcp ] && echo '=;eth0;IPv4;tent;_ssh._tcp;local;tent.local;192.168.1.23;22;'",
      in: bench)
    #expect(try await initialize(bench, answers: ["", "9", "1 1", "1 3,flower=me@flower.local"]) == 0)
    let list = """
      This machine knows:
         1  veg              in ~/.ssh/config
         2  clone            in ~/.ssh/config
         3  dry=dry.local    in known_hosts
         4  tent=tent.local  seen on this network

      """
    #expect(bench.errors.hasPrefix(list), "\(bench.errors)")
    #expect(bench.errors.contains("\"9\" is no number of the list, which ends with 4\n"))
    #expect(bench.errors.contains("\"veg\" is said twice"))
    #expect(bench.questions == Array(repeating: "hosts: ", count: 4))
    #expect(try hosts(bench) == ["  veg:", "  dry: dry.local", "  flower: me@flower.local"])
    #expect(bench.waits.last == .some(nil))
  }

  @Test func `whoever goes away is left with nothing, and who is no person is not looked for`() async throws {
    let bench = try TestBench()
    try write("Host veg\n", to: ".ssh/config", in: bench)
    try listen("touch '\(bench.folder)/asked'", in: bench)
    #expect(try await initialize(bench, answers: nil) == 64)
    #expect(!FileManager.default.fileExists(atPath: bench.folder.appending("asked").string))
    #expect(try await initialize(bench, answers: []) == 130)
    #expect(FileManager.default.fileExists(atPath: bench.folder.appending("asked").string))
    #expect(!FileManager.default.fileExists(atPath: bench.folder.appending(".config").string))
  }

  @Test(arguments: [
    "exit 1", "echo 'Failed to create client object: Daemon not running' >&2; exit 1", "yes '=;;;'",
  ])
  func `a network that cannot be heard, or says too much, is no trouble`(_ script: String) async throws {
    let bench = try TestBench()
    try listen(script + "\n", in: bench)
    #expect(try await initialize(bench, answers: ["veg"]) == 0)
    #expect(bench.errors.hasPrefix("Which hosts? Names that \"ssh\" knows, "))
    #expect(try hosts(bench) == ["  veg:"])
  }

  @Test func `a listener that never ends is not waited for, and what it heard counts`() throws {
    let bench = try TestBench()
    try listen(
      "echo '=;eth0;IPv4;veg;_ssh._tcp;local;veg.local;192.168.1.23;22;'\n"
        + "echo $$ >>'\(bench.folder)/pids'; exec sleep 600\n", in: bench)
    var look = MachineLook(
      home: bench.folder, path: ":bin:\(bench.folder)/none:\(bench.folder)/bin", ownName: "laptop")
    look.networkSeconds = 1
    #expect(look.look().machines == [KnownMachines.Machine(word: "veg=veg.local", source: .mDNS)])
    let pids = String(decoding: try StateFiles.read(bench.folder.appending("pids")), as: UTF8.self)
    let numbers = pids.split(separator: "\n").compactMap { Int32($0) }
    #expect(numbers.count == 2)
    for pid in numbers { #expect(kill(pid, 0) != 0) }
  }
}
