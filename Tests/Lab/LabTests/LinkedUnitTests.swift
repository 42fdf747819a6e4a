import Testing

extension OnRealHosts {
  /// Units that are links into the install, as Mycodo's are: each exchange makes them other ones.
  @Suite("Units that are links into the install", .serialized) struct LinkedUnitTests {
    private static let units = ["growroom.service", "growroomweb.service"]

    /// What systemd goes by is what the unit's file says now.
    private func expectReadAnew(_ lab: Lab, _ when: String) async throws {
      for unit in Self.units {
        let show = "systemctl show --value -p NeedDaemonReload,FragmentPath \(unit)"
        let lines = Set(try await lab.on("veg", show).split(separator: "\n").map { "\($0)" })
        #expect(lines == ["no", "/etc/systemd/system/\(unit)"], "\(when): \(lines)")
      }
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
      let setting = Laptop.Setting(hosts: ["veg"], profile: quickPrepare + ["units: {}"])
      let laptop = try await Laptop(lab, setting)
      try await laptop.report("upgrade", "--yes", exits: 0).expect(["veg": "upgraded"])
      try await expectReadAnew(lab, "upgraded")
      // It is not well: the old version is put back.
      try await lab.publish("v4.0.*", "v4.1.0", "v4.1.1")
      try await laptop.report("upgrade", "--yes", exits: 2).expect(["veg": "rolled_back"])
      try await expectReadAnew(lab, "put back")
      #expect(try await lab.running("veg") == "4.1.0")
      try await lab.on(
        "veg",
        """
        set -e
        for unit in \(names); do
          rm /etc/systemd/system/$unit
          cp \(Lab.install)/install/$unit /etc/systemd/system/
        done
        systemctl daemon-reload
        """)
      try await laptop.fleet("clear", "veg", exits: 0)
      try await lab.expectTidy(["veg"])
    }
  }
}
