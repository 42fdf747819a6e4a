import Inventory
import Rollout
import Text
import Driver
import Report
import Release
import SystemPackage
import Wire

extension Session {
  /// Shows a plan where somebody is to judge it, or looks on (at a terminal also with `--yes`; a mail of cron stays as
  /// short as it is), and asks for it.
  func approve(_ plan: PlanText, _ question: String) async throws -> Bool {
    if showsPlan { plan.lines.forEach(print) }
    return try await prompter.confirm(question)
  }

  /// Whether ``approve(_:_:)`` shows it.
  var showsPlan: Bool { output == .text && !quiet && (!yes || verbose || context.terminal.canDraw) }

  /// The versions that fleet.yaml passes over.
  var skipped: Set<Version> { Set(fleet.skip.compactMap { TagName($0)?.version }) }
}

extension PlanLeg {
  /// What a person is asked who has the plan in view.
  ///
  /// - Parameter goesOn: whether it goes on behind a stepping stone by itself.
  static func question(_ going: [PlanLeg], stageOnly: Bool, goesOn: Bool = false) -> String {
    let parts = going.map { leg in
      let onward = goesOn && !stageOnly ? leg.goal.map { ", and on to \($0)" } ?? "" : ""
      return "\(Wording.hosts(leg.going.count)) to \(leg.release)\(onward)"
    }
    let verb = stageOnly ? "Stage" : going.allSatisfy { $0.newestLeft != nil } ? "Downgrade" : "Upgrade"
    let left = going.compactMap(\.newestLeft).max()
    let older = left.map { " The data is of \($0), which an older version may not understand." } ?? ""
    let major = going.contains { leg in leg.crossesMajor } ? " This crosses a major." : ""
    let failed = going.compactMap(\.failureWords).map { " \($0)." }.joined()
    return "\(verb) \(parts.joined(separator: ", then "))?\(major)\(older)\(failed)"
  }

  /// The hosts on which its release failed, as their agents remember.
  var failed: [PlanEntry] { entries.filter { $0.failure != nil } }

  /// `v4.1.1 failed on veg (it answers 503)`; nil where it failed on none.
  var failureWords: String? {
    guard let first = failed.first?.failure else { return pastFailure }
    let names = failed.map { visible($0.host.name, limit: 60) }
    return "\(tag) failed on \(Wording.list(names)) (\(Wording.sentence(first)))"
  }

  /// It failed where it was tried, and runs on none of these hosts: then it may be the release, and not the host.
  var hasOnlyFailed: Bool {
    failureWords != nil
      && !entries.contains { entry in
        guard case .rests(.current, let from?, nil) = entry.verdict else { return false }
        return Version.isSame(from, "\(tag.version)")
      }
  }
}

extension PlanLeg {
  /// Why nobody is asked whether its hosts go; nil: they may.
  ///
  /// - Parameter isAsked: a person is asked, or has said that it is to be tried again.
  func refusal(canaries: [String], stageOnly: Bool, isAsked: Bool) -> String? {
    guard !stageOnly else { return nil }
    if !isAsked, hasOnlyFailed, let words = failureWords {
      return "\(words): \(Self.notByItself)"
    }
    return canaryWords(canaries)
  }

  static let notByItself = "with --yes it goes nowhere by itself. Without, fleet asks; --retry says it, too"

  /// A canary that is named goes first, or nobody goes; why it does not.
  func canaryWords(_ canaries: [String]) -> String? {
    guard !going.isEmpty else { return nil }
    let here = entries.filter { canaries.contains($0.host.name) }
    guard !here.isEmpty, !here.contains(where: { going.contains($0) }) else { return nil }
    let missing = here.filter { entry in
      guard case .rests(.current, _, _) = entry.verdict else { return true }
      return false
    }
    guard let first = missing.first, case .rests(let outcome, _, let cause) = first.verdict else {
      return nil
    }
    let why = [Wording.outcome(outcome), cause?.text].compactMap { $0 }.joined(separator: ": ")
    return "nobody goes before the canary \(visible(first.host.name, limit: 60)), which does not (\(why))"
  }

  /// As it is where the canary keeps all from going.
  func heldByCanary(_ canaries: [String]) -> PlanLeg {
    guard let why = canaryWords(canaries) else { return self }
    var leg = self
    for index in leg.entries.indices {
      guard case .goes(let from) = leg.entries[index].verdict else { continue }
      leg.entries[index].verdict = .rests(
        .untouched, from: from, Cause(code: .canary, text: why))
    }
    return leg
  }
}

extension PlanEntry {
  var isMarked: Bool {
    guard case .rests(.refused, _, let cause?) = verdict else { return false }
    return cause.code == .marked
  }
}

extension SurveyAnswer {
  /// Without claims that nobody is behind any more, or of the rollout that is driven here.
  func withoutClaims(of left: LeftClaims, driving: String? = nil) -> SurveyAnswer {
    guard case .probe(var probe, let health) = self, let claim = probe.status.claim,
      left.isLeft(claim, driving: driving)
    else { return self }
    probe.status.claim = nil
    return .probe(probe, health: health)
  }
}

extension SurveyAnswer {
  /// Without the open job of a rollout that is gone on with: at a boot, say, it is just being ended there, and what is
  /// ordered waits for that.
  func withoutJob(of rollout: String) -> SurveyAnswer {
    guard case .probe(var probe, let health) = self, probe.isInCutover, let job = probe.status.openJob,
      LeftClaims.is(job, of: rollout)
    else { return self }
    (probe.status.state, probe.status.openJob) = (JobState.idle.rawValue, nil)
    return .probe(probe, health: health)
  }
}

extension RolloutRecord {
  /// As `PlanLeg.failureWords`, of a rollout that halted since its release failed where it was tried, and ran nowhere.
  var failureWords: String? {
    guard case .halted = rollout.ending, !isRollback else { return nil }
    let report = Report(self)
    guard NextSteps(report).hasOnlyFailed, let first = report.hosts.first(where: \.hasFailed) else {
      return nil
    }
    let names = report.hosts.filter(\.hasFailed).map { visible($0.host, limit: 60) }
    let why = first.reason.map { " (\(Wording.sentence($0)))" } ?? ""
    return "\(visible(header.tag, limit: 80)) failed on \(Wording.list(names))\(why)"
  }
}
