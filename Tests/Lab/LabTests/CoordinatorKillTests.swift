import Foundation
import Glibc
import TestSupport
import Testing

extension OnRealHosts {
  /// SIGKILL at any moment. What goes on then is on the hosts alone; what is said of it afterwards must be so.
  @Suite("A coordinator that is killed", .serialized) struct CoordinatorKillTests {
    @Test func `is taken up by resume, whose report says of each host what that host says`() async throws {
      var campaign = KillCampaign(lab: try Lab.here)
      try await campaign.run()
    }
  }
}

/// Rollouts whose coordinator is killed, and sometimes the one after it too. What steers it is the environment:
///
/// - `FLEET_LAB_KILLS=N`: so many kills; a sample without it.
/// - `FLEET_LAB_SEED=N`: the same choices again. The hosts' own pace is not repeated.
/// - `FLEET_LAB_KEEP=FOLDER`: what each rollout left on the coordinator is kept there.
struct KillCampaign {
  static let kills = LabMachine.environment["FLEET_LAB_KILLS"].flatMap { Int($0) } ?? 3
  static let seed =
    LabMachine.environment["FLEET_LAB_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
  static let hosts = ["veg", "mother", "dry"]

  /// What becomes of a rollout that nobody disturbs.
  enum Course: String, CaseIterable {
    /// All are upgraded.
    case good
    /// The release is unwell: the canary goes back, the others never begin.
    case unwell
    /// The last host cannot prove it, and with `on_failure: rollback` the others go back too.
    case rollback = "way back"
  }
  /// After so many lines of `--output json`, and then so long.
  struct Moment: CustomStringConvertible {
    var lines: Int
    var milliseconds: Int
    var description: String { "\(lines) lines and \(milliseconds) ms" }

    /// Waits for it, or for the end of the program.
    func come(_ child: Program) async throws {
      while child.isRunning, child.output.count(where: { $0 == "\n" }) < lines {
        try await Task.sleep(for: .milliseconds(15))
      }
      try await Task.sleep(for: .milliseconds(milliseconds))
    }

    /// What the rollout was at.
    static func place(_ output: String) -> String {
      guard let last = Lines.read(output).last else { return "nothing said yet" }
      return last.step.map { "\(last.event == "step_ended" ? "after " : "")\($0)" } ?? last.event
    }
  }

  let lab: Lab
  private var random = SeededRandom(seed: Self.seed, name: "kills")
  /// So many lines a rollout of this course has; measured as it goes.
  private var lines: [Course: Int] = [:]
  private var killed = 0
  private var places: [String: Int] = [:]
  private var outcomes: [String: Int] = [:]

  init(lab: Lab) { self.lab = lab }

  mutating func run() async throws {
    print("kills: \(Self.kills) wanted, FLEET_LAB_SEED=\(Self.seed)")
    let began = Date()
    var rounds = 0
    var bad = 0
    // Most are good ones: there the most is under way.
    let courses: [Course] = [.good, .rollback, .good, .unwell]
    while killed < Self.kills {
      let course = courses[rounds % courses.count]
      rounds += 1
      bad += try await round(rounds, course) ? 0 : 1
    }
    print(
      """
      kills: \(killed) in \(rounds) rollouts, \(bad) of them with an untrue report; \
      \(Int(Date().timeIntervalSince(began))) s
      kills: killed at: \(counted(places))
      kills: hosts ended: \(counted(outcomes))
      """)
  }

  // MARK: One rollout

  /// Whether all was so.
  private mutating func round(_ number: Int, _ course: Course) async throws -> Bool {
    try await lab.renew(Self.hosts)
    if course == .unwell {
      try await lab.publish("v4.0.26", "v4.1.1")
    } else {
      try await lab.publish("v4.0.26", "v4.1.0")
    }
    let laptop = try await Laptop(lab, Self.setting(course))
    let watcher = try await Watcher(lab, Self.hosts)
    var story = ["\(number), \(course.rawValue):"]

    var words = ["upgrade", "--yes", "-o", "json"]
    for attempt in 1...3 {
      let moment = moment(course, isFirst: attempt == 1)
      let child = try laptop.start(words)
      guard let place = try await Self.kill(child, at: moment) else {
        story.append("\(words[0]) ended before \(moment).")
        break
      }
      killed += 1
      places[place, default: 0] += 1
      story.append("\(words[0]) killed after \(moment) (\(place)).")
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...4_000, using: &random)))
      if Int.random(in: 0..<6, using: &random) == 0 {
        try? FileManager.default.removeItem(atPath: "\(laptop.folder)/state/fleet")
        story.append("Its log is lost.")
      }
      words = ["resume", "--yes", "-o", "json"]
      guard Int.random(in: 0..<3, using: &random) == 0 else { break }
    }
    let report = try await goOn(laptop, &story)
    let looks = await watcher.stop()
    lines[course] = events(laptop, report.rollout)

    let truth = try await Truth.look(report, looks, lab)
    let hosts = report.hosts.map { "\($0.host) \($0.outcome)" }.joined(separator: ", ")
    story.append("\(report.outcome), \(report.exitCode): \(hosts).")
    for host in report.hosts { outcomes[host.outcome, default: 0] += 1 }
    var lies = truth.lies
    for host in Self.hosts where course == .good && truth.apps[host]?.version != "4.1.0" {
      lies.append("\(host) is left at \(truth.apps[host]?.version ?? "nothing")")
    }
    let rested = report.hosts.filter { ["upgraded", "rolled_back", "current"].contains($0.outcome) }
    try await lab.expectTidy(rested.map(\.host))
    print("kills: " + story.joined(separator: " "))
    for lie in lies {
      Issue.record("FLEET_LAB_SEED=\(Self.seed), rollout \(story.joined(separator: " "))\n\(lie)")
    }
    if let folder = LabMachine.environment["FLEET_LAB_KEEP"] {
      try keep(laptop, truth, in: "\(folder)/\(number)")
    }
    return lies.isEmpty
  }

  /// What a person would type: `resume`; where there is nothing open, `report`; where nothing had begun, `upgrade`.
  private func goOn(_ laptop: Laptop, _ story: inout [String]) async throws -> Report {
    for verb in [["resume", "--yes"], ["report"], ["upgrade", "--yes"]] {
      let ended = try await laptop.start(verb + ["-o", "json"]).ended()
      guard !ended.output.isEmpty else { continue }
      story.append("Then \(verb[0]):")
      #expect(try SchemaCheck.faults(inOutput: ended.output) == [])
      let report = try Lines.report(ended.output)
      #expect(report.exitCode == ended.code, "\(ended)")
      return report
    }
    throw LabTrouble("neither resume nor report nor upgrade says anything: \(laptop.folder)")
  }

  private mutating func moment(_ course: Course, isFirst: Bool) -> Moment {
    let all = lines[course] ?? 150
    return Moment(
      lines: Int.random(in: 0...(isFirst ? all : all / 2), using: &random),
      milliseconds: Int.random(in: 0...700, using: &random))
  }

  /// What it was at; nil where it ended by itself first.
  private static func kill(_ child: Program, at moment: Moment) async throws -> String? {
    try await moment.come(child)
    child.signal(SIGKILL)
    let ended = await child.ended()
    guard ended.code == 128 + SIGKILL else { return nil }
    return Moment.place(ended.output)
  }

  private func events(_ laptop: Laptop, _ rollout: String) -> Int? {
    let path = "\(laptop.folder)/state/fleet/rollouts/\(rollout)/events.jsonl"
    return FileManager.default.contents(atPath: path).map { $0.count { $0 == UInt8(ascii: "\n") } }
  }

  private func keep(_ laptop: Laptop, _ truth: Truth, in folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for part in try FileManager.default.contentsOfDirectory(atPath: laptop.folder) where part != "cache" {
      try? FileManager.default.copyItem(atPath: "\(laptop.folder)/\(part)", toPath: "\(folder)/\(part)")
    }
    try "\(truth)".write(toFile: "\(folder)/truth", atomically: true, encoding: .utf8)
  }

  private static func setting(_ course: Course) -> Laptop.Setting {
    var setting = Laptop.Setting(hosts: hosts, profile: quickPrepare)
    switch course {
    case .good:
      setting.rollout = ["batches: [2]", "max_parallel: 2"]
      setting.soak = "1s"
    case .unwell:
      setting.deadline = "8s"
    case .rollback:
      setting.rollout = ["on_failure: rollback"]
      setting.hosts = Array(hosts.dropLast())
      let check = #"{ run: "grep -q \"'4.0\" growroom/config.py" }"#
      setting.otherHosts = [
        "dry: { address: \(Lab.address("dry")), profile: { health: { deadline: 8s, checks: [\(check)] } } }"
      ]
    }
    return setting
  }
}

/// `2 down, 1 prove`: how often each of these was.
func counted(_ counts: [String: Int]) -> String {
  counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
}
