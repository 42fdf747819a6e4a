import Foundation
import SystemPackage
import TestSupport
import Wire

@testable import Upgrade
@testable import Agent

/// One run: an order, and what happens at chosen system calls of the agent, of its recovery, of the recovery of
/// that. Printed as a line that runs it again.
struct TortureTrial: CustomStringConvertible, Hashable {
  var scenario: Scenario
  /// In the order in which they can happen.
  var plans: [Plan]
  /// After a power cut the app starts by itself a second after the second boot unit has begun, instead of before it.
  var appStartsLate = false

  var description: String {
    ([scenario.rawValue] + plans.map(\.description) + (appStartsLate ? ["late"] : [])).joined(separator: " ")
  }

  init(_ scenario: Scenario, _ plans: [Plan], appStartsLate: Bool = false) {
    self.scenario = scenario
    self.plans = plans
    self.appStartsLate = appStartsLate
  }

  init?(_ text: String) {
    let words = text.split(separator: " ").map(String.init)
    guard let first = words.first, let scenario = Scenario(rawValue: first) else { return nil }
    let rest = words.dropFirst().filter { $0 != "late" }
    let plans = rest.compactMap { Plan($0) }
    guard plans.count == rest.count else { return nil }
    self.init(scenario, plans, appStartsLate: words.last == "late")
  }
}

/// What a run came to.
struct TrialResult {
  var trial: TortureTrial
  /// The calls at which something was done.
  var hits: [KillReport.Call] = []
  /// How many calls each phase made, the first time that it ended.
  var counts: [Plan.Phase: Int] = [:]
  var calls: [KillReport.Call] = []
  /// How the job came to rest, if it says so.
  var rested: JobResult?
  /// What must always hold, and did not.
  var problems: [String] = []
  var seconds = 0.0

  /// How the job ended, in a word.
  var outcome: String { rested.map { $0.outcome?.rawValue ?? "staged" } ?? "unknown" }

  /// Every call that was aimed at was reached.
  var wasReached: Bool { hits.count >= trial.plans.count }
}

/// Carries a trial out. After a crash it touches nothing: the job's parent must recover. After a power cut it
/// boots: the boot units' commands, and the app's own start. Only where recovery itself is killed does it call
/// recovery again, as the next contact does.
final class TrialRun {
  private let trial: TortureTrial
  private let template: Template
  private let folder: String
  private let listing: Bool
  private var machine: TortureMachine?
  private var boots = 1
  private var result: TrialResult

  /// How long one step of a run may take, in seconds; a longer one hangs.
  static let longestSeconds = 90.0

  init(_ trial: TortureTrial, _ template: Template, name: String, listing: Bool = false) throws {
    self.trial = trial
    self.template = template
    self.listing = listing
    result = TrialResult(trial: trial)
    folder = try template.copy(for: trial.scenario, as: name)
  }

  deinit {
    machine?.cutPower()
    try? FileManager.default.removeItem(atPath: folder)
  }

  func run() -> TrialResult {
    let began = Date()
    do {
      if !trial.scenario.isCutover {
        try Data(template.order(trial.scenario).frames).write(to: URL(fileURLWithPath: "\(folder)/in"))
      }
      let watch = Watch(port: template.port)
      defer { watch.stop() }
      try order()
      try recoverUntilDone()
      if let machine {
        let inspection = Inspection(
          trial: trial, template: template, folder: folder, machine: machine, watch: watch,
          powerWasCut: boots > 1, faulted: trial.plans.contains { $0.isFault })
        (result.rested, result.problems) = inspection.run()
      }
    } catch {
      result.problems.append("\(error)")
    }
    machine?.cutPower()
    note()
    result.seconds = Date().timeIntervalSince(began)
    if !result.problems.isEmpty { result.problems.append("log:\n\(logs())") }
    return result
  }

  private var report: KillReport { KillReport("\(folder)/report") }

  private func note() {
    let report = report
    result.hits = report.hits
    result.calls = report.calls
    for phase in Plan.Phase.allCases { result.counts[phase] = report.ends[phase.rawValue]?.first }
  }

  /// The plans that have not happened yet.
  private var pending: [Plan] { Array(trial.plans.dropFirst(report.hits.count)) }

  // MARK: The order

  private func order() throws {
    let serve = "agent/fleet-agent serve <in >out 2>>out.log"
    let words = TortureMachine.traced(["/bin/sh", "-c", serve], at: pending, listing: listing)
    let machine = try TortureMachine(
      folder,
      ["/bin/sh", "-c", "\(template.start); exec \"$@\"", "boot"]
        + words)
    self.machine = machine
    var ordered = 1
    try wait("the order") { [self] in
      guard machine.isOn else { return true }
      let report = report
      if report.ends["recover"] != nil { return true }
      // The coordinator, which heard nothing, says it again.
      let killed = report.hits.filter { $0.phase == "serve" && Plan.What(rawValue: $0.what)?.kills == true }
        .count
      if killed == ordered, report.ends["serve"]?.count == ordered {
        ordered += 1
        let again = TortureMachine.traced(["/bin/sh", "-c", serve], at: pending, listing: listing)
        _ = try machine.run(["/bin/sh", "-c", "\"$@\" >>again.log 2>&1 &", "again"] + again)
      }
      return false
    }
  }

  // MARK: Recovery

  private func recoverUntilDone() throws {
    // Bounded by the plans: each recovery that is not killed is the last.
    for _ in 0...trial.plans.count + 1 {
      guard let machine else { return }
      if !machine.isOn {
        try boot()
      } else if wasKilled || !isAtRest {
        let words = TortureMachine.traced(
          ["agent/fleet-agent", "recover", "growroom"], at: pending, listing: listing)
        let ends = report.ends["recover"]?.count ?? 0
        // What it starts stays traced, and killat with it.
        do { _ = try machine.run(["/bin/sh", "-c", "\"$@\" >>again.log 2>&1 &", "again"] + words) } catch {
          // Its first process ends with the last one that it traces: then nothing ran there any more, and it boots.
          guard machine.isOn else { continue }
          throw error
        }
        try wait("recovery") { [self] in !machine.isOn || (report.ends["recover"]?.count ?? 0) > ends }
      } else {
        return
      }
    }
  }

  /// The last recovery was killed: whether it had done everything is not known. After a power cut a boot follows.
  private var wasKilled: Bool {
    guard let last = report.hits.last, let what = Plan.What(rawValue: last.what), what.kills, !what.cutsPower
    else { return false }
    let isRecovery = [.recover, .bootSettle].contains(Plan.Phase(rawValue: last.phase))
    return isRecovery && report.ends["recover"]?.count ?? 0 == recoveriesAtLastHit
  }

  /// Each hit in a live recovery ends it.
  private var recoveriesAtLastHit: Int {
    report.hits.filter {
      $0.phase == Plan.Phase.recover.rawValue && Plan.What(rawValue: $0.what)?.kills == true
    }.count
  }

  private var isAtRest: Bool {
    guard let record = try? Journal.peek(FilePath("\(folder)/state/growroom/journal")) else { return true }
    return record.state == .idle || record.state == .staged
  }

  private func boot() throws {
    boots += 1
    let id = "22222222-0000-4000-8000-\(String(format: "%012d", boots))"
    try Data("\(id)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/boot_id"))
    unlink("\(folder)/booted")
    let script = """
      agent/fleet-agent recover --boot-files >>recover.log 2>&1
      \(trial.appStartsLate ? "{ sleep 1; \(template.start); } &" : template.start)
      agent/fleet-agent recover --boot-settle >>recover.log 2>&1
      touch settled
      wait
      touch booted
      exec sleep 1000
      """
    machine?.cutPower()
    let machine = try TortureMachine(
      folder, TortureMachine.traced(["/bin/sh", "-c", script], at: pending, listing: listing))
    self.machine = machine
    try wait("the boot") { [self] in !machine.isOn || access("\(folder)/booted", F_OK) == 0 }
  }

  private func wait(_ what: String, until isSo: () throws -> Bool) throws {
    try Template.wait(what, seconds: Self.longestSeconds, until: isSo)
  }

  /// The ends of everything that was written down.
  private func logs() -> String {
    let job = "\(folder)/state/growroom/jobs/\(trial.scenario.job)"
    let files = [
      "\(folder)/report", "\(folder)/out.log", "\(folder)/again.log", "\(folder)/recover.log",
      "\(folder)/log/boot.out", "\(job)/events.jsonl", "\(job)/log", "\(folder)/log/daemon.out",
    ]
    return files.map { file in
      let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
      let lines = text.split(separator: "\n").suffix(25).map { $0.prefix(600) }
      return "--- \(file)\n\(lines.joined(separator: "\n"))"
    }.joined(separator: "\n")
  }
}

extension Plan {
  var isFault: Bool { !what.kills }
}

extension Plan.What {
  /// It ends the agent, instead of failing one of its calls.
  var kills: Bool {
    switch self {
    case .crashEntry, .crashExit, .cutEntry, .cutExit: true
    default: false
    }
  }

  var cutsPower: Bool { self == .cutEntry || self == .cutExit }
}
