import Synchronization
import SystemPackage
import Testing
import Wire

@testable import Effects
@testable import Agent

/// Answers without running anything.
final class SaidCommands: CommandRunning {
  private let ends: Mutex<[Result<CommandResult.End, CommandError>]>
  let asked = Mutex(0)
  init(_ ends: Result<CommandResult.End, CommandError>...) { self.ends = Mutex(ends) }

  func run(_ command: StepCommand, log: StepLog?, interruption: InterruptionCheck) throws(CommandError)
    -> CommandResult
  {
    asked.withLock { $0 += 1 }
    let next = ends.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    return CommandResult(end: try next.get(), milliseconds: 1, output: "lamp is on\n", tail: ["lamp is on"])
  }
}

@Suite struct GuardKeeperTests {
  private let systemd = FakeSystemd()

  private func ask(_ commands: SaidCommands, waitSeconds: Int = 0, waits: Bool = true) -> GuardKeeper.Answer {
    let guards = [Guard(run: Run(command: .shell("true")), why: "the lamp is on", waitSeconds: waitSeconds)]
    let keeper = GuardKeeper(
      guards: guards, environment: StepEnvironment(app: "a", install: "/", vars: [:]), owner: nil,
      runner: commands, time: systemd.time)
    return keeper.ask(waits: waits) { nil }
  }

  @Test func `exit 0 means go`() {
    #expect(ask(SaidCommands(.success(.exited(0)))) == .go)
  }

  @Test(
    arguments: [.exited(1), .exited(75), .signalled(9), .timedOut(afterSeconds: 3)] as [CommandResult.End])
  func `anything else means no`(_ end: CommandResult.End) {
    guard case .no(why: "the lamp is on", _) = ask(SaidCommands(.success(end))) else {
      Issue.record("go")
      return
    }
  }

  @Test func `a guard that cannot be asked says no`() {
    let error = CommandError.noSuchUser("grow")
    #expect(ask(SaidCommands(.failure(error))) == .no(why: "the lamp is on", detail: "\(error)"))
  }

  @Test func `it is asked again for as long as it wants to be waited for`() {
    let commands = SaidCommands(.success(.exited(75)), .success(.exited(1)), .success(.exited(0)))
    #expect(ask(commands, waitSeconds: 60) == .go)
    #expect(systemd.time.now() == .seconds(10))
  }

  @Test func `the wait has an end`() {
    let commands = SaidCommands(.success(.exited(75)))
    #expect(
      ask(commands, waitSeconds: 12) == .no(why: "the lamp is on", detail: "exit 75 (not now): lamp is on"))
    #expect(systemd.time.now() == .seconds(12))
    #expect(commands.asked.withLock { $0 } == 4)
  }

  @Test func `without waiting the first answer counts`() {
    let commands = SaidCommands(.success(.exited(75)), .success(.exited(0)))
    #expect(ask(commands, waitSeconds: 60, waits: false) != .go)
  }

  @Test func `an interruption is no answer`() {
    #expect(ask(SaidCommands(.success(.interrupted(.shutdown)))) == .interrupted(.shutdown))
  }
}
