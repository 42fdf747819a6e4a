import Foundation
import Glibc
import Testing

extension OnRealHosts {
  /// What services, and what else is on a host, do while it is cut over.
  @Suite("An app that does not do as it is told", .serialized) struct UnrulyAppTests {
    @Test func `and stops slowly or not at all is waited for, then killed, and upgraded with all rows`()
      async throws
    {
      let (lab, laptop) = try await oneHost("flower", profile: slowMigration + ["stop_timeout: 6s"])
      let units = [
        // It does not listen, and systemd would wait for ever.
        "growroom.service.d/deaf.conf": "[Service]\nKillSignal=SIGCONT\nTimeoutStopSec=infinity\n",
        "growroomweb.service.d/slow.conf": "[Service]\nExecStop=/bin/sleep 4\n",
      ]
      try await lab.with(units, on: "flower") {
        let watcher = try await Watcher(lab, ["flower"])
        let report = try await laptop.report("upgrade", "--yes", exits: 0)
        report.expect(["flower": "upgraded"])
        #expect(try await lab.running("flower") == "4.1.0")
        try await expectAllRows("flower", await watcher.stop()["flower"] ?? [], lab)
      }
      try await lab.expectTidy(["flower"])
    }

    @Test func `and is started by a watchdog all the time stays down until its cutover lets it up`()
      async throws
    {
      let (lab, laptop) = try await oneHost("flower", profile: slowMigration)
      let watchdog = """
        [Service]
        ExecStart=/bin/sh -c 'while :; do systemctl start growroom growroomweb; sleep 0.2; done'

        """
      try await lab.with(["watchdog.service": watchdog], on: "flower") {
        try await lab.on("flower", "systemctl start watchdog")
        let watcher = try await Watcher(lab, ["flower"])
        let report = try await laptop.report("upgrade", "--yes", exits: 0)
        report.expect(["flower": "upgraded"])
        let looks = await watcher.stop()["flower"] ?? []
        try await expectDownOnlyInCutover("flower", looks, job: report.rollout, lab)
        try await expectAllRows("flower", looks, lab)
        let versions = looks.drop { $0.isUp }.compactMap(\.version)
        #expect(Set(versions) == ["4.1.0"], "the old version was up again in the middle of the cutover")
        #expect(
          try await lab.on("flower", "journalctl --no-pager -u growroom.service")
            .contains("ConditionPathExists=!/run/fleet-agent/growroom.hold"), "the watchdog never tried")
      }
      try await lab.expectTidy(["flower"])
    }

    @Test(arguments: [true, false])
    func `and is started by whoever knocks at its socket has it listening afterwards`(isGood: Bool)
      async throws
    {
      let (lab, laptop) = try await oneHost("flower", profile: slowMigration)
      // Its daemon ends by itself.
      if !isGood { try await lab.publish("v4.0.*", "v4.1.1") }
      let units = [
        "door.socket": "[Socket]\nListenStream=127.0.0.1:8799\nService=growroomweb.service\n",
        // More often than systemd bears where each knock fails.
        "knocking.service": """
        [Service]
        ExecStart=/bin/sh -c 'while :; do curl -sm 1 http://127.0.0.1:8799/; sleep 0.05; done'

        """,
      ]
      try await lab.with(units, on: "flower") {
        try await lab.on(
          "flower",
          "systemctl stop growroomweb && systemctl start door.socket && systemctl start growroomweb knocking")
        let report = try await laptop.report("upgrade", "--yes", exits: isGood ? 0 : 2)
        report.expect(["flower": isGood ? "upgraded" : "rolled_back"])
        #expect(try await lab.on("flower", "systemctl is-active door.socket || :") == "active\n")
        #expect(try await lab.running("flower") == (isGood ? "4.1.0" : Lab.oldest))
        try await lab.on("flower", "systemctl stop knocking")
      }
      try await lab.expectTidy(["flower"])
    }

    @Test func `and has a hundred thousand pictures keeps them all`() async throws {
      let (lab, laptop) = try await oneHost("flower")
      try await lab.on(
        "flower",
        "mkdir -p \(Lab.install)/cameras/old; cd \(Lab.install)/cameras/old; seq 100000 | split -l 1 -a 6 -d -; "
          + "chown -R growroom: \(Lab.install)/cameras")
      let watcher = try await Watcher(lab, ["flower"])
      let report = try await laptop.report("upgrade", "--yes", exits: 0)
      report.expect(["flower": "upgraded"])
      let looks = await watcher.stop()["flower"] ?? []
      try await expectDownOnlyInCutover("flower", looks, job: report.rollout, lab)
      try await expectAllRows("flower", looks, lab)
      let seen = try await lab.on("flower", "cd \(Lab.install)/cameras/old; ls | wc -l; cat x099999")
      #expect(seen.split(whereSeparator: \.isWhitespace) == ["100000", "100000"])
    }

    @Test func `and restarts in a loop is refused before the stop`() async throws {
      let (lab, laptop) = try await oneHost("flower")
      let units = [
        "growroomweb.service.d/loop.conf":
          "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRuntimeMaxSec=1\nRestart=always\nRestartSec=1\n"
      ]
      try await lab.with(units, on: "flower") {
        try await lab.on("flower", "systemctl restart growroomweb")
        let report = try await laptop.report("upgrade", "--yes", exits: 2)
        report.expect(["flower": "refused"])
        #expect(report["flower"]?.reason?.code == "unhealthy", "\(report)")
        #expect(try await lab.running("flower") == "4.0.26")
      }
      try await lab.expectTidy(["flower"])
    }

    @Test func `and restarts in a loop only since the upgrade goes back`() async throws {
      let folder = "/run/systemd/system/growroomweb.service.d"
      let (lab, laptop) = try await oneHost(
        "flower",
        profile: slowMigration + [
          "  finish:", "    - run: |", "        mkdir -p \(folder)",
          "        printf '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nRuntimeMaxSec=1\\n' >\(folder)/loop.conf",
          "        printf 'Restart=always\\nRestartSec=0\\n' >>\(folder)/loop.conf",
          "        systemctl daemon-reload", "      undo: rm -r \(folder); systemctl daemon-reload",
          "      user: root",
        ])
      let watcher = try await Watcher(lab, ["flower"])
      let report = try await laptop.report("upgrade", "--yes", exits: 2)
      report.expect(["flower": "rolled_back"])
      #expect(report["flower"]?.reason?.step == "prove" && report["flower"]?.undoReason == nil, "\(report)")
      #expect(report["flower"]?.reason?.text.contains("growroomweb") == true, "\(report)")
      #expect(try await lab.running("flower") == "4.0.26")
      let looks = await watcher.stop()["flower"] ?? []
      try await expectAllRows("flower", looks.filter { $0.version == "4.0.26" }, lab)
      try await lab.expectTidy(["flower"])
    }

    @Test func `because the host shuts down in the middle is back at its next boot, without a mark`()
      async throws
    {
      let (lab, laptop) = try await oneHost("flower", profile: slowMigration)
      let watcher = try await Watcher(lab, ["flower"])
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await laptop.told(upgrade, "step_started", step: "migrate")
      try await lab.lab("off", "flower")
      upgrade.signal(SIGKILL)
      _ = await upgrade.ended()
      try await lab.lab("up", "flower")
      try await eventually("the old version runs again") {
        try await lab.running("flower") == "4.0.26" ? () : nil
      }
      let status: [Status] = try await laptop.value("status", exits: 0)
      #expect(status.first?.marked == nil)
      try await expectAllRows("flower", await watcher.stop()["flower"] ?? [], lab)
      // It was no failure of the release: the rollout goes on with it.
      try await laptop.report("resume", "--yes", exits: 0).expect(["flower": "upgraded"])
      try await lab.expectTidy(["flower"])
    }

    @Test func `by a unit file that the release changes has the old one again when it goes back`()
      async throws
    {
      let (lab, laptop) = try await oneHost("flower")
      // The one that is installed says something that the releases' do not.
      let unit = "/etc/systemd/system/growroom.service"
      try await lab.on(
        "flower", "sed -i 's/^User=/Environment=OF_OLD=yes\\n&/' \(unit); systemctl daemon-reload")
      let old = try await lab.on("flower", "cat \(unit)")
      func shown() async throws -> String {
        try await lab.on("flower", "systemctl show --property=Environment,NeedDaemonReload growroom")
      }
      try await lab.publish("v4.0.*", "v4.1.0", "v4.1.1")
      try await laptop.report("upgrade", "--yes", exits: 2).expect(["flower": "rolled_back"])
      #expect(try await lab.on("flower", "cat \(unit)") == old)
      #expect(try await shown() == "Environment=OF_OLD=yes\nNeedDaemonReload=no\n")
      #expect(try await lab.running("flower") == "4.0.26")

      try await laptop.fleet("clear", "flower", exits: 0)
      try await lab.publish("v4.0.*", "v4.1.0")
      try await laptop.report("upgrade", "--yes", exits: 0).expect(["flower": "upgraded"])
      #expect(try await lab.on("flower", "cmp \(unit) \(Lab.install)/install/growroom.service") == "")
      #expect(try await shown() == "Environment=\nNeedDaemonReload=no\n")
      try await lab.expectTidy(["flower"])
    }
  }
}

extension Lab {
  /// Units and drop-ins of a host, as long as `body` runs.
  func with(_ units: [String: String], on host: String, _ body: () async throws -> Void) async throws {
    let folder = "/run/systemd/system"
    for (name, text) in units {
      let path = "\(folder)/\(name)"
      try await on(
        host, "mkdir -p $(dirname \(path)); printf '%s' '\(text.replacing("'", with: "'\\''"))' >\(path)")
    }
    try await on(host, "systemctl daemon-reload")
    func remove() async throws {
      for name in units.keys {
        let unit = name.split(separator: "/")
        let path = "\(folder)/\(name)"
        try await on(
          host,
          unit.count == 1
            ? "systemctl stop \(name); rm \(path)"
            : "rm \(path); rmdir --ignore-fail-on-non-empty \(folder)/\(unit[0])")
      }
      try await on(host, "systemctl daemon-reload; systemctl restart growroom growroomweb")
    }
    do { try await body() } catch {
      try? await remove()
      throw error
    }
    try await remove()
  }
}
