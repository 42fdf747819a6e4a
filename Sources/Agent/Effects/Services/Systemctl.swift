import ByteText
import Wire

/// systemctl(1), each call with an end. What it answers is taken apart here and nowhere else.
package struct Systemctl: Sendable {
  /// Calls systemctl with these arguments.
  var call: @Sendable ([String]) throws(CommandError) -> Tool.Result

  package static let system = Systemctl { arguments throws(CommandError) in
    try Tool.run(
      ["systemctl", "--no-pager", "--no-ask-password"] + arguments,
      timeoutSeconds: EffectLimits.systemctlSeconds)
  }

  static let properties = [
    "Id", "LoadState", "ActiveState", "SubState", "NRestarts", "MainPID", "ControlGroup", "InvocationID",
    "Result", "ConditionResult", "ConditionTimestampMonotonic", "Job", "Type", "RemainAfterExit",
    "TriggeredBy",
  ]

  /// One state for each unit, in their order.
  package func show(_ units: [String]) throws(ServiceError) -> [ServiceState] {
    guard !units.isEmpty else { return [] }
    let answer = try run(["show", "-p", Self.properties.joined(separator: ","), "--"] + units)
    let states = Self.parse(answer.output, units: units)
    guard answer.status == 0, states.count == units.count else { throw failure("show", answer) }
    return states
  }

  /// The sockets and paths that start one of these units when somebody knocks, and are up themselves: while the
  /// units are held each knock fails, and after a few systemd gives the socket up (systemd.socket(5),
  /// `TriggerLimitIntervalSec=`). A timer only tries again later.
  package func triggers(of units: [String]) throws(ServiceError) -> [String] {
    var names: [String] = []
    for name in try show(units).flatMap(\.triggers)
    where (name.ends(with: ".socket") || name.ends(with: ".path")) && !units.contains(name)
      && !names.contains(name)
    {
      names.append(name)
    }
    return try show(names).filter { $0.activity == .active }.map(\.name)
  }

  /// Runs a verb that changes something.
  package func change(_ arguments: [String]) throws(ServiceError) {
    let answer = try run(arguments)
    guard answer.status != 0 else { return }
    // During a shutdown systemd refuses all other jobs as destructive (exit status 4 in Debian 12).
    if isShuttingDown() { throw .shuttingDown }
    throw failure(arguments.first ?? "", answer)
  }

  /// Whether the machine goes down: then nothing that fails is the app's fault.
  package func isShuttingDown() -> Bool {
    guard let answer = try? call(["is-system-running"]) else { return false }
    return answer.output.pieces(by: "\n").contains { $0 == "stopping" }
  }

  private func run(_ arguments: [String]) throws(ServiceError) -> Tool.Result {
    do { return try call(arguments) } catch { throw .command(error) }
  }

  private func failure(_ verb: String, _ answer: Tool.Result) -> ServiceError {
    guard let status = answer.status else {
      return .manager("\(verb) had no answer after \(EffectLimits.systemctlSeconds) s")
    }
    return .manager("\(verb): \(visible(answer.output, limit: 300)) (exit \(status))")
  }

  /// The answer of `show`: `Name=value` lines, an empty line between units.
  static func parse(_ output: String, units: [String]) -> [ServiceState] {
    var blocks: [[Substring: Substring]] = [[:]]
    for line in output.pieces(by: "\n", keepingEmpty: true) {
      if line.isEmpty {
        if blocks.last?.isEmpty == false { blocks.append([:]) }
      } else if let (name, value) = line.cut(at: "=") {
        blocks[blocks.count - 1][name] = value
      }
    }
    return zip(units, blocks.filter { !$0.isEmpty }).map { state($0, $1) }
  }

  private static func state(_ unit: String, _ values: [Substring: Substring]) -> ServiceState {
    func text(_ name: Substring) -> String { String(values[name] ?? "") }
    let activity: ServiceState.Activity =
      switch text("ActiveState") {
      case "active": .active
      case "activating": .activating
      case "deactivating": .deactivating
      case "inactive": .inactive
      case "failed": .failed
      case let word: .other(word)
      }
    var state = ServiceState(name: unit, activity: activity)
    state.detail = text("SubState")
    state.restarts = Int(text("NRestarts")) ?? 0
    state.mainPID = Int32(text("MainPID")).flatMap { $0 > 0 ? $0 : nil }
    state.invocation = text("InvocationID")
    state.result = text("Result")
    state.controlGroup = text("ControlGroup")
    // "no" also stands for a condition that was never looked at: then there is no time of it.
    let looked = !["", "0"].contains(text("ConditionTimestampMonotonic"))
    state.conditionHeld = !(looked && text("ConditionResult") == "no")
    state.hasJob = !["", "0"].contains(text("Job"))
    state.endsByItself = text("Type") == "oneshot" && text("RemainAfterExit") == "no"
    state.load = text("LoadState")
    state.triggers = text("TriggeredBy").pieces(by: " ").map { String($0) }
    return state
  }
}
