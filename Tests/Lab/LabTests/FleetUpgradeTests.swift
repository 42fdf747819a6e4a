import Testing

extension OnRealHosts {
  @Suite("An upgrade of four hosts", .serialized) struct FleetUpgradeTests {
    @Test func `goes from 4.0.26 to 4.1.0 everywhere, loses no row, and is down only in its cutovers`()
      async throws
    {
      let lab = try Lab.here
      try await lab.renew()
      try await lab.publish("v4.0.*", "v4.1.0", "v5.0.0", "exp-*")
      let laptop = try await Laptop(lab, Laptop.Setting(rollout: ["canary: [veg]", "batches: [1, 2]"]))
      let watcher = try await Watcher(lab)
      let report = try await laptop.report("upgrade", "--track", "v4", "--yes", exits: 0)
      for host in Lab.hosts { #expect(try await lab.running(host) == "4.1.0") }
      let looks = await watcher.stop()

      #expect(report.schema == "fleet.report/1")
      #expect(report.outcome == "done")
      #expect(
        report.outcomes == ["veg": "upgraded", "flower": "upgraded", "mother": "upgraded", "dry": "upgraded"])
      #expect(report.release.tag == "v4.1.0")
      #expect(report.release.verified.contains("commit") && report.release.verified.contains("tree"))
      #expect(report.newer == [Report.Newer(version: "5.0.0", track: "v5")])
      for host in report.hosts {
        #expect(host.from == "4.0.26" && host.now?.version == "4.1.0" && host.now?.healthy == true)
        #expect(host.backup?.contains("4.0.26") == true)
        #expect(host.steps.map(\.step).contains("rehearse") && host.steps.allSatisfy(\.ok))
        #expect((host.downtimeMs ?? 0) > 0)
      }
      for host in Lab.hosts {
        try await expectDownOnlyInCutover(host, looks[host] ?? [], job: report.rollout, lab)
        try await expectAllRows(host, looks[host] ?? [], lab)
      }
      try await lab.expectTidy(Lab.hosts)

      // Once more: there is nothing to do, and nothing is done.
      let again = try await laptop.report("upgrade", "--track", "v4", "--yes", exits: 0)
      #expect(Set(again.outcomes.values) == ["current"])
      let cron = try await laptop.fleet("upgrade", "-y", "-q", exits: 0)
      #expect(cron.output == "" && cron.error == "")
    }

    @Test func `halts when 4.1.1 is unwell on the canary, which goes back, and the others never notice`()
      async throws
    {
      let lab = try Lab.here
      try await lab.renew()
      try await lab.publish("v4.0.*", "v4.1.0", "v4.1.1")
      let laptop = try await Laptop(lab, Laptop.Setting(rollout: ["canary: [veg]"]))
      let watcher = try await Watcher(lab)
      let report = try await laptop.report("upgrade", "--yes", exits: 2)
      for host in Lab.hosts { #expect(try await lab.running(host) == "4.0.26") }
      let looks = await watcher.stop()

      #expect(report.outcome == "halted")
      #expect(
        report.outcomes == [
          "veg": "rolled_back", "flower": "untouched", "mother": "untouched", "dry": "untouched",
        ])
      let veg = try #require(report["veg"])
      #expect(veg.reason?.step == "prove" && veg.undoReason == nil)
      #expect(veg.reason?.text.contains("Output controller") == true)
      #expect(veg.now?.version == "4.0.26" && veg.now?.healthy == true)
      #expect((veg.rowsDiscarded ?? 0) > 0)
      #expect(looks["veg"]?.contains { $0.version == "4.1.1" } == true)
      try await expectDownOnlyInCutover("veg", looks["veg"] ?? [], job: report.rollout, lab)
      try await expectAllRows("veg", looks["veg"]?.filter { $0.version == "4.0.26" } ?? [], lab)
      for host in ["flower", "mother", "dry"] {
        #expect(looks[host]?.allSatisfy { $0.isUp && $0.version == "4.0.26" } == true)
      }
      try await lab.expectTidy(["veg"])

      // The mark is there, and says what it is for, until it is cleared.
      let status: [Status] = try await laptop.value("status", "veg", exits: 2)
      #expect(status.first?.marked?.contains("v4.1.1") == true)
      #expect(try await laptop.report("upgrade", "veg", "--yes", exits: 2)["veg"] != nil)
      #expect(try await laptop.fleet("logs", "veg", exits: 0).output.contains("Output controller"))
      let history: [History] = try await laptop.value("history", exits: 0)
      #expect(history.first?.rollout == report.rollout && history.first?.outcome == "halted")
      let kept = try await laptop.report("report", exits: 2)
      #expect(kept.rollout == report.rollout && kept.outcomes == report.outcomes)
      try await laptop.fleet("clear", "veg", exits: 0)
      let cleared: [Status] = try await laptop.value("status", "veg", exits: 0)
      #expect(cleared.first?.marked == nil)

      // A good one is out: it takes over from the halted rollout, and from what that one had staged.
      try await lab.publish("v4*")
      let good = try await laptop.report("upgrade", "--yes", exits: 0)
      #expect(good.release.version == "4.2.0" && Set(good.outcomes.values) == ["upgraded"])
      for host in Lab.hosts { #expect(try await lab.running(host) == "4.2.0") }
      try await lab.expectTidy(Lab.hosts)
    }

    @Test func `tells a current, an unreachable and a marked host apart`() async throws {
      let lab = try Lab.here
      let hosts = ["veg", "flower", "dry"]
      try await lab.renew(hosts)
      try await lab.publish("v4.0.*", "v4.1.0", "v4.1.1")
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: hosts))
      // The marked one tried 4.1.1, and went back.
      try await laptop.report("upgrade", "veg", "--yes", exits: 2).expect(["veg": "rolled_back"])
      try await lab.publish("v4.0.*", "v4.1.0")
      try await laptop.report("upgrade", "flower", "--yes", exits: 0).expect(["flower": "upgraded"])
      try await lab.lab("off", "dry")
      try await laptop.report("upgrade", "--yes", exits: 2)
        .expect(["veg": "refused", "flower": "current", "dry": "unreachable"])
      try await laptop.report("upgrade", "flower", "dry", "--yes", exits: 4)
        .expect(["flower": "current", "dry": "unreachable"])
      try await lab.lab("up", "dry")
      try await laptop.fleet("clear", "veg", exits: 0)
      try await laptop.report("upgrade", "--yes", exits: 0)
        .expect(["veg": "upgraded", "flower": "current", "dry": "upgraded"])
      try await lab.expectTidy(hosts)
    }
  }

  @Suite("A release that cannot work", .serialized) struct BrokenReleaseTests {
    @Test(arguments: [("4.1.2", "rehearse"), ("4.1.3", "prepare")])
    func `is refused before any downtime`(version: String, step: String) async throws {
      let lab = try Lab.here
      try await lab.renew(["flower"])
      try await lab.publish("v4*")
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: ["flower"]))
      let watcher = try await Watcher(lab, ["flower"])
      let report = try await laptop.report("upgrade", "--to", version, "--yes", exits: 2)
      let looks = await watcher.stop()
      report.expect(["flower": "refused"])
      #expect(report["flower"]?.reason?.step == step)
      #expect(report["flower"]?.downtimeMs == nil)
      #expect(looks["flower"]?.allSatisfy { $0.isUp && $0.version == "4.0.26" } == true)
      try await lab.expectTidy(["flower"])
      // It is remembered for this release alone: nothing is tried again, and the report is the one that was.
      let again = try await laptop.report("upgrade", "--to", version, "--yes", exits: 2)
      #expect(again.rollout == report.rollout)
      #expect(again["flower"]?.reason?.code == report["flower"]?.reason?.code)
    }
  }

  @Suite("A rollback by hand", .serialized) struct RollbackTests {
    @Test func `brings the old version back with the data of the backup, and holds the release back`()
      async throws
    {
      let lab = try Lab.here
      try await lab.renew(["veg"])
      try await lab.publish("v4.0.*", "v4.1.0")
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: ["veg"]))
      try await laptop.report("upgrade", "--yes", exits: 0).expect(["veg": "upgraded"])
      let backups: [BackupRow] = try await laptop.value("backups", "veg", exits: 0)
      let backup = try #require(backups.first)
      #expect(backups.count == 1 && backup.version == "4.0.26")
      let kept = try await lab.logBook("veg", in: "\(Lab.backups)/\(backup.backup ?? "")")
      let newest = try await lab.logBook("veg").last

      try await laptop.fleet("rollback", "veg", exits: 64)
      try await laptop.fleet("rollback", "veg", "--to", "3.0.0", "--yes", exits: 64)
      try await laptop.fleet("rollback", "veg", "--yes", exits: 0)
      #expect(try await lab.running("veg") == "4.0.26")
      let book = try await lab.logBook("veg")
      #expect(!book.hasGaps && book.last >= kept.last)
      // What was written since lies in the backup of the version that was left.
      let after: [BackupRow] = try await laptop.value("backups", "veg", exits: 0)
      let left = try #require(after.first { $0.version == "4.1.0" })
      #expect(try await lab.logBook("veg", in: "\(Lab.backups)/\(left.backup ?? "")").last >= newest)
      try await lab.expectTidy(["veg"])

      try await laptop.report("upgrade", "--yes", exits: 0).expect(["veg": "untouched"])
      let status: [Status] = try await laptop.value("status", exits: 0)
      #expect(status.first?.held == "v4.1.0")
      try await laptop.fleet("clear", "veg", exits: 0)
      try await laptop.report("upgrade", "--yes", exits: 0).expect(["veg": "upgraded"])
    }
  }
}

struct Status: Decodable, Sendable {
  var host: String
  var version: String?
  var state: String?
  var marked: String?
  var held: String?
  var claimedBy: String?
  var problem: String?
}

struct History: Decodable, Sendable {
  var rollout: String
  var outcome: String
}

struct BackupRow: Decodable, Sendable {
  var backup: String?
  var version: String?
}

extension Report {
  func expect(_ outcomes: [String: String], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(self.outcomes == outcomes, sourceLocation: sourceLocation)
  }
}

/// From outside the app was seen down, and only while its own agent says so.
func expectDownOnlyInCutover(
  _ host: String, _ looks: [Watcher.Look], job: String, _ lab: Lab,
  sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let times = try await Downtime.read(host, job: job, lab)
  #expect(times.count == 1, "\(host) went down once", sourceLocation: sourceLocation)
  let failed = looks.filter { !$0.isUp }
  #expect(!failed.isEmpty, "\(host) was never seen down", sourceLocation: sourceLocation)
  let outside = failed.filter { look in !times.contains { $0.covers(look) } }
  #expect(outside.isEmpty, "\(host) was down outside of \(times)", sourceLocation: sourceLocation)
}

/// Every row that a client was told of is there, and none is missing in between.
func expectAllRows(
  _ host: String, _ looks: [Watcher.Look], _ lab: Lab, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let told = try #require(looks.compactMap(\.lastAcked).max(), sourceLocation: sourceLocation)
  let book = try await lab.logBook(host)
  #expect(book.first == 1 && !book.hasGaps, sourceLocation: sourceLocation)
  #expect(book.last >= told, sourceLocation: sourceLocation)
}
