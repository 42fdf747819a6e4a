import Foundation
import Testing

extension OnRealHosts {
  /// A whole Pi with the agent for its own processor.
  @Suite(
    "An emulated Pi", .serialized,
    .enabled(if: LabPi.missing == nil || LabMachine.mustHaveLab, Comment(rawValue: LabPi.missing ?? "")),
    LabPi())
  struct PiTests {
    @Test func `that loses its power, and what its kernel had not written, ends whole on one version`()
      async throws
    {
      let lab = try Lab.here
      var campaign = PowerCampaign(lab: lab, LabPi.setting(lab), sample: 1)
      try await campaign.run()
    }

    @Test(.enabled(if: PowerCampaign.wanted != nil, "minutes: make campaign NAME=pi"))
    func `goes forth, is put back from a version that is unwell, and goes back when asked`() async throws {
      let lab = try Lab.here
      try await lab.renew([Lab.pi])
      try await lab.publish("v4.0.*", "v4.1.0")
      let laptop = try await Laptop(lab, LabPi.setting(lab))
      let up = try await laptop.report("upgrade", "--yes", exits: 0)
      up.expect([Lab.pi: "upgraded"])
      #expect(try await lab.running(Lab.pi) == "4.1.0")
      #expect(try await lab.on(Lab.pi, "uname -m") == "aarch64\n")

      try await lab.publish("v4.0.*", "v4.1.0", "v4.1.1")
      let unwell = try await laptop.report("upgrade", "--yes", exits: 2)
      unwell.expect([Lab.pi: "rolled_back"])
      #expect(unwell[Lab.pi]?.reason?.step == "prove")
      #expect(try await lab.running(Lab.pi) == "4.1.0")
      try await laptop.fleet("clear", Lab.pi, exits: 0)

      try await laptop.fleet("rollback", "--yes", Lab.pi, exits: 0)
      #expect(try await lab.running(Lab.pi) == Lab.oldest)
      try await lab.expectTidy([Lab.pi])
    }
  }
}
