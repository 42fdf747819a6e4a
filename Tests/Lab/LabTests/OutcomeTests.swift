import Foundation
import Glibc
import Testing

extension OnRealHosts {
  @Suite("A host that cannot go now", .serialized) struct NotNowTests {
    @Test func `is deferred by a guard that says no`() async throws {
      let (lab, laptop) = try await oneHost(
        "flower", profile: [#"guards: [{ run: "exit 1", why: "the lights are on" }]"#])
      let report = try await laptop.report("upgrade", "--yes", exits: 5)
      report.expect(["flower": "deferred"])
      #expect(report["flower"]?.reason?.text.contains("the lights are on") == true)
      #expect(try await lab.running("flower") == "4.0.26")
      try await lab.expectTidy(["flower"])
    }

    @Test func `is deferred by a prepare step that exits with 75`() async throws {
      let (lab, laptop) = try await oneHost("flower", profile: [#"steps: { prepare: [{ run: "exit 75" }] }"#])
      let report = try await laptop.report("upgrade", "--yes", exits: 5)
      report.expect(["flower": "deferred"])
      #expect(report["flower"]?.reason?.step == "prepare")
      try await lab.expectTidy(["flower"])
    }

    @Test func `is refused while it has files that would be left behind, until they are left`() async throws {
      let (lab, laptop) = try await oneHost("flower")
      try await lab.on("flower", "echo mine >\(Lab.install)/notes.txt")
      let report = try await laptop.report("upgrade", "--yes", exits: 2)
      report.expect(["flower": "refused"])
      #expect(report["flower"]?.reason?.code == "left_behind")
      try await laptop.report("upgrade", "--yes", "--leave", exits: 0).expect(["flower": "upgraded"])
      #expect(try await lab.on("flower", "cat \(Lab.backups)/*/notes.txt") == "mine\n")
    }

    @Test func `is refused when its disk is too full`() async throws {
      let (lab, laptop) = try await oneHost("flower")
      // /opt becomes a small file system of its own, with the app in it and no room beside.
      try await lab.on(
        "flower",
        """
        set -e
        systemctl stop growroomweb growroom
        mv /opt /opt.large; mkdir /opt; mount -t tmpfs -o size=300m tmpfs /opt
        cp -a /opt.large/. /opt/; systemctl start growroom growroomweb
        """)
      let ended = try await laptop.start(["upgrade", "--yes", "-o", "json"]).ended()
      try await lab.on(
        "flower",
        """
        set -e
        systemctl stop growroomweb growroom
        umount /opt; rmdir /opt; mv /opt.large /opt; systemctl start growroom growroomweb
        """)
      #expect(ended.code == 2, "\(ended)")
      let report = try Lines.report(ended.output)
      report.expect(["flower": "refused"])
      #expect(report["flower"]?.reason?.code == "space")
      #expect(report["flower"]?.reason?.text.contains(" MB") == true)
      try await lab.expectTidy(["flower"])
    }
  }

  @Suite("A cutover that is disturbed", .serialized) struct DisturbedCutoverTests {
    @Test func `ends with the old version after a power cut, and resume goes on with it`() async throws {
      let (lab, laptop) = try await oneHost("flower", profile: slowMigration)
      let watcher = try await Watcher(lab, ["flower"])
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await laptop.told(upgrade, "step_started", step: "migrate")
      try await lab.lab("power-cut", "flower")
      upgrade.signal(SIGKILL)
      _ = await upgrade.ended()
      try await lab.lab("up", "flower")
      // Nobody but the host itself ends it.
      try await eventually("the old version runs again") {
        try await lab.running("flower") == "4.0.26" ? () : nil
      }
      let report = try await laptop.report("resume", "--yes", exits: 4)
      report.expect(["flower": "interrupted"])
      let status: [Status] = try await laptop.value("status", exits: 0)
      #expect(status.first?.marked == nil)
      try await lab.expectTidy(["flower"])
      try await expectAllRows("flower", await watcher.stop()["flower"] ?? [], lab)
      try await laptop.report("resume", "--yes", exits: 0).expect(["flower": "upgraded"])
      try await lab.expectTidy(["flower"])
    }

    @Test func `needs hands when the old version does not start again`() async throws {
      let (lab, laptop) = try await oneHost(
        "flower",
        profile: [
          "steps:", "  migrate:",
          #"    - { run: "../env/bin/python -m alembic upgrade head", in: alembic_db }"#,
          "  prepare:", #"    - { run: 'cp -a "$FLEET_OLD/env" env' }"#,
          "  finish:", #"    - { run: "touch /etc/broken; exit 1", user: root }"#,
        ])
      // A unit that starts only while the host is whole.
      try await lab.on(
        "flower",
        """
        mkdir -p /etc/systemd/system/growroom.service.d
        printf '[Service]\\nExecStartPre=/usr/bin/test ! -e /etc/broken\\n' \
          >/etc/systemd/system/growroom.service.d/whole.conf
        systemctl daemon-reload
        """)
      let report = try await laptop.report("upgrade", "--yes", exits: 2)
      let mend = "rm -rf /etc/broken /etc/systemd/system/growroom.service.d; systemctl daemon-reload"
      report.expect(["flower": "failed"])
      // Both are told: why it went back, and why it did not get there.
      #expect(report["flower"]?.reason?.step == "restart")
      #expect(report["flower"]?.undoReason != nil)
      let text = try await laptop.fleet("report", exits: 2).output
      #expect(text.hasPrefix("NEEDS HANDS"))
      try await lab.on("flower", mend)
      try await lab.on("flower", "systemctl reset-failed; systemctl start growroom growroomweb")
      try await laptop.fleet("clear", "flower", exits: 0)
      try await lab.expectTidy(["flower"])
    }

    @Test func `is left to itself by two interrupts, and resume tells how it ended`() async throws {
      let (lab, laptop) = try await oneHost("flower", profile: slowMigration)
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await laptop.told(upgrade, "step_started", step: "migrate")
      upgrade.signal(SIGINT)
      try await laptop.told(upgrade, "interrupted")
      upgrade.signal(SIGINT)
      let ended = await upgrade.ended()
      try #require(ended.code == 130, "\(ended)")
      try Lines.report(ended.output).expect(["flower": "unknown"])
      try await laptop.report("resume", "--yes", exits: 0).expect(["flower": "upgraded"])
      #expect(try await lab.running("flower") == "4.1.0")
      try await lab.expectTidy(["flower"])
    }

    @Test func `is not begun after an interrupt while staging`() async throws {
      let (lab, laptop) = try await oneHost(
        "flower", profile: [#"guards: [{ run: "sleep 3", why: "a moment" }]"#])
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await laptop.told(upgrade, "step_started", step: "check")
      upgrade.signal(SIGINT)
      let ended = await upgrade.ended()
      try #require(ended.code == 130, "\(ended)")
      #expect(try await lab.running("flower") == "4.0.26")
      try await lab.expectTidy(["flower"])
    }
  }

  /// The job goes on by itself; the one who ordered it need not be there.
  @Suite("A connection that breaks", .serialized) struct BrokenConnectionTests {
    @Test(arguments: [
      ("uploading", "veg"), ("extract", "dry"), ("prepare", "flower"), ("rehearse", "mother"),
      ("stop", "dry"),
      ("migrate", "mother"), ("restart", "flower"), ("prove", "veg"),
    ])
    func `is made again, and the upgrade goes on`(phase: String, host: String) async throws {
      let (lab, laptop) = try await oneHost(host, profile: slowMigration)
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await reach(phase, laptop, upgrade)
      try await lab.cutConnections(host)
      let ended = await upgrade.ended()
      try #require(ended.code == 0, "\(ended)")
      try Lines.report(ended.output).expect([host: "upgraded"])
      #expect(try await lab.running(host) == "4.1.0")
      try await lab.expectTidy([host])
    }

    @Test(arguments: [("uploading", "veg"), ("prepare", "flower"), ("migrate", "mother"), ("prove", "veg")])
    func `for good, because fleet was killed, is taken up by resume`(phase: String, host: String) async throws
    {
      let (lab, laptop) = try await oneHost(host, profile: slowMigration)
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await reach(phase, laptop, upgrade)
      upgrade.signal(SIGKILL)
      #expect(await upgrade.ended().code == 128 + SIGKILL)
      if ["migrate", "prove"].contains(phase) {
        // The host ends it alone.
        try await eventually("the job ends by itself") { () -> Void? in
          try await lab.jobUnits(host).isEmpty ? () : nil
        }
        #expect(try await lab.running(host) == "4.1.0")
      }
      try await laptop.report("resume", "--yes", exits: 0).expect([host: "upgraded"])
      #expect(try await lab.running(host) == "4.1.0")
      try await lab.expectTidy([host])
    }

    private func reach(_ phase: String, _ laptop: Laptop, _ upgrade: Program) async throws {
      if phase == "uploading" {
        try await laptop.told(upgrade, "stage_began")
      } else {
        try await laptop.told(upgrade, "step_started", step: phase)
      }
    }
  }
}

/// Steps that are long enough to be met in the middle.
let slowMigration = [
  "steps:", "  prepare:", #"    - { run: 'sleep 1 && cp -a "$FLEET_OLD/env" env' }"#,
  "  migrate:", #"    - { run: "sleep 3 && ../env/bin/python -m alembic upgrade head", in: alembic_db }"#,
]

/// One host at 4.0.26, with 4.1.0 out.
func oneHost(_ host: String, profile: [String] = []) async throws -> (Lab, Laptop) {
  let lab = try Lab.here
  try await lab.renew([host])
  try await lab.publish("v4.0.*", "v4.1.0")
  return (lab, try await Laptop(lab, Laptop.Setting(hosts: [host], profile: profile)))
}

extension Lab {
  /// Ends the SSH connections of a host, not the server that takes new ones. A process that has ended by itself
  /// meanwhile, as one does when its child is killed, is as good.
  func cutConnections(_ host: String) async throws {
    try await on(
      host,
      """
      for unit in ssh lab-dropbear; do
        main=$(systemctl show --property MainPID --value $unit)
        [ "$main" != 0 ] || continue
        for connection in $(ps -o pid= --ppid "$main"); do
          for pid in $(ps -o pid= --ppid $connection) $connection; do
            kill -KILL $pid || [ ! -e /proc/$pid ]
          done
        done
      done
      """)
  }

  func jobUnits(_ host: String) async throws -> String {
    try await on(host, "systemctl list-units --all --plain --no-legend 'fleet-stage-*' 'fleet-cutover-*'")
  }
}
