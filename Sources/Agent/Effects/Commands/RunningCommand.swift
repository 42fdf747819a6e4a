import Glibc
import SystemPackage
import Wire

/// A command under its supervisor, until that has ended. Whoever waits looks at it again and again.
final class RunningCommand {
  let command: StepCommand
  let child: ChildProcess
  /// ``Monotonic``.
  let start: Duration
  /// Where its supervisor says how it ended.
  let report: FileDescriptor
  /// Takes what it prints, where that stays.
  let outputFile: FileDescriptor?
  let log: StepLog?
  private(set) var tail = OutputTail()
  /// Why it was told to end; nil where it ends by itself.
  private(set) var cause: CommandResult.End?
  private var deadline: CommandDeadline
  private var activity: ProcessorActivity
  private var killAt: Duration?

  /// - Parameters: `report` and `outputFile` are closed with it.
  init(
    _ command: StepCommand, child: ChildProcess, from start: Duration, report: FileDescriptor,
    outputFile: FileDescriptor?, log: StepLog?
  ) {
    self.command = command
    self.child = child
    self.start = start
    self.report = report
    self.outputFile = outputFile
    self.log = log
    deadline = CommandDeadline(
      start: start, timeoutSeconds: command.timeoutSeconds, extends: command.extendsTimeout)
    activity = ProcessorActivity(of: child.pid)
  }

  deinit {
    try? report.close()
    try? outputFile?.close()
  }

  func take(_ bytes: [UInt8]) {
    tail.append(bytes)
    log?.append(bytes)
  }

  /// Waits for what it prints, or its end, at most so long, and tells it to end once its time is over.
  ///
  /// - Returns: true once its supervisor has ended.
  func look(atMost pause: Duration, _ interruption: InterruptionCheck) -> Bool {
    let printed = tail.totalBytes
    if child.pump(atMost: pause, take) { return true }
    let now = Monotonic.now()
    if command.extendsTimeout, tail.totalBytes > printed || activity.isSeen(at: now) {
      deadline.signOfLife(at: now)
    }
    if let limit = killAt {
      // The supervisor itself does not answer any more.
      if now >= limit { child.killAll() }
      return false
    }
    if let why = interruption() {
      cause = .interrupted(why)
    } else if deadline.hasPassed(at: now) {
      cause = .timedOut(afterSeconds: (now - start).wholeMilliseconds / 1000)
    }
    if cause != nil {
      child.signal(SIGTERM)
      killAt = now + .seconds(EffectLimits.graceSeconds + EffectLimits.killSeconds + 2)
    }
    return false
  }
}

/// Whether a process and what descends from it uses the processor.
private struct ProcessorActivity {
  private let pid: pid_t
  private var lastTicks: UInt64
  private var lastLook: Duration

  init(of pid: pid_t) {
    self.pid = pid
    lastTicks = 0
    lastLook = Monotonic.now()
  }

  mutating func isSeen(at time: Duration) -> Bool {
    guard time - lastLook >= .seconds(EffectLimits.activitySeconds) else { return false }
    let ticks = ProcessTree.ticks(of: pid)
    defer {
      lastTicks = ticks
      lastLook = time
    }
    return ticks >= lastTicks + EffectLimits.activityTicks
  }
}
