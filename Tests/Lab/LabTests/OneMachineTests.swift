import Foundation
import TestSupport
import Testing

extension OnRealHosts {
  /// What is meant by a host of the inventory: one install on one machine.
  @Suite("One machine", .serialized) struct OneMachineTests {
    /// A second growroom on veg, as somebody makes it by hand.
    private static let second = """
      set -e
      systemctl stop growroomweb-right growroom-right 2>/dev/null || :
      rm -rf /opt/growroom-right* /opt/.fleet-growroom.right /var/lib/fleet-agent/growroom.right
      cp -a /var/pristine/growroom /opt/growroom-right
      cd /opt/growroom-right
      sed -i 's/8780/8790/; s/8781/8791/; s,/log/growroom,/log/growroom-right,; s,/run/growroom,/run/growroom-right,' \
        config.ini
      cat config.ini
      for unit in growroom growroomweb; do
        sed 's,/opt/growroom,/opt/growroom-right,; s,growroom.service,growroom-right.service,
          s,Directory=growroom,Directory=growroom-right,
          /^EnvironmentFile/d' install/$unit.service >/etc/systemd/system/$unit-right.service
        printf '[Service]\nEnvironment=GROWROOM_PORT=8790 GROWROOM_WEB_PORT=8791\n' >/tmp/ports
        printf 'Environment=GROWROOM_LOG=/var/log/growroom-right GROWROOM_RUN=/run/growroom-right\n' >>/tmp/ports
        mkdir -p /etc/systemd/system/$unit-right.service.d
        cp /tmp/ports /etc/systemd/system/$unit-right.service.d/ports.conf
      done
      systemctl daemon-reload
      systemctl start growroom-right growroomweb-right
      """

    private static let takeAway = """
      systemctl stop growroomweb-right growroom-right
      rm -rf /opt/growroom-right* /opt/.fleet-growroom.right /var/lib/fleet-agent/growroom.right
      rm -rf /etc/systemd/system/growroom*-right.service*
      systemctl daemon-reload
      """

    private static let right = """
      right: { address: \(Lab.address("veg")), instance: right, install: /opt/growroom-right, \
      services: [growroom-right.service, growroomweb-right.service], \
      profile: { backups: /opt/growroom-right-backups, units: {}, \
      health: { checks: [{ http: "http://127.0.0.1:8790/status", status: 200 }] } } }
      """

    @Test func `under two names is one install, and nothing is ordered`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg", "flower"])
      try await lab.publish("v4.0.*", "v4.1.0")
      let setting = Laptop.Setting(
        hosts: ["veg", "flower"], profile: quickPrepare, otherHosts: ["attic: \(Lab.address("veg"))"])
      let laptop = try await Laptop(lab, setting)
      try await laptop.fleet("trust", "--yes", "attic", exits: 0)
      let report = try await laptop.report("upgrade", "--yes", exits: 2)
      report.expect(["veg": "refused", "attic": "refused", "flower": "upgraded"])
      #expect(
        report.hosts.filter { $0.outcome == "refused" }.allSatisfy { $0.reason?.code == "same_install" })
      #expect(try await lab.running("veg") == Lab.oldest)
      #expect(
        try await lab.on("veg", "[ ! -e /var/lib/fleet-agent/growroom ] && echo nothing") == "nothing\n")
      let doctor = try await laptop.fleet("doctor", "veg", "attic", exits: 2)
      #expect(doctor.output.contains("the same install as attic"), "\(doctor)")
    }

    @Test func `with two installs keeps them apart in everything`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg"])
      try await lab.on("veg", Self.second)
      try await lab.publish("v4.0.*", "v4.1.0")
      // Nobody has said that they are two.
      var setting = Laptop.Setting(
        hosts: ["veg"], profile: quickPrepare, rollout: ["canary: 0", "batches: [2]", "max_parallel: 2"],
        otherHosts: [Self.right.replacing("instance: right, ", with: "")])
      let careless = try await Laptop(lab, setting)
      try await careless.fleet("trust", "--yes", "right", exits: 0)
      let refused = try await careless.report("upgrade", "--yes", exits: 2)
      #expect(refused.hosts.allSatisfy { $0.reason?.code == "same_instance" }, "\(refused)")

      setting.otherHosts = [Self.right]
      let laptop = try await Laptop(lab, setting)
      try await laptop.fleet("trust", "--yes", "right", exits: 0)
      // Only one of them: the other one is not touched.
      let alone = try await laptop.report("upgrade", "--yes", "--to", "4.0.27", "right", exits: 0)
      alone.expect(["right": "upgraded"])
      #expect(try await lab.running("veg") == Lab.oldest)
      #expect(try await lab.on("veg", "curl -s http://127.0.0.1:8790/status").contains("4.0.27"))
      // Both, though two may be down at once: one machine's are not.
      let (report, lines) = try await laptop.told(["upgrade", "--yes", "--to", "4.1.0"], exits: 0)
      #expect(Set(report.outcomes.values) == ["upgraded"])
      #expect(lines.together(from: "cutover_ordered", to: "cutover_rested").map(\.count).max() == 1)
      // Each has its own backups, and its own way back.
      try await laptop.fleet("rollback", "--yes", "right", exits: 0)
      #expect(try await lab.running("veg") == "4.1.0")
      #expect(try await lab.on("veg", "curl -s http://127.0.0.1:8790/status").contains("4.0.27"))
      // Where it is said, they go at once.
      try await laptop.fleet("clear", "right", exits: 0)
      try await laptop.fleet("rollback", "--yes", "veg", exits: 0)
      try await laptop.fleet("clear", "veg", exits: 0)
      try laptop.change("max_parallel: 2", to: "max_parallel: 2\n  one_machine: together")
      let (_, both) = try await laptop.told(["upgrade", "--yes", "--to", "4.1.0"], exits: 0)
      #expect(both.together(from: "cutover_ordered", to: "cutover_rested").map(\.count).max() == 2)
      try await lab.on("veg", Self.takeAway)
      try await lab.expectTidy(["veg"])
    }

    @Test func `with two apps has them down one after the other, whoever upgrades them`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg"])
      try await lab.on("veg", Self.second)
      try await lab.publish("v4.0.*", "v4.1.0")
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: ["veg"]))
      let key = try await lab.lab("key").trimmingCharacters(in: .whitespacesAndNewlines)
      let apps = "\(laptop.folder)/inventory/apps"
      try FileManager.default.copyItem(atPath: "\(apps)/growroom.yaml", toPath: "\(apps)/rightroom.yaml")
      let shared = """
        source: { github: growers/growroom, api: "\(lab.api)" }, \(quickPrepare[0])
        """
      try laptop.write(
        """
        apps:
          growroom:
            track: v4
            profile: { \(shared), health: { healthy_for: 2s, deadline: 20s } }
          rightroom:
            track: v4
            hosts:
              veg: { install: /opt/growroom-right, services: [growroom-right.service, growroomweb-right.service] }
            profile:
              { \(shared), units: {}, backups: /opt/growroom-right-backups,
                health: { healthy_for: 2s, deadline: 20s,
                          checks: [{ http: "http://127.0.0.1:8790/status", status: 200 }] } }
        defaults: { user: root, ssh_key: "\(key)" }
        hosts: { veg: \(Lab.address("veg")) }
        """)
      // Two people, who do not know of each other.
      let programs = try ["growroom", "rightroom"].map {
        try laptop.start(["upgrade", "--yes", "--app", $0, "-o", "json"])
      }
      var down: [(from: String, to: String)] = []
      for program in programs {
        let ended = await program.ended()
        try #require(ended.code == 0, "\(ended)")
        try Lines.report(ended.output).expect(["veg": "upgraded"])
        let lines = Lines.read(ended.output)
        let from = try #require(lines.first { $0.event == "down" }?.time)
        down.append((from, try #require(lines.first { $0.event == "up" }?.time)))
      }
      down.sort { $0.from < $1.from }
      // The turn ends later than that.
      #expect(down[0].to <= down[1].from, "\(down)")
      let status = try await laptop.fleet("status", exits: 0)
      #expect(
        status.output.contains("== growroom\n") && status.output.contains("\n== rightroom\n"), "\(status)")
      #expect(try await lab.running("veg") == "4.1.0")
      #expect(try await lab.on("veg", "curl -s http://127.0.0.1:8790/status").contains("4.1.0"))
      try await laptop.fleet("rollback", "--yes", "--app", "rightroom", "veg", exits: 0)
      #expect(try await lab.running("veg") == "4.1.0")
      #expect(try await lab.on("veg", "curl -s http://127.0.0.1:8790/status").contains(Lab.oldest))
      try await lab.on(
        "veg", Self.takeAway + "\nrm -rf /opt/.fleet-rightroom /var/lib/fleet-agent/rightroom")
      try await lab.expectTidy(["veg"])
    }
  }
}
