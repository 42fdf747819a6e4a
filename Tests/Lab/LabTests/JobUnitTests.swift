import Glibc
import Testing

extension OnRealHosts {
  /// What systemd does for a job, with nobody there.
  @Suite("A job's own unit", .serialized) struct JobUnitTests {
    @Test func `makes the stage modest, and recovers after a job that is killed`() async throws {
      let (lab, laptop) = try await oneHost("flower", profile: slowMigration)
      let watcher = try await Watcher(lab, ["flower"])
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await laptop.told(upgrade, "step_started", step: "rehearse")
      let shown = try await lab.on("flower", Self.show("stage"))
      for line in [
        "Nice=15", "IOSchedulingClass=3", "CPUWeight=20", "IOWeight=20", "OOMScoreAdjust=-900",
        "OOMPolicy=continue",
      ] { #expect(shown.split(separator: "\n").contains(line[...]), "\(line): \(shown)") }
      #expect(!shown.contains("MemoryMax=infinity"), "\(shown)")

      try await laptop.told(upgrade, "step_started", step: "migrate")
      // A cutover has no time to lose.
      #expect(try await lab.on("flower", Self.show("cutover")).split(separator: "\n").contains("Nice=0"))
      upgrade.signal(SIGKILL)
      _ = await upgrade.ended()
      try await lab.on("flower", "systemctl kill --kill-whom=main --signal=KILL fleet-cutover-growroom")
      try await eventually("the old version runs again") {
        try await lab.running("flower") == "4.0.26" ? () : nil
      }
      try await eventually("the host is marked") {
        try await lab.on("flower", "/usr/local/lib/fleet/fleet-agent status").contains("MARKED") ? () : nil
      }
      try await expectAllRows("flower", await watcher.stop()["flower"] ?? [], lab)
      try await laptop.report("resume", "--yes", exits: 2).expect(["flower": "rolled_back"])
      try await laptop.fleet("clear", "flower", exits: 0)
      try await lab.expectTidy(["flower"])
    }

    private static func show(_ phase: String) -> String {
      "systemctl show fleet-\(phase)-growroom -p Nice -p IOSchedulingClass -p CPUWeight -p IOWeight -p MemoryMax "
        + "-p OOMScoreAdjust -p OOMPolicy"
    }
  }
}
