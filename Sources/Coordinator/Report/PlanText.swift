import Text
package import Inventory
import Rollout
package import Driver
import Release
import Wire

/// A plan for people, and as a value for programs.
package struct PlanText {
  package struct Value: Encodable {
    struct Host: Encodable {
      var host: String
      var from: String?
      var target: String?
      var outcome: Outcome?
      var reason: Cause?
      /// What its rehearsal says the downtime will be; nil where this release was not rehearsed there.
      var forecastMs: Int?
      /// Of its last upgrade that stayed.
      var lastDowntimeMs: Int?
      /// What should be known of the host before its first cutover.
      var warnings: [String] = []
      /// What the profile's commands say that should be known before it goes; nil where nobody asked.
      var forewarned: [String]?
      /// What would stay behind; nil where nobody looked.
      var leftBehind: [Files]?
      /// The tag of the release that lies behind, where the target is a stepping stone.
      var goal: String?
      /// What the profile knows to be bad of the release that it would go to, or that it stays with.
      var advisories: [KnownBad] = []

      func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Keys.self)
        try keys.encode(host, forKey: .host)
        try keys.encode(from, forKey: .from)
        try keys.encode(target, forKey: .target)
        try keys.encode(outcome, forKey: .outcome)
        try keys.encode(reason, forKey: .reason)
        try keys.encode(forecastMs, forKey: .forecastMs)
        try keys.encode(lastDowntimeMs, forKey: .lastDowntimeMs)
        try keys.encode(warnings, forKey: .warnings)
        try keys.encode(forewarned, forKey: .forewarned)
        try keys.encode(leftBehind, forKey: .leftBehind)
        try keys.encode(goal, forKey: .goal)
        try keys.encode(advisories, forKey: .advisories)
      }
      enum Keys: String, CodingKey {
        case host, from, target, outcome, reason, forecastMs, lastDowntimeMs, warnings, leftBehind, goal
        case advisories, forewarned
      }
    }
    /// One advisory of the profile.
    struct KnownBad: Encodable {
      var why: String
      var link: String?
      var refuse: Bool

      init(_ advisory: Advisory) {
        (why, link) = (visible(advisory.why), advisory.link.map { visible($0) })
        refuse = advisory.refuses
      }

      func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Keys.self)
        try keys.encode(why, forKey: .why)
        try keys.encode(link, forKey: .link)
        try keys.encode(refuse, forKey: .refuse)
      }
      enum Keys: String, CodingKey { case why, link, refuse }
    }
    /// What is new on the way to a release.
    struct News: Encodable {
      var tag: String
      var releases: [ReleaseNotes.Note]
      var leftOut: Int
    }
    /// One group of files.
    struct Files: Encodable {
      var kind: String
      var text: String
      var count: Int
      var bytes: Int64
    }
    var schema = "fleet.plan/1"
    var app: String
    var hosts: [Host]
    var newer: [RolloutHeader.NewerRelease]
    /// Tags that are no versions, where no host goes anywhere.
    var passedOver: [String]
    /// Of each release that hosts go to; only where it was asked for.
    var notes: [News]?
  }

  private let plan: Plan
  private let fleet: Fleet
  private let width: Int?
  private let passedOver: [String]
  private let doubtfullyPassedOver: [String]
  private let typed: TypedFleet
  /// How the last job on each host rested.
  private var last: [String: JobResult] = [:]
  /// What the last upgrade of each took that stayed.
  private var lastDowntime: [String: Int] = [:]
  /// What should be known of each host before its first cutover.
  private var warnings: [String: [String]] = [:]
  /// What would stay behind on each.
  private let accounts: [String: FileAccount]
  /// What people should know of each before they say yes.
  package var forewarnings: [String: Forewarning] = [:]
  /// What is new in the release of each leg; nil: nobody asked.
  private let notes: [ReleaseNotes]?

  /// - Parameters:
  ///   - answers: that the plan was made of.
  ///   - notes: of each leg what is new in its release; nil: it is not told.
  ///   - tags: that it was made with.
  ///   - typed: how what to do next is typed.
  package init(
    _ plan: Plan, fleet: Fleet, answers: [(host: Host, answer: SurveyAnswer)] = [],
    accounts: [String: FileAccount] = [:], notes: [ReleaseNotes]? = nil, tags: Tags = Tags(),
    width: Int? = nil, typed: TypedFleet = TypedFleet()
  ) {
    self.notes = notes
    self.plan = plan
    self.fleet = fleet
    self.width = width
    self.accounts = accounts
    self.typed = typed
    // Where somebody goes to a release, it is known what is one.
    let isKnown = !plan.legs.allSatisfy(\.going.isEmpty)
    passedOver = isKnown ? [] : tags.passedOver
    doubtfullyPassedOver = isKnown ? [] : tags.doubtfullyPassedOver
    for case (let host, .probe(let probe, _)) in answers {
      last[host.name] = probe.status.last
      lastDowntime[host.name] = probe.status.lastUpgradeDowntime
      warnings[host.name] = probe.warnings
    }
  }

  /// Only where it is staged for this very release: then it was rehearsed.
  private func forecast(_ host: String, _ leg: PlanLeg?) -> Int? {
    guard let last = last[host], last.outcome == nil, last.target == leg.map({ "\($0.tag.version)" }) else {
      return nil
    }
    return last.forecastMilliseconds
  }

  package var value: Value {
    let hosts =
      plan.legs.flatMap { leg in leg.entries.map { host($0, leg) } } + plan.others.map { host($0, nil) }
    let newer = newer.map { RolloutHeader.NewerRelease(version: "\($0.version)", track: "\($0.track)") }
    let news = notes.map { notes in
      zip(plan.legs, notes).map { leg, notes in
        Value.News(tag: visible(leg.tag.text), releases: notes.releases, leftOut: notes.leftOut)
      }
    }
    return Value(app: fleet.name, hosts: hosts, newer: newer, passedOver: passedOver, notes: news)
  }

  private func host(_ entry: PlanEntry, _ leg: PlanLeg?) -> Value.Host {
    var host = withoutFiles(entry, leg)
    host.advisories = entry.advisories.map { Value.KnownBad($0) }
    if case .lines(let lines) = forewarnings[entry.host.name] { host.forewarned = lines }
    if case .groups(let groups) = accounts[entry.host.name] {
      host.leftBehind = groups.map {
        Value.Files(kind: $0.kind.rawValue, text: $0.text, count: $0.count, bytes: $0.bytes)
      }
    }
    return host
  }

  private func withoutFiles(_ entry: PlanEntry, _ leg: PlanLeg?) -> Value.Host {
    switch entry.verdict {
    case .goes(let from):
      return Value.Host(
        host: entry.host.name, from: from, target: leg.map { "\($0.tag.version)" }, outcome: nil,
        reason: nil, forecastMs: forecast(entry.host.name, leg),
        lastDowntimeMs: lastDowntime[entry.host.name], warnings: warnings[entry.host.name] ?? [],
        goal: entry.goal?.text)
    case .rests(let outcome, let from, let cause):
      return Value.Host(
        host: entry.host.name, from: from, target: nil, outcome: outcome, reason: cause)
    }
  }

  package var lines: [String] {
    var rows: [[String]] = []
    for leg in plan.legs { rows += leg.entries.map { row($0, leg) } }
    rows += plan.others.map { row($0, nil) }
    let table = Table(header: ["HOST", "FROM", "TO", "DOWNTIME", "NOTE"], rows: rows, width: width)
    return table.lines + [summary] + stoneLines + advisoryLines + newerLines + doubtfullyPassedOver
      + forewarningLines + fileLines + noteLines
  }

  /// One that refuses a host stands in its row.
  private var advisoryLines: [String] {
    var told: [(advisory: Advisory, hosts: [String])] = []
    for entry in plan.entries {
      let refusing = entry.isRefusedByAdvisory ? entry.advisories.first(where: \.refuses) : nil
      for advisory in entry.advisories where advisory != refusing {
        let host = visible(entry.host.name, limit: 60)
        if let index = told.firstIndex(where: { $0.advisory == advisory }) {
          told[index].hosts.append(host)
        } else {
          told.append((advisory, [host]))
        }
      }
    }
    return told.map { "Known of \(Wording.list($0.hosts)): \(Wording.advisory($0.advisory))" }
  }

  /// What is new in each release that hosts go to.
  private var noteLines: [String] {
    zip(plan.legs, notes ?? []).flatMap { leg, notes -> [String] in
      guard !notes.releases.isEmpty else { return [] }
      let known = notes.releases.filter { $0.text != nil }
      let title = known.isEmpty ? [] : ["What is new in \(leg.tag), the newest first:"]
      return title + known.flatMap { note in [note.tag] + note.lines.map { "  \($0)" } }
        + Wording.notesLeftOut(notes, on: "\(leg.track)").map { typed.words($0) }
    }
  }

  /// What is to be known before anybody says yes, of hosts of which the same is told once; and where nobody knows.
  private var forewarningLines: [String] {
    Self.together(plan.legs.flatMap(\.going), forewarnings, without: .lines([])).flatMap { warning, hosts in
      switch warning {
      case .unknown(let why):
        ["\(Wording.list(hosts)): what is to be known before is not known: \(visible(why, limit: 400))"]
      case .lines(let lines):
        ["\(Wording.list(hosts)), to be known before:"] + lines.map { "  \(visible($0, limit: 400))" }
      }
    }
  }

  /// What would stay behind, of hosts with the same once; and where nobody looked.
  private var fileLines: [String] {
    Self.together(plan.entries, accounts, without: .groups([])).flatMap { answer, hosts in
      switch answer {
      case .unknown(let why):
        ["\(Wording.list(hosts)): not looked at is what would stay behind there: \(why)"]
      case .groups(let groups):
        [
          "\(Wording.list(hosts)): would stay behind there (\(typed.command("plan --adopt")) proposes what to do):"
        ]
          + groups.map { "  \($0.text)" }
      }
    }
  }

  /// Answers of hosts, each once with the hosts that gave it, in the plan's order.
  ///
  /// - Parameter nothing: an answer that is not worth telling.
  private static func together<Answer: Equatable>(
    _ entries: [PlanEntry], _ answers: [String: Answer], without nothing: Answer
  ) -> [(answer: Answer, hosts: [String])] {
    var told: [(answer: Answer, hosts: [String])] = []
    for entry in entries {
      guard let answer = answers[entry.host.name], answer != nothing else { continue }
      if let index = told.firstIndex(where: { $0.answer == answer }) {
        told[index].hosts.append(entry.host.name)
      } else {
        told.append((answer, [entry.host.name]))
      }
    }
    return told
  }

  /// Who goes, and in which order.
  private var summary: String {
    let going = plan.legs.flatMap(\.going).count
    guard going > 0 else { return nobody }
    let many = "\(Wording.hosts(going)) \(going == 1 ? "goes" : "go")"
    guard going > 1 else { return "\(many)." }
    let policy = fleet.policy
    let hasGone = plan.legs.contains(where: \.canaryHasGone)
    let canary =
      switch policy.canary {
      case _ where hasGone: ""
      case .count(0): ""
      case .count(let count): count == 1 ? "the first as canary, then " : "\(count) as canaries, then "
      case .hosts(let names): canaries(names)
      }
    let sizes = policy.batches.map { size in
      switch size {
      case .count(let count): "\(count)"
      case .percent(let percent): "\(percent) %"
      }
    }
    let pause =
      policy.soakSeconds > 0 ? ", \(Wording.seconds(policy.soakSeconds * 1000)) between them" : ""
    return "\(many): \(canary)batches of \(sizes.joined(separator: ", "))\(pause)."
  }

  /// Those of them that go; who has the release has shown it.
  private func canaries(_ names: [String]) -> String {
    let going = plan.legs.flatMap(\.going).map(\.host.name).filter { names.contains($0) }
    return going.isEmpty ? "" : "\(Wording.list(going)) as canary, then "
  }

  /// Why nobody goes: nothing is to be done, or nothing can be.
  private var nobody: String {
    let stuck = plan.entries.filter { entry in
      guard case .rests(let outcome, _, _) = entry.verdict else { return false }
      return [.refused, .unreachable].contains(outcome)
    }
    if let text = canary.map({ typed.words($0.text) }) {
      return text.prefix(1).uppercased() + text.dropFirst() + "."
    }
    let unwell = plan.entries.filter { $0.health.isWell == false }.map { visible($0.host.name, limit: 60) }
    guard !stuck.isEmpty else {
      return unwell.isEmpty ? "Nothing to do." : "Nothing to upgrade; unwell: \(Wording.list(unwell))."
    }
    guard stuck.count < plan.entries.count else { return "No host can go: see what is noted of each." }
    return
      "Nobody goes: \(Wording.list(stuck.map { visible($0.host.name, limit: 60) })) cannot, the others need not."
  }

  /// Who comes to a stepping stone, and how it goes on behind it.
  private var stoneLines: [String] {
    plan.legs.compactMap { leg in
      guard let goal = leg.goal else { return nil }
      let hosts = leg.going.filter { $0.goal != nil }.map { visible($0.host.name, limit: 60) }
      let verb = hosts.count == 1 ? "goes" : "go"
      let how =
        fleet.policy.throughStones
        ? "once all went well, fleet goes on by itself"
        : "from there once more \(typed.command("upgrade"))"
      return "\(Wording.list(hosts)) \(verb) to \(goal) by way of \(leg.tag), a stepping stone: \(how)."
    }
  }

  /// The canary that keeps all others, where nobody goes.
  private var canary: Cause? {
    guard plan.legs.allSatisfy(\.going.isEmpty) else { return nil }
    return plan.entries.lazy.compactMap { entry in
      guard case .rests(.untouched, _, let cause?) = entry.verdict else { return nil }
      return cause.code == .canary ? cause : nil
    }.first
  }

  var newerLines: [String] { Self.newerLines(plan) }

  package static func newerLines(_ plan: Plan?) -> [String] {
    newer(plan).map { "v\($0.version) is out on track \($0.track); a major is never crossed by itself." }
  }

  private var newer: [Selection.NewerMajor] { Self.newer(plan) }

  private static func newer(_ plan: Plan?) -> [Selection.NewerMajor] {
    var seen: [Selection.NewerMajor] = []
    for major in plan?.legs.flatMap(\.newer) ?? [] where !seen.contains(major) { seen.append(major) }
    return seen
  }

  /// What the cutover will take, or took the last time that the new version stayed.
  private func downtime(_ host: String, _ leg: PlanLeg?) -> String {
    if let forecast = forecast(host, leg) { return "about \(Wording.seconds(forecast))" }
    return lastDowntime[host].map { "\(Wording.seconds($0)) last time" } ?? "unknown"
  }

  private func row(_ entry: PlanEntry, _ leg: PlanLeg?) -> [String] {
    let name = entry.host.name
    switch entry.verdict {
    case .goes(let from):
      let isStaged = forecast(name, leg) != nil ? "staged, ready" : nil
      let known = (warnings[name] ?? []).map { visible($0, limit: 300) }
      let notes = [isStaged, entry.goal.map { "on the way to \($0)" }, entry.note].compactMap { $0 } + known
      return [
        name, visible(from ?? "", limit: 40), leg.map { "\($0.tag.version)" } ?? "", downtime(name, leg),
        visible(typed.words(notes.joined(separator: ", ")), limit: 400),
      ]
    case .rests(let outcome, let from, let cause):
      // Below the table it is told once for all of them.
      let why = cause == canary ? cause.map { _ in Wording.waitsForCanary } : cause?.text
      let note = [Wording.outcome(outcome), why].compactMap { $0 }.joined(separator: ": ")
      return [name, visible(from ?? "", limit: 40), "-", "", visible(typed.words(note), limit: 800)]
    }
  }
}
