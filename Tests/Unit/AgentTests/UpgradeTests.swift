import Testing
import Wire

@testable import Upgrade
@testable import Agent

/// Drives the machine as the runner would, with a script of failures.
struct Drive {
  var trace: [String] = []
  var outcome: Outcome??
  var machine: Upgrade

  init(_ machine: Upgrade, failing: [String: Cause.Code] = [:], shutdownAt: String? = nil) {
    self.machine = machine
    var action = self.machine.start()
    for _ in 0..<100 {
      let name: String
      switch action {
      case .record(let state): name = "=\(state.rawValue)"
      case .perform(let task): name = task.rawValue
      case .rest(let outcome):
        self.outcome = outcome
        return
      }
      trace.append(name)
      if name == shutdownAt {
        action = self.machine.handle(.shutdown)
      } else if let code = failing[name] {
        action = self.machine.handle(.failed(Cause(code: code, step: .check, text: name)))
      } else {
        action = self.machine.handle(.done)
      }
    }
    Issue.record("the machine does not come to rest: \(trace)")
  }
}

let wholeUndo = [
  "=rolling_back", "halt", "exchangeBack", "restore", "=rolled_back", "startOld", "proveOld",
  "discard", "mark", "=idle",
]

@Suite struct UpgradeTests {
  @Test func `a good stage rests staged`() {
    let run = Drive(.stage())
    #expect(
      run.trace == [
        "=begin", "check", "account", "receive", "extract", "prepare", "rehearse", "complete",
        "carryEarly", "=staged",
      ])
    #expect(run.outcome == .some(nil))
    #expect(run.machine.state == .staged)
  }

  @Test func `a good cutover ends upgraded`() {
    let run = Drive(.cutover())
    #expect(
      run.trace == [
        "ask", "=stopping", "stop", "=stopped", "carry", "migrate", "seal", "=swapping", "swap",
        "=swapped", "restart", "prove", "commit", "=committed", "settle", "=idle",
      ])
    #expect(run.outcome == .upgraded)
  }

  @Test(arguments: [
    "check", "account", "receive", "extract", "prepare", "rehearse", "complete", "carryEarly",
  ])
  func `a failure in stage refuses and touches nothing`(step: String) {
    let run = Drive(.stage(), failing: [step: .io])
    #expect(run.outcome == .refused)
    #expect(run.trace.suffix(3) == [step, "discard", "=idle"])
    #expect(run.machine.firstCause?.text == step)
  }

  @Test func `a job that cannot be begun is refused`() {
    let run = Drive(.stage(), failing: ["=begin": .io])
    #expect(run.outcome == .refused)
    #expect(run.trace == ["=begin", "discard", "=idle"])
  }

  @Test func `not now in stage is deferred`() {
    #expect(Drive(.stage(), failing: ["prepare": .notNow]).outcome == .deferred)
    #expect(Drive(.stage(), failing: ["check": .guardSaidNo]).outcome == .deferred)
  }

  @Test func `a guard that says no before stop keeps the stage`() {
    let run = Drive(.cutover(), failing: ["ask": .guardSaidNo])
    #expect(run.outcome == .deferred)
    #expect(run.trace == ["ask"])
    #expect(run.machine.state == .staged)
  }

  @Test func `room that ran out before stop is given back`() {
    let run = Drive(.cutover(), failing: ["ask": .space])
    #expect(run.outcome == .refused)
    #expect(run.trace == ["ask", "discard", "=idle"])
    #expect(run.machine.firstCause?.code == .space)
  }

  @Test func `an order that is taken back before stop throws the stage away`() {
    let run = Drive(.cutover(), failing: ["ask": .cancelled])
    #expect(run.outcome == .deferred)
    #expect(run.trace == ["ask", "discard", "=idle"])
  }

  @Test func `a stage that is given up is thrown away`() {
    let run = Drive(.abandon())
    #expect(run.outcome == .deferred)
    #expect(run.trace == ["discard", "=idle"])
    #expect(run.machine.firstCause?.code == .cancelled)
  }

  @Test(arguments: ["stop", "carry", "migrate", "seal", "swap", "restart", "prove", "commit"])
  func `a failure between stop and commit takes the whole way back`(step: String) {
    let run = Drive(.cutover(), failing: [step: .prove])
    #expect(run.outcome == .rolledBack)
    #expect(run.trace.suffix(wholeUndo.count + 1) == [step] + wholeUndo)
    #expect(run.machine.firstCause?.text == step)
  }

  @Test(arguments: ["=stopped", "=swapping", "=swapped", "=committed"])
  func `a state that cannot be recorded takes the way back`(state: String) {
    let run = Drive(.cutover(), failing: [state: .io])
    #expect(run.outcome == .rolledBack)
    #expect(run.trace.suffix(wholeUndo.count + 1) == [state] + wholeUndo)
  }

  @Test func `stopping that cannot be recorded leaves the old version alone`() {
    let run = Drive(.cutover(), failing: ["=stopping": .io])
    #expect(run.outcome == .refused)
    #expect(run.trace == ["ask", "=stopping", "discard", "=idle"])
  }

  @Test func `the first cause is not hidden by a later one`() {
    let run = Drive(.cutover(), failing: ["prove": .prove, "proveOld": .undo])
    #expect(run.outcome == .failed)
    #expect(run.machine.firstCause?.text == "prove")
    #expect(run.machine.undoCause?.text == "proveOld")
  }

  @Test func `an old tree that cannot be put back leaves the journal open`() {
    let run = Drive(.cutover(), failing: ["prove": .prove, "exchangeBack": .io])
    #expect(run.outcome == .failed)
    #expect(run.trace.last == "exchangeBack")
    #expect(run.machine.state == .rollingBack)
  }

  @Test func `what keeps the old tree away is told, and not what the undo went on without`() {
    let stuck = Drive(.cutover(), failing: ["prove": .prove, "halt": .undo, "exchangeBack": .holders])
    #expect(stuck.outcome == .failed && stuck.machine.undoCause?.code == .holders)
    // It was stopped after all: then it is down, and not left as it was.
    let down = Drive(
      .cutover(), failing: ["prove": .prove, "halt": .undo, "startOld": .restart, "proveOld": .undo])
    #expect(down.outcome == .failed && down.machine.undoCause?.text == "halt")
    #expect(down.machine.undoCause?.code == .undo)
  }

  @Test func `an undo that only grumbles is a rollback`() {
    for grumble in ["halt", "restore", "startOld", "mark", "discard", "=rolling_back"] {
      let run = Drive(.cutover(), failing: ["prove": .prove, grumble: .io])
      #expect(run.outcome == .rolledBack, "\(grumble)")
      #expect(run.machine.undoCause != nil)
    }
  }

  @Test func `what cannot be settled stays upgraded and open`() {
    let run = Drive(.cutover(), failing: ["settle": .io])
    #expect(run.outcome == .upgraded)
    #expect(run.machine.state == .committed)
  }

  @Test func `a shutdown acts no more`() {
    for moment in ["prepare", "stop", "migrate", "swap", "prove", "halt"] {
      let stage = Drive(.stage(), shutdownAt: moment)
      let cutover = Drive(.cutover(), failing: moment == "halt" ? ["prove": .prove] : [:], shutdownAt: moment)
      let run = stage.trace.contains(moment) ? stage : cutover
      #expect(run.outcome == .interrupted)
      #expect(run.trace.last == moment)
    }
  }

  @Test(arguments: Upgrade.State.allCases)
  func `recovery ends old before commit and new from commit on`(state: Upgrade.State) {
    let run = Drive(.recover(from: state, cause: nil))
    switch state {
    case .idle, .staged:
      #expect(run.trace.isEmpty)
    case .begin:
      #expect(run.trace == ["discard", "=idle"])
      #expect(run.outcome == .interrupted)
    case .stopping, .stopped, .swapping, .swapped, .proved, .rollingBack, .rolledBack:
      #expect(run.outcome == .interrupted)
      #expect(!run.trace.contains("mark"))
      #expect(run.trace.contains("exchangeBack") == (state != .rolledBack))
      #expect(run.trace.suffix(4) == ["startOld", "proveOld", "discard", "=idle"])
    case .committed:
      #expect(run.trace == ["settle", "=idle"])
      #expect(run.outcome == .upgraded)
    }
  }

  @Test func `recovery after a crash marks the host`() {
    let crash = Cause(code: .crashed, step: .undo, text: "crashed")
    let run = Drive(.recover(from: .swapped, cause: crash))
    #expect(run.outcome == .rolledBack)
    #expect(run.trace.contains("mark"))
  }

  /// `stopping` is on the disk before the app is stopped, and from there all ways lead back; `committed` is before
  /// anything is thrown away.
  @Test func `what recovery goes by is on the disk first`() {
    func states(_ run: Drive) -> [Upgrade.State] {
      run.trace.filter { $0.hasPrefix("=") }.compactMap { Upgrade.State(rawValue: String($0.dropFirst())) }
    }
    func lasting(_ run: Drive, from first: Upgrade.State) -> [Upgrade.State] {
      zip(states(run), [first] + states(run)).filter(Upgrade.mustLast).map(\.0)
    }
    #expect(lasting(Drive(.stage()), from: .idle) == [.begin, .staged])
    #expect(lasting(Drive(.cutover()), from: .staged) == [.stopping, .committed, .idle])
    #expect(
      lasting(Drive(.cutover(confirmed: true)), from: .staged) == [.stopping, .proved, .committed, .idle])
    #expect(
      lasting(Drive(.cutover(), failing: ["prove": .prove]), from: .staged) == [
        .stopping, .rolledBack, .idle,
      ])
  }

  @Test func `every task stands in one table once`() {
    let tasks = (Upgrade.forward + Upgrade.again.prefix { $0.task != .prove } + Upgrade.backward).map(\.task)
    #expect(Set(tasks).count == tasks.count)
    #expect(Set(tasks) == Set(Upgrade.Task.allCases))
  }
}
