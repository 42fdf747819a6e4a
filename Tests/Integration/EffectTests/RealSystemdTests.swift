import TestSupport
import Glibc
import SystemPackage
import Testing
import Wire

@testable import Effects
@testable import Agent

/// Against the systemd of this very machine. Only where that is a lab host: the variable says so. LabTests start
/// one and run these there.
@Suite(
  .serialized, .enabled(if: getenv("FLEET_TEST_SYSTEMD") != nil, "is run on a lab host, by SystemdTests"))
struct RealSystemdTests {
  /// Makes a unit in /run that is gone with the test.
  private final class Unit {
    let name: String
    private let path: FilePath
    private var want: FilePath { FilePath("/run/systemd/system/multi-user.target.wants").appending(name) }

    /// - Parameter isWanted: as a unit that was enabled is; of others systemd forgets more.
    init(_ body: String, isWanted: Bool = false) throws {
      name = "fleet-try-" + String(UInt64.random(in: 0 ... .max), radix: 36) + ".service"
      path = FilePath("/run/systemd/system").appending(name)
      let directory = try TemporaryDirectory()
      let made = try directory.write("[Service]\n\(body)\n", to: name)
      _ = try Tool.run(["cp", made.string, path.string], timeoutSeconds: 20)
      if isWanted {
        _ = try Tool.run(["mkdir", "-p", want.removingLastComponent().string], timeoutSeconds: 20)
        symlink(path.string, want.string)
      }
      _ = try Tool.run(["systemctl", "daemon-reload"], timeoutSeconds: 60)
    }

    deinit {
      unlink(want.string)
      _ = try? Tool.run(["systemctl", "kill", "-s", "KILL", name], timeoutSeconds: 20)
      unlink(path.string)
      _ = try? Tool.run(["systemctl", "daemon-reload"], timeoutSeconds: 60)
    }

    func services(stopTimeoutSeconds: Int = 10) -> SystemdServices {
      SystemdServices(units: [name], stopTimeoutSeconds: stopTimeoutSeconds)
    }
  }

  private var soon: Duration { Monotonic.now() + .seconds(30) }

  @Test func `a service starts and stops`() throws {
    let unit = try Unit("ExecStart=sleep 600")
    let services = unit.services()
    #expect(try services.states().map(\.isUp) == [false])
    try services.start(deadline: soon) { nil }
    let state = try #require(try services.states().first)
    #expect(state.isUp && state.detail == "running" && !state.invocation.isEmpty)
    #expect(isAlive(try #require(state.mainPID)))
    #expect(try services.processes().map(\.pid) == [state.mainPID])
    try services.stop { nil }
    #expect(try services.states().map(\.isDown) == [true])
    #expect(try services.processes() == [])
  }

  @Test func `a service without a time-out that does not listen is killed`() throws {
    let unit = try Unit(
      "ExecStart=sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nTimeoutStopSec=infinity")
    let services = unit.services(stopTimeoutSeconds: 1)
    try services.start(deadline: soon) { nil }
    try services.stop { nil }
    #expect(try services.states().map(\.activity) == [.failed])
    // And it can be started again.
    try services.start(deadline: soon) { nil }
  }

  @Test func `what a service leaves behind is found`() throws {
    let unit = try Unit("ExecStart=sh -c 'sleep 601 & sleep 600'\nKillMode=process")
    let services = unit.services()
    try services.start(deadline: soon) { nil }
    // The shell is called the service's main process before it has started the others.
    #expect(eventually { (try? services.processes().map(\.name).sorted()) == ["sh", "sleep", "sleep"] })
    try services.stop { nil }
    #expect(try services.processes().map(\.name) == ["sleep", "sleep"])
  }

  @Test(arguments: [true, false])
  func `a held unit does not start until the hold is lifted`(_ isWanted: Bool) throws {
    let unit = try Unit("ExecStart=sleep 600", isWanted: isWanted)
    let hold = StartBlock(app: unit.name, units: [unit.name])
    try hold.place()
    #expect {
      try unit.services().start(deadline: soon) { nil }
    } throws: { error in
      isWanted ? error as? ServiceError == .blocked(unit.name) : "\(error)".contains("a condition holds it")
    }
    try hold.lift()
    try unit.services().start(deadline: soon) { nil }
    try hold.remove()
    #expect(try unit.services().states().map(\.isUp) == [true])
  }

  @Test func `a service that fails at once is an error or unwell`() throws {
    let unit = try Unit("Type=notify\nExecStart=sh -c 'exit 3'")
    #expect {
      try unit.services().start(deadline: soon) { nil }
    } throws: { error in
      "\(error)".contains("it is failed (failed, exit-code)")
    }
  }

  @Test func `restarts are counted and break the proof`() throws {
    let unit = try Unit("ExecStart=sh -c 'sleep 0.7; exit 1'\nRestart=always\nRestartSec=0")
    let services = unit.services()
    try services.start(deadline: soon) { nil }
    let prover = HealthProver(
      services: services, health: .init(healthyForSeconds: 2, deadlineSeconds: 4),
      environment: StepEnvironment(app: "a", install: "/", vars: [:]), owner: nil, runner: try builtRunner(),
      http: WebProbe())
    guard case .unhealthy = prover.prove(from: Monotonic.now(), interruption: { nil }) else {
      Issue.record("proved")
      return
    }
    #expect(try #require(try services.states().first).restarts > 0)
  }

  @Test func `a unit that does not exist is named`() {
    #expect(throws: ServiceError.noSuchUnit("fleet-none.service")) {
      try SystemdServices(units: ["fleet-none.service"], stopTimeoutSeconds: 5).start(deadline: soon) { nil }
    }
  }

  @Test func `a oneshot that ends is up`() throws {
    let unit = try Unit("Type=oneshot\nExecStart=true")
    try unit.services().start(deadline: soon) { nil }
  }
}
