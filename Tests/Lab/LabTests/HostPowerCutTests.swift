import Foundation
import TestSupport
import Testing

extension OnRealHosts {
  /// SIGKILL to a host's init, whatever it is at; then it boots, and its boot units put it right.
  @Suite("A host that loses its power", .serialized) struct HostPowerCutTests {
    @Test func `ends whole on one version, and what is said of it is true`() async throws {
      var setting = Laptop.Setting(hosts: ["veg", "mother", "dry"], profile: quickPrepare)
      setting.rollout = ["batches: [2]", "max_parallel: 2"]
      var campaign = PowerCampaign(lab: try Lab.here, setting, sample: 2)
      try await campaign.run()
    }
  }
}

/// Rollouts in which hosts lose their power, once or more often, also while one is resumed. What steers it is the
/// environment:
///
/// - `FLEET_LAB_CUTS=N`: so many power cuts; a sample without it.
/// - `FLEET_LAB_SEED=N`: the same choices again. The hosts' own pace is not repeated.
struct PowerCampaign {
  /// So many as a campaign asks for.
  static let wanted = LabMachine.environment["FLEET_LAB_CUTS"].flatMap { Int($0) }
  /// After so many more runs whatever was cut short has to be at the release: one for each cut, and two.
  static let tries = 6
  /// So many a rollout has at most; where it is over before, it has fewer.
  private let most = wanted == nil ? 2 : 4

  let lab: Lab
  let setting: Laptop.Setting
  /// So many power cuts at least.
  let cuts: Int
  private var random = SeededRandom(seed: KillCampaign.seed, name: "power cuts")
  /// So many lines an undisturbed rollout has; measured as it goes.
  private var lines: Int
  private var done = 0
  private var places: [String: Int] = [:]
  private var outcomes: [String: Int] = [:]

  /// - Parameter sample: so many power cuts where no campaign is asked for.
  init(lab: Lab, _ setting: Laptop.Setting, sample: Int) {
    self.lab = lab
    self.setting = setting
    cuts = Self.wanted ?? sample
    lines = 50 * setting.hosts.count
  }

  mutating func run() async throws {
    print("power cuts: \(cuts) wanted, FLEET_LAB_SEED=\(KillCampaign.seed)")
    let began = Date()
    var rounds = 0
    var bad = 0
    while done < cuts {
      rounds += 1
      bad += try await round(rounds) ? 0 : 1
    }
    print(
      """
      power cuts: \(done) in \(rounds) rollouts, \(bad) of them bad; \(Int(Date().timeIntervalSince(began))) s
      power cuts: while the rollout was at: \(counted(places))
      power cuts: the runs ended: \(counted(outcomes))
      """)
  }

  /// Whether all was so.
  private mutating func round(_ number: Int) async throws -> Bool {
    try await lab.renew(setting.hosts)
    // What the test put there is no part of what a power cut may take: a unit file without its content masks the unit.
    for host in setting.hosts { try await lab.on(host, "sync") }
    try await lab.publish("v4.0.26", "v4.1.0")
    let laptop = try await Laptop(lab, setting)
    let watcher = try await Watcher(lab, setting.hosts)
    var outages = Outages(left: Int.random(in: 1...most, using: &random), story: ["\(number):"])

    let child = try laptop.start(["upgrade", "--yes", "-o", "json"])
    try await cutPower(during: child, within: lines, &outages)
    var report = try await report(child, laptop)
    for _ in 0..<Self.tries where report.exitCode != 0 {
      outcomes[report.outcome, default: 0] += 1
      outages.story.append("\(report.outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" });")
      outages.story += report.hosts.flatMap { [$0.reason, $0.undoReason] }.compactMap {
        $0.map { "(\($0.text))" }
      }
      // Where no host could be reached there was nothing to begin.
      let verb = report.rollout.isEmpty ? "upgrade" : "resume"
      let again = try laptop.start([verb, "--yes", "-o", "json"])
      // It has less to say: much is done.
      try await cutPower(during: again, within: lines / 2, &outages)
      report = try await self.report(again, laptop)
    }
    outcomes[report.outcome, default: 0] += 1
    if outages.without.isEmpty { lines = child.output.count { $0 == "\n" } }

    var truth = try await Truth.look(report, await watcher.stop(), lab)
    truth.powerCuts = outages.without
    var lies = truth.lies
    for host in setting.hosts where truth.apps[host]?.version != "4.1.0" {
      lies.append("\(host) is left at \(truth.apps[host]?.version ?? "nothing")")
    }
    try await lab.expectTidy(setting.hosts)
    let story = outages.story.joined(separator: " ")
    print("power cuts: " + story)
    for lie in lies {
      Issue.record("FLEET_LAB_SEED=\(KillCampaign.seed), rollout \(story)\n\(lie)")
    }
    return lies.isEmpty
  }

  /// What is done to the hosts of one rollout, and was.
  private struct Outages {
    /// So many power cuts are still to come, if the rollout lasts.
    var left: Int
    var story: [String]
    /// When each host had none, until its app was there again.
    var without: [String: [Downtime]] = [:]
  }

  /// Cuts the power of hosts while a run goes on, until it ends or enough was cut.
  ///
  /// - Parameter lines: about so many it prints.
  private mutating func cutPower(
    during child: Program, within lines: Int, _ outages: inout Outages
  ) async throws {
    while outages.left > 0 {
      let moment = KillCampaign.Moment(
        lines: Int.random(in: 0...lines, using: &random),
        milliseconds: Int.random(in: 0...700, using: &random))
      try await moment.come(child)
      guard child.isRunning else { return }
      let place = KillCampaign.Moment.place(child.output)
      let host = setting.hosts.randomElement(using: &random) ?? setting.hosts[0]
      // What its agent has said of it may go with its power; the coordinator has heard it.
      let cut = Lines.read(child.output).downSince(host) ?? Self.now
      try await lab.cutPower(host, for: .milliseconds(Int.random(in: 0...3_000, using: &random)))
      try await returned(host)
      outages.without[host, default: []].append(Downtime(down: cut, up: Self.now))
      outages.left -= 1
      outages.story.append("power of \(host) cut after \(moment) (\(place)).")
      done += 1
      places[place, default: 0] += 1
    }
  }

  /// Waits until the app on a host is there again. Where it is not, what the host itself says of that is told.
  private func returned(_ host: String) async throws {
    do {
      // An emulated one is slow, on a busy machine very much so.
      try await eventually("the app on \(host) is there again", withinSeconds: 600) {
        try await lab.status(host) == nil ? nil : ()
      }
    } catch {
      let look = """
        uptime; systemctl list-jobs; systemctl --failed
        systemctl status growroom growroomweb fleet-agent-recover fleet-agent-settle
        ls -la /opt /opt/growroom /run/fleet-agent /var/lib/fleet-agent/growroom
        journalctl -b -n 80
        """
      let said =
        (try? await lab.on(host, "export SYSTEMD_PAGER=cat; (\(look)) 2>&1; :")) ?? "it does not answer"
      throw LabTrouble("\(error)\n\(said)")
    }
  }

  /// What a run ended with; where it had nothing to say, what the last one did.
  private func report(_ child: Program, _ laptop: Laptop) async throws -> Report {
    let ended = await child.ended()
    guard ended.output.isEmpty else { return try Lines.report(ended.output) }
    return try Lines.report(try await laptop.start(["report", "-o", "json"]).ended().output)
  }

  /// Milliseconds since 1970.
  private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
