package import SystemPackage
package import Wire

/// An app that three commands start, stop and ask after: for hosts without systemd.
package struct CommandServices: ServiceControl {
  var start: Run
  var stop: Run
  var status: Run
  var owner: String?
  var environment: StepEnvironment
  var stopTimeoutSeconds: Int
  /// Takes what the started app prints.
  var output: FilePath
  var runner: any CommandRunning
  var log: StepLog?
  var time = MonotonicTime.live

  package init(
    start: Run, stop: Run, status: Run, owner: String? = nil, environment: StepEnvironment,
    stopTimeoutSeconds: Int, output: FilePath, runner: any CommandRunning, log: StepLog? = nil,
    time: MonotonicTime = MonotonicTime.live
  ) {
    self.start = start
    self.stop = stop
    self.status = status
    self.owner = owner
    self.environment = environment
    self.stopTimeoutSeconds = stopTimeoutSeconds
    self.output = output
    self.runner = runner
    self.log = log
    self.time = time
  }

  static let name = "the app"

  /// `status` exits with 0 when the app is up; anything else means that it is not.
  package func states() throws(ServiceError) -> [ServiceState] {
    let result = try run(status, seconds: status.timeoutSeconds, children: .end, log: nil) { nil }
    var state = ServiceState(name: Self.name, activity: result.succeeded ? .active : .inactive)
    if !result.succeeded { state.detail = "status: \(Self.words(of: result))" }
    if case .timedOut = result.end { state.activity = .other("unknown") }
    return [state]
  }

  package func stop(interruption: InterruptionCheck) throws(ServiceError) {
    let end = time.now() + .seconds(stopTimeoutSeconds)
    let seconds = min(stop.timeoutSeconds, stopTimeoutSeconds)
    let result = try run(stop, seconds: seconds, children: .end, log: log, interruption)
    var pauses = GrowingPause.ofService
    while try !states().allSatisfy(\.isDown) {
      if let why = interruption() { throw .interrupted(why) }
      guard time.now() < end else {
        throw .cannotStop(
          Self.name, "the stop command: \(Self.words(of: result)); the status command says up")
      }
      time.sleep(pauses.take())
    }
  }

  package func start(deadline: Duration, interruption: InterruptionCheck) throws(ServiceError) {
    let left = (deadline - time.now()).wholeMilliseconds / 1000
    let seconds = max(1, min(start.timeoutSeconds, left))
    let result = try run(
      start, seconds: seconds, children: .stay(output: output), log: log, interruption)
    guard result.succeeded else {
      throw .cannotStart(Self.name, "the start command: \(Self.words(of: result))")
    }
    var pauses = GrowingPause.ofService
    while true {
      let states = try states()
      if states.allSatisfy(\.isUp) { return }
      if let why = interruption() { throw .interrupted(why) }
      guard time.now() < deadline else {
        throw .cannotStart(Self.name, states.map(\.words).joined(separator: ", "))
      }
      time.sleep(pauses.take())
    }
  }

  /// How a command ended, and the end of what it said: that is where a program says why.
  private static func words(of result: CommandResult) -> String {
    let said = result.tail.suffix(2).map { visible($0, limit: 120) }.joined(separator: " / ")
    return said.isEmpty ? result.summary : "\(result.summary): \(said)"
  }

  /// There is no control group to look into: who still holds the tree is found by ``Holders``.
  package func processes() throws(ServiceError) -> [ServiceProcess] { [] }
  package var knowsItsProcesses: Bool { false }

  /// Nobody to ask: the agent hears of it by SIGTERM.
  package var isShuttingDown: Bool { false }

  private func run(
    _ run: Run, seconds: Int, children: StepCommand.Children, log: StepLog?,
    _ interruption: InterruptionCheck
  ) throws(ServiceError) -> CommandResult {
    let result: CommandResult
    do {
      var command = try StepCommand(run, environment: environment, owner: owner)
      // It is the app itself that these commands start, for root too where the profile says so.
      command.covers = []
      command.timeoutSeconds = seconds
      command.children = children
      result = try runner.run(command, log: log, interruption: interruption)
    } catch {
      throw .command(error)
    }
    if case .interrupted(let why) = result.end { throw .interrupted(why) }
    return result
  }
}
