import CoordinatorSupport
import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Driver
@testable import Inventory
@testable import Report
@testable import Store
@testable import Coordinator

/// A rollback by hand stands in the history, and is followed and given up as a rollout is.
@Suite struct RollbackCommandTests {
  private func run(
    _ words: [String], _ hosts: SimulatedFleet, _ bench: TestBench, answers: [String]? = nil
  ) async -> Int32 {
    await ThreeRooms.run(words, hosts, bench, answers: answers)
  }

  private func rows(_ hosts: SimulatedFleet, _ bench: TestBench) async -> [String] {
    bench.forget()
    _ = await run(["history"], hosts, bench)
    return bench.output.split(separator: "\n").dropFirst().map(String.init)
  }

  @Test func `it is listed with how it ended, and report and @failed still mean the last upgrade`()
    async throws
  {
    let (hosts, bench) = try await ThreeRooms.halted()
    hosts.set("flower") {
      ($0.rollback, $0.reason) = (.rolledBack, Cause(code: .prove, step: .prove, text: "503"))
    }
    #expect(await run(["rollback", "dry", "--to", "4.0.26", "-y"], hosts, bench) == 0)
    #expect(await run(["rollback", "flower", "--to", "4.0.26", "-y"], hosts, bench) == 2)
    let rows = await rows(hosts, bench)
    #expect(rows.count == 3)
    #expect(
      rows.contains {
        $0.contains("4.0.26   restored ") && $0.contains("2.1 s") && $0.hasSuffix("dry, by hand")
      })
    #expect(
      rows.contains { $0.contains("4.0.26   not restored ") && $0.hasSuffix("flower, by hand") }, "\(rows)")
    bench.forget()
    #expect(await run(["report"], hosts, bench) == 2)
    #expect(bench.output.hasPrefix("Halted."))
    // What a report of then says of dry is no longer so.
    #expect(bench.output.contains("\nSince then dry went back to 4.0.26, by hand.\n"), "\(bench.output)")
    #expect(!bench.output.contains("flower went back"))
    bench.forget()
    #expect(await run(["clear", "@failed"], hosts, bench) == 0)
    #expect(bench.output.hasPrefix("veg: cleared"))
    bench.forget()
    #expect(await run(["history", "-o", "json"], hosts, bench) == 0)
    #expect(bench.output.components(separatedBy: "\"restores\":\"old\"").count == 3)
  }

  @Test func `the version that comes back is proved as its own profile says`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    let words = ["rollback", "dry", "--to", "4.0.26", "-y"]
    let code = await ThreeRooms.run(words, hosts, bench) { fleet in
      for index in fleet.hosts.indices {
        var old = fleet.hosts[index].profiles[0]
        fleet.hosts[index].profiles[0].applies = VersionRange(">=4.1.0")
        old.applies = VersionRange("<4.1.0")
        old.agent.health.healthyForSeconds = 77
        old.agent.backups = "/elsewhere"
        fleet.hosts[index].profiles.append(old)
      }
    }
    #expect(code == 0, "\(bench.errors)")
    let record = try #require(try bench.store.records(inventory: "/inventory", app: nil).first)
    let profile = try #require(record.facts["dry"]?.profile)
    #expect(profile.health.healthyForSeconds == 77)
    // All else is done as the installed version's says.
    #expect(profile.backups == TestFleet.profile.agent.backups)
  }

  @Test func `a report tells of a later way back only where nothing else changed the host meanwhile`()
    async throws
  {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    #expect(await run(["upgrade", "-y", "veg"], hosts, bench) == 0)
    let first = try #require(try bench.store.ids().last)
    func upgradeAgain() async {
      hosts.agents["veg"]?.change { $0.version = "4.1.0" }
      #expect(await run(["upgrade", "-y", "veg"], hosts, bench) == 0)
    }
    await upgradeAgain()
    #expect(await run(["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench) == 0)
    let sentence = "Since then veg went back to 4.0.26, by hand."
    for (id, isTold) in [(first, false), ("last", true)] {
      for form in [[], ["--html", "-"]] {
        bench.forget()
        #expect(await run(["report", id] + form, hosts, bench) == 0)
        #expect(bench.output.contains(sentence) == isTold, "\(id) \(form): \(bench.output)")
      }
    }
  }

  @Test func `its report says where it is back, and where the data of the version that was left lies`()
    async throws
  {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    #expect(await run(["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench) == 0)
    let id = try #require(try bench.store.ids().last)
    bench.forget()
    #expect(await run(["report", id], hosts, bench) == 0)
    var lines = bench.output.split(separator: "\n")
    #expect(lines[0] == "Back: veg is on 4.0.26.")
    #expect(lines.remove(at: 1).hasPrefix("This was at 20"))
    #expect(lines[1] == "Growroom 4.0.26   from the backup old")
    #expect(lines[3].contains("restored"))
    #expect(
      lines[3].contains(
        "what 4.1.0 wrote into the install lies in /var/backups/App-backup-4.1.0, and the running app does not"
      ))
    #expect(lines.count == 4, "there is nothing to do next")
    #expect(await run(["resume"], hosts, bench) == 0)
    #expect(bench.errors.contains("There is no open rollout."))
  }

  /// The log of one that was cut short: behind its first line with this event.
  private func cut(behind event: String, _ bench: TestBench) throws {
    let path = bench.store.path(of: try #require(try bench.store.ids().last)).appending("events.jsonl")
    let lines = try StateFiles.read(path).split(separator: 0x0A)
    let last = try #require(
      lines.firstIndex { String(decoding: $0, as: UTF8.self).contains("\"event\":\"\(event)\"") })
    try StateFiles.write(Array(lines.prefix(last + 1).joined(separator: [0x0A])) + [0x0A], to: path)
  }

  @Test func `one that was cut short in its cutover is open, and resume follows it to its end`() async throws
  {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    #expect(await run(["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench) == 0)
    try cut(behind: "cutover_ordered", bench)
    #expect(await rows(hosts, bench)[0].hasSuffix("veg, by hand; open: fleet resume"))
    bench.forget()
    #expect(await run(["resume"], hosts, bench) == 0)
    #expect(bench.output.contains("Back: veg is on 4.0.26."), "\(bench.output)")
    #expect(hosts.executions()["veg"] == 1)
    #expect(await rows(hosts, bench)[0].hasSuffix("veg, by hand"))
  }

  @Test func `beside one that is open the others are upgraded, and it is followed by resume afterwards`()
    async throws
  {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    #expect(await run(["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench) == 0)
    try cut(behind: "cutover_ordered", bench)
    bench.forget()
    #expect(await run(["upgrade", "-y", "flower", "dry"], hosts, bench) == 0, "\(bench.errors)")
    #expect(bench.output.contains("All good: flower and dry are on v4.2.0."), "\(bench.output)")
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 1])
    let told = await rows(hosts, bench)
    #expect(told.count == 2 && told[1].hasSuffix("veg, by hand; open: fleet resume"), "\(told)")
    bench.forget()
    #expect(await run(["resume"], hosts, bench) == 0)
    #expect(bench.output.contains("Back: veg is on 4.0.26."), "\(bench.output)")
    #expect(hosts.executions()["veg"] == 1)
  }

  @Test func `one that was cut short before its cutover is not begun by resume, and keeps nobody out`()
    async throws
  {
    for words in [["resume"], ["abort", "-y"], ["upgrade", "-y", "veg"]] {
      let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
      #expect(await run(["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench) == 0)
      try cut(behind: "stage_began", bench)
      let id = try #require(try bench.store.ids().last)
      let result = JobResult(job: id, from: "4.1.0", target: "4.0.26")
      hosts.agents["veg"]?.change {
        $0.version = "4.1.0"
        ($0.executions, $0.status.heldTag, $0.status.last) = (0, nil, result)
        ($0.status.openJob, $0.status.state) = (id, "staged")
        $0.jobs[id] = SimulatedAgent.Job(
          events: [JobEvent(seq: 1, event: .rested, result: result)], result: result, isRollback: true)
        $0.status.claim = Claim(
          rollout: id, who: "me@laptop", inventory: "/inventory", host: "veg", sinceMilliseconds: 0,
          lifetimeSeconds: 1_800)
      }
      bench.forget()
      #expect(await run(words, hosts, bench) == 0, "\(words): \(bench.output) \(bench.errors)")
      #expect(hosts.executions()["veg"] == (words[0] == "upgrade" ? 1 : 0), "\(words)")
      #expect(
        hosts.agents["veg"]?.read { $0.status.claim == nil && $0.status.openJob == nil } == true, "\(words)")
      #expect(try bench.store.record(id)?.isOpen == false, "\(words)")
    }
  }

  @Test func `one that was undone leads to the host's log and its mark, and to nothing of a release`()
    async throws
  {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    hosts.set("veg") {
      ($0.rollback, $0.reason) = (.rolledBack, Cause(code: .prove, step: .prove, text: "503"))
    }
    #expect(await run(["rollback", "veg", "-y"], hosts, bench) == 2)
    let id = try #require(try bench.store.ids().last)
    bench.forget()
    #expect(await run(["report", id], hosts, bench) == 2)
    let lines = bench.output.split(separator: "\n")
    #expect(lines[0] == "Not restored: veg. Every reached room runs; nothing needs you tonight.")
    #expect(
      lines.suffix(2) == [
        "next: fleet logs veg     what failed there", "      fleet clear veg    once it is mended",
      ])
    bench.forget()
    #expect(await run(["clear", "veg"], hosts, bench) == 0)
    #expect(bench.output == "veg: cleared: the mark of v4.1.0 is gone\n")
  }

  @Test func `a host that says no, or is away, ends it, and that is told`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    hosts.set("veg") { $0.refusesRollback = Cause(code: .space, step: .check, text: "too little room") }
    #expect(await run(["rollback", "veg", "-y"], hosts, bench) == 2)
    hosts.set("veg") {
      $0.refusesRollback = nil
      $0.refusesCutover = Cause(code: .stageExpired, step: .ask, text: "too late")
    }
    #expect(await run(["rollback", "veg", "-y"], hosts, bench) == 2)
    for id in try bench.store.ids() {
      let record = try #require(try bench.store.record(id))
      #expect(record.isOpen == false && Report(record).hosts[0].outcome == .refused)
    }
    #expect(try bench.store.ids().count == 2)
  }

  @Test(arguments: ["nightly", "exp-v4.9.0", "r2024", String(repeating: "x", count: 120)])
  func `a backup of whatever version can be gone back to`(version: String) async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    hosts.agents["veg"]?.change { $0.backups[0].version = version }
    #expect(await run(["rollback", "veg", "--backup", "old", "-y"], hosts, bench) == 0, "\(bench.output)")
    #expect(hosts.versions()["veg"] == version)
    #expect(bench.output.contains("Back: veg is on \(version.prefix(30))"), "\(bench.output)")
  }

  /// What stood in the way, and the exit code.
  private static let notBegun: [(conduct: @Sendable (inout SimulatedAgent.Conduct) -> Void, code: Int32)] = [
    ({ $0.rollback = .deferred }, 5),
    ({ $0.refusesRollback = Cause(code: .space, step: .check, text: "too little room") }, 2),
    ({ $0.refusesCutover = Cause(code: .stageExpired, step: .ask, text: "too late") }, 2),
    ({ ($0.breaksInStage, $0.failedConnections) = (true, 1_000) }, 4),
  ]

  @Test(arguments: notBegun.indices)
  func `one that was not begun leads to itself, and to nothing of an upgrade`(_ index: Int) async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    hosts.set("veg", Self.notBegun[index].conduct)
    #expect(await run(["rollback", "veg", "-y"], hosts, bench) == Self.notBegun[index].code)
    #expect(bench.output.hasSuffix("next: fleet rollback veg    once more\n"), "\(bench.output)")
    #expect(bench.errors.contains("Not told") == (Self.notBegun[index].code == 4), "\(bench.errors)")
    // Who cannot be reached is told nothing; of all others what may be staged is taken back.
    let id = try #require(try bench.store.ids().last)
    let isTakenBack = hosts.agents["veg"]?.read { $0.cancelled.contains(id) }
    #expect(isTakenBack == (Self.notBegun[index].code != 4))
    #expect(await rows(hosts, bench)[0].hasSuffix("veg, by hand"))
    bench.forget()
    #expect(await run(["resume"], hosts, bench) == 0)
    #expect(bench.errors.contains("There is no open rollout."))
  }

  @Test func `one whose order did not arrive is gone on with outside of the windows, too`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    let closed: @Sendable (inout Fleet) -> Void = {
      for index in $0.hosts.indices { $0.hosts[index].windows = ["Mon 03:00-03:01"] }
    }
    hosts.set("veg") { ($0.losesOrder, $0.failedConnections) = (true, 1_000) }
    let first = await ThreeRooms.run(
      ["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench, change: closed)
    #expect(first == 4 && hosts.versions()["veg"] == "4.1.0", "\(bench.output)")
    #expect(bench.output.contains("next: fleet resume    follow it to its end"), "\(bench.output)")
    hosts.set("veg") { ($0.losesOrder, $0.failedConnections) = (false, 0) }
    #expect(await ThreeRooms.run(["resume", "-y"], hosts, bench, change: closed) == 0, "\(bench.output)")
    #expect(hosts.versions()["veg"] == "4.0.26")
  }

  // MARK: Ctrl-C, windows, a full disk

  @Test func `Ctrl-C before its cutover leaves everything as it was: 130`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    bench.interrupt()
    #expect(await run(["rollback", "veg", "-y"], hosts, bench) == 130)
    #expect(hosts.executions()["veg"] == 0 && hosts.versions()["veg"] == "4.1.0")
    #expect(hosts.agents["veg"]?.read { $0.status.claim == nil && $0.status.openJob == nil } == true)
    #expect(try bench.store.record(try #require(try bench.store.ids().last))?.isOpen == false)
    #expect(bench.output.hasSuffix("next: fleet rollback veg    once more\n"), "\(bench.output)")
    #expect(!bench.output.contains("ready for") && !bench.output.contains("fleet resume"), "\(bench.output)")
  }

  @Test func `Ctrl-C in its cutover waits for its end, and tells it`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    let gate = Gate()
    hosts.set("veg") { $0.gate = gate }
    async let code = run(["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench)
    while hosts.executions()["veg"] == 0 { try await Task.sleep(for: .milliseconds(2)) }
    bench.interrupt()
    while !bench.output.contains("interrupted: ") { try await Task.sleep(for: .milliseconds(2)) }
    gate.open()
    #expect(await code == 130)
    #expect(hosts.versions()["veg"] == "4.0.26")
    #expect(bench.output.contains("Interrupted. Back: veg is on 4.0.26."), "\(bench.output)")
    #expect(await rows(hosts, bench)[0].contains("restored"))
    #expect(hosts.agents["veg"]?.read { $0.status.claim == nil } == true)
  }

  @Test func `whoever asks for it now gets it now, whatever the host's windows say`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    let code = await ThreeRooms.run(["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench) {
      for index in $0.hosts.indices { $0.hosts[index].windows = ["Mon 03:00-03:01"] }
    }
    #expect(code == 0 && hosts.versions()["veg"] == "4.0.26", "\(bench.output)\(bench.errors)")
  }

  @Test func `each effect on the coordinator's disk fails once, and nothing untrue is said`() async throws {
    let words = ["rollback", "veg", "--to", "4.0.26", "-y"]
    let whole = try TestBench()
    let works = FailingDisk(below: whole.folder)
    #expect(await works.during { await run(words, ThreeRooms.fleet(), whole) } == 0)
    #expect(works.effects.count > 10)
    for trouble in FailingDisk.fullDisks(effects: works.effects.count, "full disk, rollback") {
      let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
      let disk = FailingDisk(trouble, below: bench.folder)
      let code = await disk.during { await run(words, hosts, bench) }
      let told = "\(trouble) (\(disk.struck)), \(code): \(bench.output)\(bench.errors)"
      let isBack = hosts.versions()["veg"] == "4.0.26"
      #expect(bench.output.contains("4.0.26  restored") == isBack, "\(told)")
      #expect(isBack || code != 0 && !bench.output.contains("Back:"), "\(told)")
      #expect(code == 0 || !bench.errors.isEmpty, "\(told)")
      #expect(hosts.agents["veg"]?.read { $0.status.claim == nil } == true, "\(told)")
      #expect(await run(words, hosts, bench) == 0, "\(told)")
      #expect(hosts.versions()["veg"] == "4.0.26", "\(told)")
    }
  }
}
