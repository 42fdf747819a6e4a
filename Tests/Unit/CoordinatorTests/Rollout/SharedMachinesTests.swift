import CoordinatorSupport
import Release
import Testing
import Wire

@testable import Rollout
@testable import Driver
@testable import Inventory
@testable import Coordinator

/// An entry of the inventory is one install on one machine, whatever leads to it.
@Suite struct SharedMachinesTests {
  private static let place = InstallPlace(
    bootID: "boot-1", root: "1:2", hostname: "grow-pi", path: "/opt/growroom", install: "1:10",
    state: "1:20 growroom")

  private func answer(
    _ name: String, profile: (inout AppProfile) -> Void = { _ in },
    isSilent: Bool = false, place change: (inout InstallPlace) -> Void = { _ in }
  ) -> (host: Host, answer: SurveyAnswer) {
    var host = TestFleet.host(name)
    profile(&host.profiles[0].agent)
    var probe = Probe(
      findings: [.init(version: "4.1.0", problem: nil)], status: HostStatus(app: "growroom", state: .idle))
    var place = Self.place
    change(&place)
    probe.place = isSilent ? nil : place
    return (host, .probe(probe))
  }

  /// An install of its own on the same machine.
  private func second(_ profile: (inout AppProfile) -> Void = { _ in }) -> (host: Host, answer: SurveyAnswer)
  {
    answer(
      "flower",
      profile: {
        $0.services = .units(["growroom-b.service"])
        $0.backups = "/var/backups-b"
        profile(&$0)
      },
      place: { ($0.path, $0.install, $0.state) = ("/opt/growroom-b", "1:11", "1:21 growroom.b") })
  }

  private func codes(_ answers: [(host: Host, answer: SurveyAnswer)]) throws -> [String: String] {
    let plan = try Plan.make(answers, skip: [], wishes: PlanWishes()) { _ in
      [SourceTag(name: "v4.2.0", commit: nil)]
    }
    return Dictionary(
      uniqueKeysWithValues: plan.entries.map { entry in
        switch entry.verdict {
        case .goes: (entry.host.name, "goes")
        case .rests(_, _, let cause): (entry.host.name, cause?.code.rawValue ?? "")
        }
      })
  }

  @Test func `one install under two names is refused under both, and no other host is`() throws {
    let other = answer("dry", place: { ($0.bootID, $0.hostname) = ("boot-2", "dry") })
    let found = try codes([answer("veg"), answer("flower"), other])
    #expect(found == ["veg": "same_install", "flower": "same_install", "dry": "goes"])
  }

  @Test func `both are named, with the place`() throws {
    let machines = SharedMachines([answer("veg"), answer("flower")])
    let cause = try #require(machines.objection(to: TestFleet.host("flower")))
    #expect(cause.text.contains("the same install as veg (/opt/growroom on grow-pi)"), "\(cause)")
  }

  @Test func `cards that were copied are machines of their own`() throws {
    // The same machine-id, the same name, even the same inodes.
    #expect(
      try codes([answer("veg"), answer("flower", place: { $0.bootID = "boot-2" })]).values.allSatisfy {
        $0 == "goes"
      })
  }

  @Test func `two installs that share what the agent knows need an instance`() throws {
    let other = answer("flower", place: { ($0.path, $0.install) = ("/opt/growroom-b", "1:11") })
    #expect(try codes([answer("veg"), other]) == ["veg": "same_instance", "flower": "same_instance"])
  }

  @Test func `two instances go, and never at once`() throws {
    #expect(try codes([answer("veg"), second()]) == ["veg": "goes", "flower": "goes"])
    #expect(
      SharedMachines([answer("veg"), second(), answer("dry", isSilent: true)]).sets == [["veg", "flower"]])
  }

  @Test(arguments: ["service", "unit", "outside", "backups"])
  func `two installs cannot share`(part: String) throws {
    let first = answer("veg", profile: { $0.outside = ["/etc/growroom"] })
    let other = second { profile in
      switch part {
      case "service": profile.services = .units(["growroom-b.service", "growroom.service"])
      case "unit": profile.units = [UnitFile(file: "a.service", unit: "growroom.service")]
      case "outside": profile.outside = ["/etc/growroom"]
      default: profile.backups = "/var/backups"
      }
    }
    #expect(try codes([first, other]) == ["veg": "same_part", "flower": "same_part"])
  }

  @Test func `containers of one kernel are machines of their own`() throws {
    let other = answer(
      "flower", place: { ($0.root, $0.install, $0.state) = ("9:2", "9:10", "9:20 growroom") })
    #expect(try codes([answer("veg"), other]).values.allSatisfy { $0 == "goes" })
    #expect(SharedMachines([answer("veg"), other]).sets == [])
  }

  @Test func `an agent that does not say where it is stands for itself`() throws {
    #expect(
      try codes([answer("veg", isSilent: true), answer("flower", isSilent: true)]).values.allSatisfy {
        $0 == "goes"
      })
  }
}
