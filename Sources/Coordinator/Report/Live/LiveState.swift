import Rollout
import Text
package import Driver
package import Wire

/// What a terminal shows of a rollout under way. Pure: lines in, a frame out.
package struct LiveState: Sendable {
  private var title: String
  private var rows: [LiveRow]
  /// The rollout itself, fed with the same lines: it knows the batch and what comes next.
  private var record: RolloutRecord?
  private var batches = 0
  private var startedAt: Int64?
  private var soakEndsAt: Int64?
  /// Whom the pause is for, and those of them that were not well and are asked once more.
  private var watched: [String] = []
  private var suspects: [String] = []
  private var isInterrupted = false

  /// Nothing, until a line with a header comes.
  init() { self.init(title: "", hosts: []) }

  private init(title: String, hosts: [String]) {
    self.title = visible(title, limit: 200)
    rows = hosts.map { LiveRow($0) }
  }

  package init(_ record: RolloutRecord) {
    let header = record.header
    let title =
      header.restores.map { "Rolling back to \($0)" }
      ?? "\(header.name) \(header.tag) (track \(header.track))"
    self.init(title: title, hosts: header.hosts)
    self.record = record
    syncRows()
  }

  package mutating func apply(_ line: EventLine, now: Int64) {
    if startedAt == nil { startedAt = now }
    if let begun = RolloutRecord(first: line) {
      let since = startedAt
      self = LiveState(begun)
      startedAt = since
      return
    }
    let wave = record?.rollout.wave
    _ = record?.add(line)
    if let next = record?.rollout.wave, next != wave, !next.isCanary { batches += 1 }
    switch line.event {
    case .soaking:
      soakEndsAt = now + (line.total ?? 0) * 1000
      (watched, suspects) = (line.hosts ?? [], [])
    case .suspected: suspects = line.hosts ?? []
    case .soaked, .turnedUnwell, .cutoverOrdered: soakEndsAt = nil
    case .interrupted: isInterrupted = true
    case .resumed: syncRows()
    default: break
    }
    guard let host = line.host, let index = rows.firstIndex(where: { $0.host == host }) else { return }
    rows[index].update(line, now: now)
    // What these lead to hangs on what was before: the rollout has judged it.
    if Self.judged.contains(line.event), let member = record?.rollout[host] { rows[index].sync(member) }
  }

  private static let judged: Set<EventName> = [.turnedUnwell, .wentBack, .staysUpgraded]

  private mutating func syncRows() {
    for member in record?.rollout.members ?? [] {
      guard let index = rows.firstIndex(where: { $0.host == member.name }) else { continue }
      rows[index].sync(member)
    }
  }

  // MARK: On a page

  /// A host of the rollout, in words.
  package struct HostWords: Equatable, Sendable {
    package var host: String
    package var activity: String
    package var detail: String
    package var outcome: Outcome?
    package var isActive: Bool
    /// Milliseconds since 1970.
    package var downSince: Int64?
  }

  package func hosts(now: Int64) -> [HostWords] {
    rows.map {
      HostWords(
        host: $0.host, activity: $0.activity,
        detail: $0.detail(LiveStyle(color: false), width: 0, now: now, withClock: false), outcome: $0.outcome,
        isActive: $0.isActive, downSince: $0.downSince)
    }
  }

  // MARK: Drawing

  /// - Parameters:
  ///   - width: no line is wider, in columns.
  ///   - height: of the terminal, in lines; one of them stays free, for the cursor. Where there is no room
  ///     for all hosts, those at work are shown first.
  func frame(width: Int, height: Int, style: LiveStyle, now: Int64) -> [String] {
    guard !rows.isEmpty else { return [] }
    let foot = foot(now)
    var room = max(1, height - 2 - (foot == nil ? 0 : 1))
    if rows.count > room { room = max(1, room - 1) }
    let shown = shown(room)
    let names = min(shown.map { Columns.count($0.name) }.max() ?? 0, max(8, width / 3))
    let activities = shown.map { Columns.count($0.activity) }.max() ?? 0
    var lines = [style.cut(head(now), to: width)]
    for row in shown {
      let name = Columns.padded(
        Columns.cut(row.name, to: names, ellipsis: style.unicode ? "…" : "~"), to: names)
      let start = "\(row.mark(style, now: now)) \(name)  \(Columns.padded(row.activity, to: activities))  "
      let detail = row.detail(style, width: width - Columns.count(start), now: now)
      lines.append(row.painted(style.cut(Columns.trimmed(start + detail), to: width), style))
    }
    if shown.count < rows.count { lines.append(style.cut(others(than: shown), to: width)) }
    if let foot { lines.append(style.cut(foot, to: width)) }
    return Array(lines.prefix(max(1, height - 1)))
  }

  /// In the inventory's order, whoever is chosen.
  private func shown(_ room: Int) -> [LiveRow] {
    guard rows.count > room else { return rows }
    let chosen = rows.indices.sorted { (rows[$0].rank, $0) < (rows[$1].rank, $1) }.prefix(room)
    return chosen.sorted().map { rows[$0] }
  }

  /// What goes on, and how far it is.
  package func head(_ now: Int64) -> String {
    var parts = [title]
    if let record, !record.isRollback, let wave = record.rollout.wave {
      parts.append(wave.isCanary ? "canary" : "batch \(batches)")
    }
    if rows.count > 1 { parts.append(count) }
    if let startedAt { parts.append(Wording.clock(Int(max(0, now - startedAt)))) }
    return parts.joined(separator: "   ")
  }

  /// How many are where they were to go, and what became of those that do not get there.
  private var count: String {
    let outcomes = rows.compactMap(\.outcome)
    let done = outcomes.count { $0.isAtRelease || $0 == .restored }
    let others = Outcome.allCases.filter { !$0.isAtRelease && $0 != .restored }.compactMap { outcome in
      let count = outcomes.count { $0 == outcome }
      return count == 0 ? nil : ", \(count) \(Wording.outcome(outcome))"
    }
    return "\(done) of \(rows.count) done\(others.joined())"
  }

  private func others(than shown: [LiveRow]) -> String {
    let names = Set(shown.map(\.host))
    var counts: [(what: String, count: Int)] = []
    for row in rows where !names.contains(row.host) {
      let what = row.activity.isEmpty ? "waiting" : row.activity
      if let index = counts.firstIndex(where: { $0.what == what }) {
        counts[index].count += 1
      } else {
        counts.append((what, 1))
      }
    }
    let parts = counts.map { "\($0.count) \($0.what)" }.joined(separator: ", ")
    return "and \(rows.count - shown.count) more: \(parts)"
  }

  /// What comes next, or why nothing does.
  package func foot(_ now: Int64) -> String? {
    guard let rollout = record?.rollout else { return nil }
    if isInterrupted {
      let isBusy = rollout.members.contains { [.clearing, .cutover, .lost, .goingBack].contains($0.place) }
      return isBusy
        ? "interrupted: finishing what is in its cutover (Ctrl-C again lets go)"
        : "interrupted: nothing is down, and nothing goes down any more"
    }
    if rollout.phase == .goingBack {
      let later = rollout.members.filter { $0.canGoBack && $0.place != .goingBack }.map(\.name)
      return "halted: the hosts that were upgraded go back" + Self.then(later.reversed(), "; next: ")
    }
    if rollout.halt != nil {
      return "halting: what is in its cutover is finished, nothing new begins"
    }
    let waiting = rollout.members.filter { $0.place == .staged }.map(\.name)
    let next = waiting.filter { rollout.wave?.hosts.contains($0) != true }
    if let soakEndsAt { return pause(till: soakEndsAt, now) + Self.then(next, "; then ") }
    if let wave = rollout.wave {
      let same = wave.hosts.filter { waiting.contains($0) }
      let later = Self.then(same.isEmpty ? next : same, "next: ")
      return later.isEmpty ? nil : later
    }
    let isStaging = rollout.members.contains { $0.place == .planned || $0.place == .staging }
    guard isStaging else { return nil }
    if record?.isRollback == true { return "nothing is down yet" }
    return rollout.policy.stageOnly
      ? "nothing goes down: only staging"
      : "nothing is down: cut over is when all are staged, the canary first"
  }

  /// It lasts longer than was said where a host that is not well has to be asked once more.
  private func pause(till end: Int64, _ now: Int64) -> String {
    let doubt = suspects.isEmpty ? "" : EventSentence.suspicion(suspects)
    guard now >= end else {
      let left = "pause before the next batch, \(Wording.clock(Int(end - now) + 999)) left"
      return doubt.isEmpty ? left : "\(left); \(doubt)"
    }
    return doubt.isEmpty ? "asking once more how \(Self.then(watched, "")) is" : "waiting: \(doubt)"
  }

  private static func then(_ hosts: [String], _ before: String) -> String {
    let names = hosts.map { visible($0, limit: 40) }
    guard !names.isEmpty else { return "" }
    guard names.count > 3 else { return before + Wording.list(names) }
    return before + names.prefix(2).joined(separator: ", ") + " and \(names.count - 2) more"
  }
}
