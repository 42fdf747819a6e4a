import TestSupport
import SystemPackage
import Synchronization
import Testing

@testable import Effects
@testable import Agent

/// Answers of systemd 252 (Debian 12) and 257 (Debian 13), as they were printed.
@Suite struct SystemctlParseTests {
  private func parse(_ output: String) throws -> ServiceState {
    try #require(Systemctl.parse(output, units: ["growroom.service"]).first)
  }

  @Test(arguments: JoiningMarks.all)
  func `values begin right after the sign, and lines end at theirs, whatever is joined to them`(mark: String)
    throws
  {
    let state = try parse("ActiveState=active\nSubState=\(mark)\nResult=\n\(mark)\nControlGroup=/\(mark)a\n")
    #expect(state.isUp)
    #expect(state.detail == mark)
    #expect(state.result.isEmpty)
    #expect(Array(state.controlGroup.utf8) == Array("/\(mark)a".utf8))
  }

  @Test func `a running service`() throws {
    let state = try parse(
      """
      Type=notify
      RemainAfterExit=no
      MainPID=412
      Result=success
      NRestarts=2
      ControlGroup=/system.slice/growroom.service
      Id=growroom.service
      LoadState=loaded
      ActiveState=active
      SubState=running
      ConditionTimestampMonotonic=4711
      ConditionResult=yes
      InvocationID=6a0b1f0e8e7c4a7ab5a1a44b5b2f2a11

      """)
    #expect(state.activity == .active)
    #expect(state.isUp && !state.isDown)
    #expect(state.mainPID == 412)
    #expect(state.restarts == 2)
    #expect(state.controlGroup == "/system.slice/growroom.service")
    #expect(state.invocation == "6a0b1f0e8e7c4a7ab5a1a44b5b2f2a11")
    #expect(state.words == "active (running)")
  }

  @Test func `a service that systemd is about to start again is neither up nor down`() throws {
    let state = try parse(
      "MainPID=0\nNRestarts=7\nResult=exit-code\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\n"
    )
    #expect(state.activity == .activating)
    #expect(!state.isUp && !state.isDown)
    #expect(state.mainPID == nil)
    #expect(state.words == "activating (auto-restart, exit-code)")
  }

  @Test func `a failed service is down`() throws {
    let state = try parse("Result=exit-code\nLoadState=loaded\nActiveState=failed\nSubState=failed\n")
    #expect(state.activity == .failed)
    #expect(state.isDown && !state.isUp)
  }

  @Test func `a job that waits keeps a service from being down`() throws {
    let state = try parse("Job=812\nLoadState=loaded\nActiveState=inactive\nSubState=dead\n")
    #expect(!state.isDown)
  }

  @Test func `a condition that failed is told`() throws {
    let state = try parse(
      "LoadState=loaded\nActiveState=inactive\nSubState=dead\nConditionResult=no\nConditionTimestampMonotonic=55\n"
    )
    #expect(!state.conditionHeld)
  }

  @Test func `a condition that was never looked at did not fail`() throws {
    let state = try parse(
      "LoadState=loaded\nActiveState=inactive\nSubState=dead\nConditionResult=no\nConditionTimestampMonotonic=0\n"
    )
    #expect(state.conditionHeld)
  }

  @Test func `a oneshot that ended well is up`() throws {
    let state = try parse(
      """
      Type=oneshot
      RemainAfterExit=no
      Result=success
      LoadState=loaded
      ActiveState=inactive
      SubState=dead
      InvocationID=ab
      ConditionResult=yes
      ConditionTimestampMonotonic=55
      """)
    #expect(state.isUp)
  }

  @Test func `a unit that does not exist is not loaded`() throws {
    #expect(try !parse("LoadState=not-found\nActiveState=inactive\nSubState=dead\n").isLoaded)
    #expect(try !parse("LoadState=masked\nActiveState=inactive\nSubState=dead\n").isLoaded)
  }

  @Test func `several units come in the order asked for`() {
    let output = "Id=a.service\nActiveState=active\n\nId=b.service\nActiveState=failed\n"
    let states = Systemctl.parse(output, units: ["a.service", "alias.service"])
    #expect(states.map(\.name) == ["a.service", "alias.service"])
    #expect(states.map(\.activity) == [.active, .failed])
  }
}

/// A systemd that follows a script: what it was told is written down, what it shows is set.
final class FakeSystemd: Sendable {
  struct State {
    var calls: [[String]] = []
    var show: [String: [String]] = [:]
    var failing: [String: Tool.Result] = [:]
    var running = "running"
    var now = Duration.zero
  }
  let state = Mutex(State())

  /// What `show` says of a unit, one after the other; the last one stays.
  func shows(_ unit: String, _ answers: String...) { state.withLock { $0.show[unit] = answers } }
  func fails(_ verb: String, status: Int32, _ text: String) {
    state.withLock { $0.failing[verb] = Tool.Result(status: status, output: text) }
  }

  var calls: [String] {
    state.withLock { $0.calls.filter { $0[0] != "show" }.map { $0.joined(separator: " ") } }
  }

  var systemctl: Systemctl {
    Systemctl { arguments throws(CommandError) in
      self.state.withLock { state in
        state.calls.append(arguments)
        if arguments[0] == "is-system-running" { return Tool.Result(status: 0, output: state.running + "\n") }
        if let answer = state.failing[arguments[0]] { return answer }
        guard arguments[0] == "show" else { return Tool.Result(status: 0, output: "") }
        var blocks: [String] = []
        for unit in arguments.drop(while: { $0 != "--" }).dropFirst() {
          var answers = state.show[unit] ?? ["LoadState=not-found\nActiveState=inactive"]
          blocks.append(answers[0])
          if answers.count > 1 { answers.removeFirst() }
          state.show[unit] = answers
        }
        return Tool.Result(status: 0, output: blocks.joined(separator: "\n\n") + "\n")
      }
    }
  }

  /// Time that passes only by sleeping.
  var time: MonotonicTime {
    MonotonicTime(
      now: { self.state.withLock { $0.now } },
      sleep: { duration in self.state.withLock { $0.now += duration } })
  }

  func services(_ units: [String], stopTimeoutSeconds: Int = 10) -> SystemdServices {
    SystemdServices(
      units: units, stopTimeoutSeconds: stopTimeoutSeconds, systemctl: systemctl, time: time,
      controlGroups: "/nonexistent")
  }
}

private let active = "LoadState=loaded\nActiveState=active\nSubState=running\nInvocationID=a"
private let inactive = "LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success"
private let failed = "LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code"

@Suite struct SystemdServicesTests {
  let systemd = FakeSystemd()

  @Test func `units are stopped at once, and each is waited for`() throws {
    systemd.shows("a.service", active, active, active, inactive)
    systemd.shows("b.service", active, active, inactive)
    systemd.shows("c.service", inactive)
    try systemd.services(["a.service", "b.service", "c.service"]).stop { nil }
    #expect(systemd.calls == ["stop --no-block -- b.service a.service"])
    // The last look found that the second is down, too.
    #expect(systemd.state.withLock { $0.show["a.service"] } == [inactive])
  }

  @Test func `one that does not stop in time is killed, and the others are not`() throws {
    systemd.shows("a.service", active, inactive)
    systemd.state.withLock { $0.show["b.service"] = Array(repeating: active, count: 60) + [failed] }
    try systemd.services(["a.service", "b.service"]).stop { nil }
    #expect(
      systemd.calls == ["stop --no-block -- b.service a.service", "kill -s KILL -- b.service"])
  }

  @Test func `what is down is left alone`() throws {
    systemd.shows("a.service", inactive)
    try systemd.services(["a.service", "gone.service"]).stop { nil }
    #expect(systemd.calls == [])
  }

  @Test func `a unit that does not stop in time is killed`() throws {
    let answers = Array(repeating: active, count: 60) + [failed]
    systemd.state.withLock { $0.show["a.service"] = answers }
    try systemd.services(["a.service"], stopTimeoutSeconds: 10).stop { nil }
    #expect(systemd.calls == ["stop --no-block -- a.service", "kill -s KILL -- a.service"])
  }

  @Test func `a unit that survives that is an error`() {
    systemd.shows("a.service", active)
    #expect(throws: ServiceError.cannotStop("a.service", "it is active (running) after SIGKILL")) {
      try systemd.services(["a.service"]).stop { nil }
    }
  }

  @Test func `units are started in order each when the one before is up`() throws {
    systemd.shows("a.service", inactive, "LoadState=loaded\nActiveState=activating\nJob=3", active)
    systemd.shows("b.service", inactive, active)
    try systemd.services(["a.service", "b.service"]).start(deadline: .seconds(60)) { nil }
    #expect(
      systemd.calls == [
        "reset-failed -- a.service", "start --no-block -- a.service",
        "reset-failed -- b.service", "start --no-block -- b.service",
      ])
  }

  @Test func `a start that a condition blocks is no success`() {
    systemd.shows(
      "a.service", inactive, inactive + "\nConditionResult=no\nConditionTimestampMonotonic=9")
    #expect(throws: ServiceError.blocked("a.service")) {
      try systemd.services(["a.service"]).start(deadline: .seconds(60)) { nil }
    }
  }

  @Test func `a unit that fails is not waited for`() {
    systemd.shows("a.service", inactive, failed)
    #expect(
      throws: ServiceError.cannotStart(
        "a.service", "it is failed (failed, exit-code); `journalctl -u a.service` says why")
    ) {
      try systemd.services(["a.service"]).start(deadline: .seconds(60)) { nil }
    }
  }

  @Test func `a start has an end`() {
    systemd.shows("a.service", inactive, "LoadState=loaded\nActiveState=activating\nSubState=start\nJob=3")
    #expect(throws: ServiceError.cannotStart("a.service", "it is activating (start) and not up in time")) {
      try systemd.services(["a.service"]).start(deadline: .seconds(60)) { nil }
    }
    #expect(systemd.time.now() >= .seconds(60))
  }

  @Test func `a unit that does not exist is named`() {
    #expect(throws: ServiceError.noSuchUnit("gone.service")) {
      try systemd.services(["gone.service"]).start(deadline: .seconds(60)) { nil }
    }
  }

  @Test func `a start that a shutdown refuses is no failure of the release`() {
    systemd.shows("a.service", inactive)
    systemd.fails(
      "start", status: 4, "Failed to start a.service: Transaction for a.service/start is destructive")
    systemd.state.withLock { $0.running = "stopping" }
    #expect(throws: ServiceError.shuttingDown) {
      try systemd.services(["a.service"]).start(deadline: .seconds(60)) { nil }
    }
  }

  @Test func `the same refusal without a shutdown is an error`() {
    systemd.shows("a.service", inactive)
    systemd.fails("start", status: 4, "Failed to start a.service")
    #expect(throws: ServiceError.manager("start: Failed to start a.service (exit 4)")) {
      try systemd.services(["a.service"]).start(deadline: .seconds(60)) { nil }
    }
  }

  @Test func `an interruption ends the waiting`() {
    systemd.shows("a.service", active)
    #expect(throws: ServiceError.interrupted(.cancelled)) {
      try systemd.services(["a.service"]).stop { .cancelled }
    }
  }
}

@Suite struct ControlGroupTests {
  @Test func `processes of a unit are found in any slice and below`() throws {
    let root = try TemporaryDirectory()
    try root.write("1\n", to: "system.slice/other.service/cgroup.procs")
    try root.write("2\n3\n", to: "system.slice/app.service/cgroup.procs")
    try root.write("4\n", to: "system.slice/app.service/child/cgroup.procs")
    try root.write("5\n", to: "system.slice/system-t.slice/t@1.service/cgroup.procs")
    try root.write("6\n", to: "user.slice/user-1000.slice/app.service/cgroup.procs")
    #expect(ControlGroup.processes(ofUnits: ["app.service"], below: root.path) == [2, 3, 4])
    #expect(ControlGroup.processes(ofUnits: ["t@1.service"], below: root.path) == [5])
  }
}
