internal import Release
internal import Wire

/// A plan for people, and as a value for programs.
struct PlanText {
  struct Value: Encodable {
    struct Host: Encodable {
      var host: String
      var from: String?
      var target: String?
      var outcome: Outcome?
      var reason: Rollout.Cause?

      func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Keys.self)
        try keys.encode(host, forKey: .host)
        try keys.encode(from, forKey: .from)
        try keys.encode(target, forKey: .target)
        try keys.encode(outcome, forKey: .outcome)
        try keys.encode(reason, forKey: .reason)
      }
      enum Keys: String, CodingKey { case host, from, target, outcome, reason }
    }
    var schema = "fleet.plan/1"
    var app: String
    var hosts: [Host]
    var newer: [RolloutHeader.NewerRelease]
  }

  private let plan: Plan
  private let fleet: Fleet

  init(_ plan: Plan, fleet: Fleet) {
    self.plan = plan
    self.fleet = fleet
  }

  var value: Value {
    let hosts =
      plan.legs.flatMap { leg in leg.entries.map { host($0, leg) } } + plan.others.map { host($0, nil) }
    let newer = newer.map { RolloutHeader.NewerRelease(version: "\($0.version)", track: "\($0.track)") }
    return Value(app: fleet.name, hosts: hosts, newer: newer)
  }

  private func host(_ entry: PlanEntry, _ leg: PlanLeg?) -> Value.Host {
    switch entry.verdict {
    case .goes(let from):
      return Value.Host(
        host: entry.host.name, from: from, target: leg.map { "\($0.tag.version)" }, outcome: nil,
        reason: nil)
    case .rests(let outcome, let from, let cause):
      return Value.Host(
        host: entry.host.name, from: from, target: nil, outcome: outcome, reason: cause)
    }
  }

  var lines: [String] {
    var rows: [[String]] = []
    for leg in plan.legs { rows += leg.entries.map { row($0, leg) } }
    rows += plan.others.map { row($0, nil) }
    let table = Table(header: ["HOST", "FROM", "TO", "NOTE"], rows: rows, width: nil)
    return table.lines
      + newer.map { "v\($0.version) is out on track \($0.track); a major is never crossed by itself." }
  }

  private var newer: [Selection.NewerMajor] {
    var seen: [Selection.NewerMajor] = []
    for major in plan.legs.flatMap(\.newer) where !seen.contains(major) { seen.append(major) }
    return seen
  }

  private func row(_ entry: PlanEntry, _ leg: PlanLeg?) -> [String] {
    let name = entry.host.name
    switch entry.verdict {
    case .goes(let from):
      let goal = entry.goal.map { "on the way to \($0)" } ?? ""
      return [name, visible(from ?? "", limit: 40), leg.map { "\($0.tag.version)" } ?? "", goal]
    case .rests(let outcome, let from, let cause):
      let note = [Wording.outcome(outcome), cause?.text].compactMap { $0 }.joined(separator: ": ")
      return [name, visible(from ?? "", limit: 40), "-", visible(note, limit: 400)]
    }
  }
}
