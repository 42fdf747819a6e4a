import Text
import ByteText
import Wire

/// What halts a rollout, and how it ends.
extension Rollout {
  package enum Halt: Equatable, Sendable {
    /// More failed than `max_failures` allows.
    case failures
    /// It was proved, and turned unwell while it was watched.
    case unwell(String)
    /// None of them ended upgraded.
    case canary([String])
    /// They were to go first, and could not.
    case canaryCouldNot([String])
    /// With `unreachable: halt`.
    case unreachable(String)
    /// The log is lost, and hosts were found in their rollback.
    case goingBack

    /// Whether the release is to blame, so that `on_failure: rollback` takes back who has it.
    var isFailure: Bool {
      switch self {
      case .failures, .unwell, .canary, .goingBack: true
      case .canaryCouldNot, .unreachable: false
      }
    }
  }

  /// The first reason stays.
  mutating func stop(_ why: Halt) {
    if halt == nil { halt = why }
  }

  mutating func haltIfNeeded() {
    if failures > policy.maxFailures { stop(.failures) }
    if policy.haltOnUnreachable, let away = members.first(where: \.isAway) {
      stop(.unreachable(away.name))
    }
  }

  /// In words, with all that is known at the end.
  private func words(_ halt: Halt) -> String {
    let failed = members.filter(\.isFailure).map(\.name)
    var text =
      switch halt {
      case .failures:
        "\(failed.count) failed (\(failed.joined(separator: ", "))), \(policy.maxFailures) allowed"
      case .unwell(let host): "\(host) turned unwell on the new version"
      case .canary(let hosts): "no canary ended upgraded (\(hosts.joined(separator: ", ")))"
      case .canaryCouldNot(let hosts): "the canary \(hosts.joined(separator: ", ")) could not go first"
      case .unreachable(let host): "\(host) is unreachable"
      case .goingBack: "hosts were going back to their backups when its log was lost"
      }
    if let shared = SharedFailure(members) { text += "; \(shared)" }
    return text
  }

  /// Nothing new is begun here any more: what was upgraded goes back first, where that is asked for, and what
  /// is in its cutover (found there while hosts were asked) is waited for.
  mutating func end() -> [Action] {
    if mustGoBack || members.contains(where: { $0.place == .goingBack }) {
      phase = .goingBack
      return goBack()
    }
    guard !inCutover.isEmpty else { return finish() }
    phase = .cuttingOver
    return []
  }

  /// Hosts whose turn did not come are untouched; the stage of those that have one stays ready. Where
  /// the limit was passed by the last of them there was nothing left to halt.
  mutating func finish(_ asked: Ending? = nil) -> [Action] {
    let isWaiting = members.contains { $0.outcome == nil && !$0.place.isInCutover }
    if !isWaiting, !members.contains(where: { $0.rollback != .none }) { halt = nil }
    for index in members.indices {
      switch members[index].place {
      case .settled, .cutover, .lost, .goingBack: break
      case .staged, .clearing: settle(index, .untouched, Cause(code: .staged, text: "staged, ready"))
      case .unseen, .probing, .planned, .staging: settle(index, .untouched, nil)
      }
    }
    let end = asked ?? halt.map { .halted(why: words($0)) } ?? (interruptions > 0 ? .interrupted : .done)
    ending = end
    return [.finish(end)]
  }

  /// The second Ctrl-C: cutovers go on by themselves, and nobody here knows how they end.
  mutating func letGo() -> [Action] {
    for index in members.indices where members[index].place.isInCutover {
      let text = "let go in its cutover, which goes on by itself; fleet resume follows it"
      settle(index, .unknown, Cause(code: .letGo, text: text))
    }
    return finish(.interrupted)
  }

  /// News that came after the end, as when a log was cut behind it, still corrects what was unknown.
  mutating func noteLate(_ event: Event) {
    switch event {
    case .cutoverRested(let host, _), .wentBack(let host, _):
      if let index = index(of: host) { _ = move(index, event) }
    default: break
    }
  }
}

/// Hosts that failed in the same way: then it is the release, not the host.
struct SharedFailure: Equatable, Sendable, CustomStringConvertible {
  var hosts: [String]
  var cause: Cause

  /// The largest such group; nil where no two of those that failed are alike.
  init?(_ members: [Rollout.Member]) {
    var groups: [(key: String, hosts: [String], cause: Cause)] = []
    for member in members where member.isFailure {
      guard let cause = member.cause, member.outcome != .unknown else { continue }
      let key = Self.key(cause, of: member.name)
      if let index = groups.firstIndex(where: { $0.key == key }) {
        groups[index].hosts.append(member.name)
      } else {
        groups.append((key, [member.name], cause))
      }
    }
    let largest = groups.reduce(nil as (key: String, hosts: [String], cause: Cause)?) { best, next in
      next.hosts.count > (best?.hosts.count ?? 1) ? next : best
    }
    guard let largest else { return nil }
    (hosts, cause) = (largest.hosts, largest.cause)
  }

  /// What differs from host to host (its name, times, counts, addresses) is left out.
  private static func key(_ cause: Cause, of host: String) -> String {
    let words = cause.text.pieces(by: " ").map { word in
      word == host || word.unicodeScalars.contains { $0.isDigit } ? "#" : String(word)
    }
    return "\(cause.code) \(cause.step?.rawValue ?? "") \(words.joined(separator: " "))"
  }

  var description: String {
    let step = cause.step.map { "\($0.rawValue): " } ?? ""
    return "\(Wording.list(hosts)) failed alike (\(step)\(cause.text)): the release, not the host"
  }
}
