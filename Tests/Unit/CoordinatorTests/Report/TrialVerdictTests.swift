import Testing

@testable import Hosts
@testable import Inventory
@testable import Report
@testable import Coordinator

/// What a tried host comes to: the sentence, the exit code and the next step belong together.
@Suite struct TrialVerdictTests {
  private static func row(_ verdict: Diagnosis.Verdict, _ subject: String, _ text: String = "…") -> Diagnosis
  {
    Diagnosis(verdict: verdict, subject: subject, text: text)
  }

  private static let way = [row(.good, "host key"), row(.good, "login"), row(.good, "system")]
  private static let app = row(.good, "app", "Mycodo 8.16.0 in /opt/Mycodo on veg")

  private func trial(
    _ found: [Diagnosis], isAway: Bool = false, hasAgent: Bool = false
  ) -> Trial {
    var trial = Trial(found: found)
    (trial.isAway, trial.hasAgent) = (isAway, hasAgent)
    return trial
  }

  @Test func `a host where nothing is in the way could be upgraded, and bootstrap comes next`() {
    let verdict = TrialVerdict("veg", trial(Self.way + [Self.app]))
    #expect(verdict.headline == "veg could be upgraded: Mycodo 8.16.0 in /opt/Mycodo on veg.")
    #expect(verdict.exit == .good && verdict.step == .bootstrap)
  }

  @Test func `what is not known is named, and keeps nobody`() {
    let open = [Self.row(.warning, "sudo"), Self.row(.warning, "health"), Self.row(.warning, "sudo")]
    let verdict = TrialVerdict("veg", trial(Self.way + [Self.app] + open))
    #expect(
      verdict.headline
        == "veg could be upgraded: Mycodo 8.16.0 in /opt/Mycodo on veg. Look at what is said of sudo and health."
    )
    #expect(verdict.exit == .good && verdict.step == .bootstrap)
  }

  @Test func `one thing in the way is enough, whatever else is good`() {
    let bad = [Self.row(.bad, "packages"), Self.row(.bad, "space"), Self.row(.bad, "packages")]
    for found in [bad + Self.way + [Self.app], Self.way + bad] {
      let verdict = TrialVerdict("veg", trial(found, hasAgent: true))
      #expect(
        verdict.headline
          == "veg could not be upgraded as it is: what is in the way is said at packages and space.")
      #expect(verdict.exit == .failed && verdict.step == .again)
    }
  }

  @Test func `of a host that is away nothing is said but that`() {
    let verdict = TrialVerdict("veg", trial([Self.row(.bad, "SSH")], isAway: true))
    #expect(verdict.headline == "veg was not reached, so nothing is known of it.")
    #expect(verdict.exit == .unreachable && verdict.step == .again)
  }

  @Test(arguments: [[], [row(.warning, "app")]]) func `an app that nobody saw is never good`(
    _ app: [Diagnosis]
  ) {
    let verdict = TrialVerdict("veg", trial(Self.way + app))
    #expect(verdict.headline.hasPrefix("Whether veg could be upgraded is not known: "))
    #expect(verdict.exit == .unreachable && verdict.step == .bootstrap)
  }

  @Test func `where an agent is set up, doctor sees more`() {
    #expect(TrialVerdict("veg", trial(Self.way + [Self.app], hasAgent: true)).step == .doctor)
  }

  // MARK: The next lines

  private func commands(
    _ hosts: [(String, TrialVerdict.Step, isListed: Bool)], app: String? = nil, inventory: String? = nil
  ) throws -> [String] {
    let entries = try InventoryTemplate.Entry.all(hosts.map(\.0))
    let all = zip(hosts, entries).map { host, entry in
      let came =
        switch host.1 {
        case .bootstrap: trial(Self.way + [Self.app])
        case .doctor: trial(Self.way + [Self.app], hasAgent: true)
        case .again: trial([Self.row(.bad, "system")])
        }
      return TrialSteps.Host(
        word: host.0, entry: entry, isListed: host.isListed, verdict: TrialVerdict(entry.name, came))
    }
    return TrialSteps(hosts: all, app: app, inventory: inventory, typed: TypedFleet()).lines.map(\.command)
  }

  @Test func `without an inventory the first one comes next`() throws {
    #expect(
      try commands([("veg=192.168.1.21", .bootstrap, false), ("me@dry.local", .bootstrap, false)])
        == ["fleet init veg=192.168.1.21 me@dry.local", "fleet bootstrap veg dry"])
    #expect(
      try commands([("veg", .doctor, false), ("dry", .again, false)], app: "growroom")
        == ["fleet init --app growroom veg", "fleet bootstrap veg", "fleet try dry"])
  }

  @Test func `beside an inventory a host is a line in it`() throws {
    #expect(
      try commands(
        [("veg=192.168.1.21", .bootstrap, false), ("dry", .bootstrap, true)], inventory: "fleet.yaml")
        == ["veg: 192.168.1.21", "fleet bootstrap veg dry"])
  }

  @Test func `what is in the way is mended, and tried again as it was typed`() throws {
    #expect(try commands([("veg=me@veg.local", .again, false)]) == ["fleet try veg=me@veg.local"])
    #expect(try commands([("veg", .again, true)], inventory: "fleet.yaml") == ["fleet try veg"])
  }
}
