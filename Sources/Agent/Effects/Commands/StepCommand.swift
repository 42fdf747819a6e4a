import ByteText
import SystemPackage
package import Wire

/// One command as it is to be run.
package struct StepCommand: Sendable {
  /// What the command leaves running when it ends by itself.
  enum Children: Equatable, Sendable {
    /// Is ended with it.
    case end
    /// Stays: the command starts the app. Its output goes into this file, which is emptied first, since
    /// a program that stays would die of a pipe that nobody reads any more.
    case stay(output: FilePath)
  }

  var words: [String]
  var environment: [String: String]
  /// Absolute; for an isolated command as it sees it.
  var directory: String
  var user: RunUser
  var timeoutSeconds: Int
  /// The time-out starts again with each sign of life, ``EffectLimits/extensionFactor`` times at most.
  package var extendsTimeout = false
  var children = Children.end
  /// The old version runs on beside it.
  package var background = false
  package var isolation: Isolation?
  /// What it does not see as it is; only root can do that.
  package var covers: [Cover] = []

  package init(
    words: [String], environment: [String: String], directory: String, user: RunUser,
    timeoutSeconds: Int
  ) {
    self.words = words
    self.environment = environment
    self.directory = directory
    self.user = user
    self.timeoutSeconds = timeoutSeconds
  }

  /// What root runs never sees the app's tree, where its user could put anything: it sees what was verified of the
  /// release instead, or an empty directory.
  ///
  /// - Parameter owner: whom a run without a user of its own runs as.
  package init(_ run: Run, environment: StepEnvironment, owner: String?) throws(CommandError) {
    let name = run.user ?? owner
    let user = if let name { try RunUser.named(name) } else { try RunUser.current() }
    var environment = environment
    let isForeign = if let owner, user.isRoot { try !RunUser.named(owner).isRoot } else { false }
    // Nothing of the app's user's is at hand for root.
    if isForeign { environment.old = nil }
    self.init(
      words: run.command.words, environment: environment.variables(for: user),
      directory: FilePath(environment.install).pushing(FilePath(run.directory)).string, user: user,
      timeoutSeconds: run.timeoutSeconds)
    if isForeign { covers = environment.rootCovers }
  }

  /// For people: the command on one line, not too long.
  package var title: String {
    let text = words.starts(with: ["/bin/sh", "-c"]) ? words.dropFirst(2) : words[...]
    return visible(text.joined(separator: " "), limit: 200)
  }
}

/// How a command ended, and what it printed last.
package struct CommandResult: Equatable, Sendable {
  package enum End: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// It was ended, with all that it had started.
    case timedOut(afterSeconds: Int)
    case interrupted(Interruption)
  }

  package var end: End
  var milliseconds: Int
  /// The end of its output, as it is.
  package var output: String
  /// Whether that is all that it printed.
  package var isWhole = true
  /// The last lines of it, safe to show.
  package var tail: [String]
  /// Processes that it left running, and that were ended.
  var leftovers = 0

  package var succeeded: Bool { end == .exited(0) }
  /// EX_TEMPFAIL of sysexits.h: it could not be done now, and may be tried later.
  package var saysNotNow: Bool { end == .exited(75) }

  /// The line that most likely says why it failed: the last one that speaks of an error (behind it there may be
  /// a hint or an address), else the last one.
  package var reasonLine: String? {
    let lines = tail.filter { !$0.trimmed.isEmpty }
    return lines.last { line in
      ["error:", "error)", "exception:", "fatal:"].contains { line.asciiLowercase.holds($0) }
    } ?? lines.last
  }

  /// For people: "exit 3", …
  package var summary: String {
    switch end {
    case .exited(0): "it went well"
    case .exited(75): "exit 75 (not now)"
    case .exited(let status): "exit \(status)"
    case .signalled(let signal): "ended by signal \(signal)"
    case .timedOut(let seconds): "no end after \(seconds) s; all that it had started was ended"
    case .interrupted(.cancelled): "cancelled"
    case .interrupted(.spaceUsedUp): "ended, since the disk is nearly full"
    case .interrupted(.shutdown): "ended because the machine, or the agent, goes down"
    }
  }
}
