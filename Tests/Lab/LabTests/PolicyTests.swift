import Foundation
import Glibc
import TestSupport
import Testing

extension OnRealHosts {
  /// Each key of `rollout:`, and what else of the inventory steers who goes and when. As many as can share a
  /// rollout do; PolicyKeyTests sees to it that no key is forgotten.
  @Suite("The policy", .serialized) struct PolicyTests {
    @Test func `of batches, parallel hosts and hosts kept apart is kept`() async throws {
      let lab = try Lab.here
      try await lab.renew()
      try await lab.publish("v4.0.*", "v4.1.0", "v4.2.0")
      var setting = Laptop.Setting(
        profile: quickPrepare,
        rollout: [
          "canary: 0", #"batches: [1, "75%"]"#, "max_parallel: 2", "stage_parallel: 2",
          "never_together: [[flower, mother]]",
        ])
      setting.soak = "3s"
      setting.top = [#"skip: ["4.2.0"]"#]
      let laptop = try await Laptop(lab, setting)
      let (report, lines) = try await laptop.told(["upgrade", "--yes"], exits: 0)
      #expect(report.release.version == "4.1.0" && Set(report.outcomes.values) == ["upgraded"])

      #expect(lines.together(from: "stage_began", to: "staged").map(\.count).max() == 2)
      // One; a pause in which it is watched; then three quarters of four, two at once.
      let cutovers = lines.together(from: "cutover_ordered", to: "cutover_rested")
      #expect(cutovers.map(\.count).max() == 2)
      #expect(!cutovers.contains { $0.isSuperset(of: ["flower", "mother"]) })
      let order = lines.filter { ["cutover_ordered", "soaking", "soaked"].contains($0.event) }
      #expect(order.map(\.event).prefix(4) == ["cutover_ordered", "soaking", "soaked", "cutover_ordered"])
      #expect(lines.first { $0.event == "soaking" }?.hosts == ["veg"])
      #expect(lines.count { $0.event == "soaking" } == 1)
      let flower = try await Downtime.read("flower", job: report.rollout, lab)
      let mother = try await Downtime.read("mother", job: report.rollout, lab)
      for one in flower { #expect(mother.allSatisfy { $0.up < one.down || one.up < $0.down }) }
      try await lab.expectTidy(Lab.hosts)
    }

    @Test func `of stepping stones is kept: on goes on behind each, and off stops there`() async throws {
      let lab = try Lab.here
      try await lab.publish("v4.0.*", "v4.1.0", "v4.2.0")
      for isOn in [true, false] {
        try await lab.renew(["veg"])
        let laptop = try await Laptop(
          lab,
          Laptop.Setting(
            hosts: ["veg"], profile: ["stepping_stones: [4.1.0]"],
            rollout: ["through_stones: \(isOn)"]))
        let ended = try await laptop.start(["upgrade", "--yes", "-o", "json"]).ended()
        #expect(ended.code == 0, "\(ended)")
        let reports = ended.output.split(separator: "\n").filter { $0.contains("fleet.report/1") }
        #expect(reports.count == (isOn ? 2 : 1), "\(ended)")
        #expect(try await lab.running("veg") == (isOn ? "4.2.0" : "4.1.0"))
        // Each can be gone back to.
        #expect(try await lab.on("veg", "ls \(Lab.backups) | wc -l") == (isOn ? "2\n" : "1\n"))
        try await lab.expectTidy(["veg"])
      }
    }

    @Test func `of failures and of hosts that are away halts or goes on, as it says`() async throws {
      let lab = try Lab.here
      let hosts = ["veg", "flower", "mother"]
      try await lab.renew(hosts)
      try await lab.publish("v4.0.*", "v4.1.0")
      let broken = "profile: { steps: { prepare: [{ run: exit 1 }] } }"
      let address = Lab.address("flower")
      var setting = Laptop.Setting(
        hosts: ["veg"], profile: quickPrepare, rollout: ["unreachable: halt", "max_failures: 1"],
        otherHosts: [
          "flower: { address: \(address), \(broken) }", "attic: 10.77.0.99",
          "mother: { address: \(Lab.address("mother")), hold: true }",
        ])
      setting.top = ["notify: [{ run: 'echo \"$FLEET_EVENT $FLEET_TITLE\" >>\"$HOME/told\"' }]"]
      let laptop = try await Laptop(lab, setting)
      let halted = try await laptop.told(["upgrade", "--yes"], exits: 2)
      halted.report.expect(
        ["veg": "untouched", "flower": "untouched", "attic": "unreachable", "mother": "untouched"])
      #expect(halted.report.outcome == "halted" && halted.lines.hosts("stage_began") == [])
      // One of them cannot be told.
      try await laptop.fleet("abort", "--yes", exits: 4)

      // One may fail; the one that is away is passed over, and the one that is held is not asked.
      try laptop.change("unreachable: halt", to: "unreachable: continue")
      let done = try await laptop.report("upgrade", "--yes", exits: 2)
      done.expect(["veg": "upgraded", "flower": "refused", "attic": "unreachable", "mother": "untouched"])
      #expect(done.outcome == "done" && done["flower"]?.reason?.step == "prepare")
      #expect(try await lab.running("mother") == "4.0.26")

      // It is mended, and tried again only where that is said. The one that is away is still of that rollout.
      try laptop.change("flower: { address: \(address), \(broken) }", to: "flower: \(address)")
      // Nothing came of it: the report is the one that was, and why is said beside it.
      let again = try await laptop.start(["upgrade", "flower", "--yes", "-o", "json"]).ended()
      #expect(again.code == 2 && again.error.contains("refused before"), "\(again)")
      #expect(try Lines.report(again.output)["flower"]?.reason?.code == "prepare")
      let retried = try await laptop.report("upgrade", "flower", "--yes", "--retry", exits: 4)
      #expect(retried["flower"]?.outcome == "upgraded")
      try await lab.expectTidy(hosts)
      let told = try String(contentsOfFile: "\(laptop.folder)/home/told", encoding: .utf8).split(
        separator: "\n")
      #expect(told.first?.hasPrefix("halt Halted.") == true)
      #expect(told.last?.hasPrefix("finish ") == true && told.count >= 3)
    }

    @Test func `of windows, of a canary's time and of a host's own track is kept`() async throws {
      let lab = try Lab.here
      try await lab.renew()
      try await lab.publish("v4.0.26", "v4.1.0")
      // Far from now, on that clock.
      let hour = (Int(time(nil)) / 3_600 + 11) % 24
      var setting = Laptop.Setting(
        hosts: ["veg", "dry"], profile: quickPrepare,
        rollout: ["canary: [veg]", "canary_for: 10s", "batches: [2]"],
        otherHosts: [
          "flower: { address: \(Lab.address("flower")), groups: [tents] }",
          "mother: { address: \(Lab.address("mother")), track: v4.0 }",
        ])
      setting.top = [
        "timezone: UTC", "groups:", "  tents: { window: \"\(two(hour)):00-\(two((hour + 1) % 24)):00\" }",
      ]
      let laptop = try await Laptop(lab, setting)
      let first = try await laptop.told(["upgrade", "veg", "flower", "dry", "--yes"], exits: 5)
      first.report.expect(["veg": "upgraded", "flower": "deferred", "dry": "deferred"])
      #expect(first.report["dry"]?.reason?.code == "canary_for")
      try await Task.sleep(for: .seconds(10))
      let second = try await laptop.report("resume", "--yes", exits: 5)
      second.expect(["veg": "upgraded", "flower": "deferred", "dry": "upgraded"])
      #expect(second["flower"]?.reason?.code == "window")
      #expect(second["flower"]?.reason?.text.contains("\(two(hour)):00") == true)
      try await laptop.report("resume", "--yes", "--ignore-window", exits: 0)
        .expect(["veg": "upgraded", "flower": "upgraded", "dry": "upgraded"])
      // v4.1.0 is out, and is not on its track.
      try await laptop.report("upgrade", "mother", "--yes", exits: 0).expect(["mother": "current"])
      #expect(try await lab.running("mother") == "4.0.26")
      try await lab.expectTidy(Lab.hosts)
    }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  }

  @Suite("A release that is well only at first", .serialized) struct SoakTests {
    @Test func `and cuts its host off goes back there, and with on_failure everywhere`() async throws {
      let lab = try Lab.here
      let hosts = ["veg", "flower", "dry"]
      try await lab.renew(hosts)
      try await lab.publish("v4.0.26", "v4.1.0")
      // Connections that are open stay, and nobody gets in any more.
      let finish = "finish: [{ run: systemctl stop ssh, undo: systemctl start ssh, user: root }]"
      let laptop = try await Laptop(
        lab,
        Laptop.Setting(
          hosts: ["veg"], profile: quickPrepare,
          rollout: ["canary: [veg]", "on_failure: rollback", "undo_unless_reachable: 30s"],
          otherHosts: [
            "flower: { address: \(Lab.address("flower")), profile: { steps: { \(finish) } } }",
            "dry: \(Lab.address("dry"))",
          ]))
      let watcher = try await Watcher(lab, hosts)
      let (report, lines) = try await laptop.told(["upgrade", "--yes"], exits: 2)
      let looks = await watcher.stop()
      #expect(report.outcome == "halted")
      report.expect(["veg": "rolled_back", "flower": "rolled_back", "dry": "untouched"])
      #expect(report["flower"]?.reason?.code == "unconfirmed")
      #expect(report["veg"]?.reason?.code == "on_failure" && report["veg"]?.now?.version == "4.0.26")
      // It was confirmed, and had the new version for a while.
      #expect(lines.contains { $0.host == "veg" && $0.text?.contains("confirmed") == true })
      #expect(lines.hosts("went_back") == ["veg"])
      #expect(looks["veg"]?.contains { $0.version == "4.1.0" } == true)
      #expect(try await Truth.look(report, looks, lab).lies == [])
      let story = try await HostStory.read("veg", lab)
      #expect(story.of(report.rollout).map(\.id) == [report.rollout, "\(report.rollout).back"])
      try await lab.expectTidy(["veg", "flower"])
    }

    @Test func `and turns unwell in the soak halts, and is told with the way back`() async throws {
      let lab = try Lab.here
      let hosts = ["veg", "flower"]
      try await lab.renew(hosts)
      try await lab.publish("v4.0.26", "v4.1.0")
      var setting = Laptop.Setting(hosts: hosts, profile: quickPrepare)
      setting.soak = "15s"
      let laptop = try await Laptop(lab, setting)
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await laptop.told(upgrade, "soaking")
      try await lab.on("veg", "systemctl stop growroomweb")
      let ended = await upgrade.ended()
      try #require(ended.code == 2, "\(ended)")
      let report = try Lines.report(ended.output)
      report.expect(["veg": "failed", "flower": "untouched"])
      #expect(report["veg"]?.reason?.code == "turned_unwell")
      #expect(report["veg"]?.now?.version == "4.1.0" && report["veg"]?.now?.healthy == false)
      let text = try await laptop.fleet("report", exits: 2).output
      #expect(text.hasPrefix("NEEDS HANDS: veg turned unwell on v4.1.0. To go back: fleet rollback veg\n"))
      try await laptop.fleet("rollback", "veg", "--yes", exits: 0)
      for host in hosts { #expect(try await lab.running(host) == "4.0.26") }
    }
  }
}

/// The environment is the old one's: building it anew takes long, and is shown elsewhere.
let quickPrepare = [#"steps: { prepare: [{ run: 'cp -a "$FLEET_OLD/env" env' }] }"#]
