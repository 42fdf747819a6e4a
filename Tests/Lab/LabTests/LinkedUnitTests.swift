import Testing

extension OnRealHosts {
  /// Units that are links into the install, as Mycodo's are: each exchange makes them other ones.
  @Suite("Units that are links into the install", .serialized) struct LinkedUnitTests {
    private static let units = ["growroom.service", "growroomweb.service"]

    /// In each tree its unit says which version it is of.
    private static let profile = [
      "units: {}", "also_ignore: [install/growroom.service]",
      """
      steps:
          prepare:
            - 'cp -a "$FLEET_OLD/env" env'
            - |
              version=$(sed -n "s/^GROWROOM_VERSION = '\\(.*\\)'/\\1/p" growroom/config.py)
              sed -i "/^\\[Service\\]/a Environment=UNIT_OF=$version" install/growroom.service
      """,
    ]

    /// What runs was started by the unit of its own version.
    private func expectUnit(of version: String, _ lab: Lab) async throws {
      #expect(try await lab.running("veg") == version)
      let environment = try await lab.on(
        "veg", "cat /proc/$(systemctl show --value -p MainPID growroom.service)/environ")
      #expect(environment.split(separator: "\0").contains("UNIT_OF=\(version)"), "\(environment)")
    }

    @Test func `are read anew with the new version, and with the old one when it is put back`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg"])
      let names = Self.units.joined(separator: " ")
      try await lab.on(
        "veg",
        """
        set -e
        for unit in \(names); do ln -sf \(Lab.install)/install/$unit /etc/systemd/system/$unit; done
        systemctl daemon-reload
        systemctl restart \(names)
        """)
      try await lab.publish("v4.0.*", "v4.1.0")
      let setting = Laptop.Setting(hosts: ["veg"], profile: Self.profile)
      let laptop = try await Laptop(lab, setting)
      try await laptop.report("upgrade", "--yes", exits: 0).expect(["veg": "upgraded"])
      try await expectUnit(of: "4.1.0", lab)
      // It is not well: the old version is put back.
      try await lab.publish("v4.0.*", "v4.1.0", "v4.1.1")
      try await laptop.report("upgrade", "--yes", exits: 2).expect(["veg": "rolled_back"])
      try await expectUnit(of: "4.1.0", lab)
      try await laptop.fleet("clear", "veg", exits: 0)
      try await lab.expectTidy(["veg"])
      // With files of its own again.
      try await lab.renew(["veg"])
    }
  }
}
