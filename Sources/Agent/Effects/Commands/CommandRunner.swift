import CLinux
import Glibc
package import SystemPackage
import Wire

/// Runs commands for real: each under a ``Supervisor``, which is this program again.
package struct CommandRunner: CommandRunning {
  /// The agent's program. The link to the running file holds also when the file was replaced.
  var program = "/proc/self/exe"
  /// The app's lock, which each supervisor holds too: when the agent is killed, its supervisors still have to end what
  /// they mind, and recovery must not begin beside a command that is still starting the app.
  var lock: FileDescriptor?

  package init(lock: FileDescriptor? = nil, program: String = "/proc/self/exe") {
    self.program = program
    self.lock = lock
  }

  package func run(_ command: StepCommand, log: StepLog?, interruption: InterruptionCheck)
    throws(CommandError) -> CommandResult
  {
    let running = try start(command, log: log)
    let pause = Duration.milliseconds(EffectLimits.commandPollMilliseconds)
    while !running.look(atMost: pause, interruption) {}
    return try result(of: running, interruption)
  }

  package func runTogether(_ commands: [StepCommand], interruption: InterruptionCheck)
    -> [Result<CommandResult, CommandError>]
  {
    let all = commands.map { command in
      Result { () throws(CommandError) in try start(command, log: nil) }
    }
    // What one prints is taken while another is waited for.
    let pause = Duration.milliseconds(EffectLimits.commandTurnMilliseconds)
    var open = all.compactMap { try? $0.get() }
    while !open.isEmpty { open.removeAll { $0.look(atMost: pause, interruption) } }
    return all.map { running in
      Result { () throws(CommandError) in try result(of: running.get(), interruption) }
    }
  }

  private func start(_ command: StepCommand, log: StepLog?) throws(CommandError) -> RunningCommand {
    let start = Monotonic.now()
    let spec = try specFile(for: command)
    defer { try? spec.close() }
    let report = try makePipe()
    defer { try? report.writeEnd.close() }
    do throws(CommandError) {
      let outputFile = try outputFile(for: command, log: log)
      log?.note("\(command.title)  (as \(command.user.name), in \(command.directory))")
      do throws(CommandError) {
        let child = try ChildProcess.start(
          [program, IsolateVerb.name], environment: [:], outputFile: outputFile,
          passed: [spec, report.writeEnd] + (lock.map { [$0] } ?? []))
        return RunningCommand(
          command, child: child, from: start, report: report.readEnd, outputFile: outputFile, log: log)
      } catch {
        try? outputFile?.close()
        throw error
      }
    } catch {
      try? report.readEnd.close()
      throw error
    }
  }

  /// Of a command whose supervisor has ended.
  private func result(
    of running: RunningCommand, _ interruption: InterruptionCheck
  ) throws(CommandError) -> CommandResult {
    if let file = running.outputFile { running.take(outputOf(file)) }
    let said = readAll(limitBytes: EffectLimits.supervisorReportBytes) { buffer, _ in
      try running.report.read(into: buffer)
    }
    let lines = SupervisorReport(parsing: said).lines
    let end = orShutdown(
      try self.end(of: running.command, running.child, cause: running.cause, lines: lines), interruption)
    let tail = running.tail
    let result = CommandResult(
      end: end, milliseconds: (Monotonic.now() - running.start).wholeMilliseconds, output: tail.text,
      isWhole: tail.isWhole, tail: tail.lines(), leftovers: leftovers(lines))
    running.log?.note("\(result.summary), \(result.milliseconds) ms")
    return result
  }

  private func end(
    of command: StepCommand, _ child: ChildProcess, cause: CommandResult.End?,
    lines: [SupervisorReport.Line]
  ) throws(CommandError) -> CommandResult.End {
    var end = cause
    for line in lines {
      switch line {
      case .exited(let status): end = end ?? .exited(status)
      case .signalled(let signal): end = end ?? .signalled(signal)
      case .cannotStart(let code):
        throw .cannotStart(program: command.words.first ?? "", Errno(rawValue: code))
      case .noDirectory(let code):
        throw .noSuchDirectory(command.directory, Errno(rawValue: code))
      case .unavailable(let detail): throw .isolationUnavailable(detail)
      case .overlay(let detail): throw .overlayUnavailable(detail)
      case .failed(let detail): throw .isolationFailed(detail)
      case .stuck(let who): throw .supervisor("these processes cannot be ended: \(who)")
      case .terminated: end = end ?? .signalled(SIGTERM)
      case .leftovers: continue
      }
    }
    if let end { return end }
    // Killed from outside (no memory left, or the whole unit was ended), it said nothing.
    let status = child.status ?? 0
    guard status & 0x7F != 0 else { throw .supervisor("it ended without a word (status \(status))") }
    return .signalled(status & 0x7F)
  }

  /// A shutdown reaches the step, the supervisor and the agent in any order: what it ended did not fail.
  private func orShutdown(_ end: CommandResult.End, _ interruption: InterruptionCheck) -> CommandResult.End {
    switch end {
    case .exited(0), .timedOut, .interrupted: return end
    case .signalled(SIGTERM): Monotonic.sleep(.milliseconds(EffectLimits.shutdownNoticeMilliseconds))
    case .exited, .signalled: break
    }
    return interruption() == .shutdown ? .interrupted(.shutdown) : end
  }

  private func leftovers(_ lines: [SupervisorReport.Line]) -> Int {
    for case .leftovers(let count) in lines { return count }
    return 0
  }

  // MARK: descriptors

  private func specFile(for command: StepCommand) throws(CommandError) -> FileDescriptor {
    let spec = SupervisedCommand(
      words: command.words, environment: command.environment, directory: command.directory,
      user: command.user, parent: getpid(), leaveChildren: command.children != .end,
      background: command.background, isolation: command.isolation, covers: command.covers)
    guard !command.words.isEmpty else {
      throw .cannotStart(program: "an empty command", .invalidArgument)
    }
    do {
      let bytes = try JSON.encode(spec)
      guard bytes.count < EffectLimits.supervisedCommandBytes else {
        throw CommandError.supervisor("the command and its environment are \(bytes.count) bytes long")
      }
      let fd = fleet_memory_file("fleet-step")
      guard fd >= 0 else { throw CommandError.supervisor("\(Errno(rawValue: errno))") }
      let file = FileDescriptor(rawValue: fd)
      try file.writeAll(bytes)
      return file
    } catch {
      throw error as? CommandError ?? .supervisor("\(error)")
    }
  }

  private func makePipe() throws(CommandError) -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
    do { return try Pipe.make() } catch { throw .supervisor("\(error)") }
  }

  /// Where what stays prints to. That it cannot be kept, on a full disk say, is no reason not to start the app.
  private func outputFile(for command: StepCommand, log: StepLog?) throws(CommandError) -> FileDescriptor? {
    guard case .stay(let path) = command.children else { return nil }
    do {
      return try FileDescriptor.open(
        path, .readWrite, options: [.append, .create, .truncate, .closeOnExec, .noFollow],
        permissions: [.ownerReadWrite])
    } catch {
      log?.note("what it prints is lost: \(path): \(error)")
    }
    do { return try FileDescriptor.open("/dev/null", .readWrite, options: [.closeOnExec]) } catch {
      throw .log(path: "/dev/null", error as? Errno ?? .ioError)
    }
  }

  /// The offset of the file belongs to the app as well, which prints on: reading must not move it.
  private func outputOf(_ file: FileDescriptor) -> [UInt8] {
    readAll(limitBytes: EffectLimits.keptOutputBytes) { buffer, offset in
      try file.read(fromAbsoluteOffset: offset, into: buffer)
    }
  }

  private func readAll(
    limitBytes: Int, _ read: (UnsafeMutableRawBufferPointer, Int64) throws -> Int
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < limitBytes {
      let offset = Int64(bytes.count)
      let count = (try? buffer.withUnsafeMutableBytes { try read($0, offset) }) ?? 0
      guard count > 0 else { break }
      bytes.append(contentsOf: buffer.prefix(count))
    }
    return bytes
  }
}
