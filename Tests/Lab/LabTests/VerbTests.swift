import Testing

extension OnRealHosts {
  @Suite("A fleet", .serialized) struct VerbTests {
    @Test func `is staged without any downtime, and the stage is given up by abort`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg"])
      try await lab.publish("v4.0.*", "v4.1.0")
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: ["veg"]))
      let watcher = try await Watcher(lab, ["veg"])
      #expect(try await laptop.fleet("plan", exits: 0).output.contains("4.1.0"))
      try await laptop.report("stage", "--yes", exits: 0).expect(["veg": "untouched"])
      #expect(try await lab.leftovers("veg").contains("/opt/.fleet-growroom"))
      try await laptop.fleet("abort", "--yes", exits: 0)
      let looks = await watcher.stop()
      #expect(looks["veg"]?.allSatisfy { $0.isUp && $0.version == "4.0.26" } == true)
      let status: [Status] = try await laptop.value("status", exits: 0)
      #expect(status.first?.claimedBy == nil && status.first?.state == "idle")
      try await lab.expectTidy(["veg"])
      #expect(try await laptop.fleet("resume", exits: 0).error.contains("no open rollout"))
    }

    @Test func `that one coordinator works on keeps another one out`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg"])
      try await lab.publish("v4.0.*", "v4.1.0")
      let first = try await Laptop(
        lab, Laptop.Setting(hosts: ["veg"], profile: [#"guards: [{ run: "sleep 4", why: "a moment" }]"#]))
      let second = try await Laptop(lab, Laptop.Setting(hosts: ["veg"]))
      let upgrade = try first.start(["upgrade", "--yes", "-o", "json"])
      try await first.told(upgrade, "step_started", step: "check")
      let report = try await second.report("upgrade", "--yes", exits: 2)
      report.expect(["veg": "refused"])
      #expect(report["veg"]?.reason?.code == "claimed")
      let ended = await upgrade.ended()
      try #require(ended.code == 0, "\(ended)")
      #expect(try await lab.running("veg") == "4.1.0")
    }

    @Test func `host without its agent is as it was, and can be set up again`() async throws {
      let lab = try Lab.here
      try await lab.renew(["dry"])
      try await lab.publish("v4.0.*", "v4.1.0")
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: ["dry"]))
      try await laptop.report("upgrade", "--yes", exits: 0).expect(["dry": "upgraded"])
      try await laptop.fleet("remove", "dry", "--yes", exits: 0)
      let left = try await lab.on(
        "dry",
        "ls -d /usr/local/lib/fleet /usr/local/bin/fleet-agent /var/lib/fleet-agent /etc/systemd/system/fleet-* "
          + "/etc/sudoers.d/*fleet* 2>/dev/null || true"
      )
      #expect(left == "")
      #expect(try await lab.on("dry", "ls \(Lab.backups)").contains("4.0.26"))
      #expect(try await lab.running("dry") == "4.1.0")
      #expect(try await laptop.fleet("status", exits: 2).output.contains("fleet bootstrap dry"))
      try await laptop.fleet("bootstrap", "--yes", exits: 0)
      try await laptop.fleet("bootstrap", "--yes", exits: 0)
      try await laptop.fleet("status", exits: 0)
    }
  }
}
