package import Wire

/// Runs the profile's commands. A protocol, so that what decides by their results can be tested
/// without them.
package protocol CommandRunning {
  func run(_ command: StepCommand, log: StepLog?, interruption: InterruptionCheck)
    throws(CommandError) -> CommandResult
  /// Runs commands that have nothing to do with each other side by side.
  ///
  /// - Returns: what came of each, in their order.
  func runTogether(_ commands: [StepCommand], interruption: InterruptionCheck)
    -> [Result<CommandResult, CommandError>]
}

extension CommandRunning {
  func run(_ command: StepCommand, log: StepLog? = nil) throws(CommandError) -> CommandResult {
    try run(command, log: log) { nil }
  }

  package func runTogether(_ commands: [StepCommand], interruption: InterruptionCheck)
    -> [Result<CommandResult, CommandError>]
  {
    commands.map { command in
      Result { () throws(CommandError) in try run(command, log: nil, interruption: interruption) }
    }
  }

  /// What the profile asks of the app, side by side.
  ///
  /// - Returns: for each, in their order, the command as people know it, and what came of it.
  package func ask(
    _ runs: [Run], environment: StepEnvironment, owner: String?, interruption: InterruptionCheck
  ) -> [(title: String, result: Result<CommandResult, CommandError>)] {
    let commands = runs.map { run in
      Result { () throws(CommandError) in try StepCommand(run, environment: environment, owner: owner) }
    }
    var results = runTogether(commands.compactMap { try? $0.get() }, interruption: interruption)[...]
    return commands.map { command in
      switch command {
      case .success(let command): (command.title, results.removeFirst())
      case .failure(let error): ("", .failure(error))
      }
    }
  }
}
