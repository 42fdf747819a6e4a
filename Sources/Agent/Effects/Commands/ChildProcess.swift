import CLinux
import Glibc
import SystemPackage

/// A process that the agent started, with the end of the pipe that it prints into. Blocking, but
/// never for longer than it is told to.
final class ChildProcess {
  let pid: pid_t
  private let output: FileDescriptor?
  private let pidfd: FileDescriptor
  private var outputIsOpen: Bool
  /// As wait(2) says it, once it has ended.
  private(set) var status: Int32?

  /// - Parameters:
  ///   - outputFile: takes what it prints, instead of the pipe.
  ///   - passed: become its descriptors 3, 4, ….
  static func start(
    _ words: [String], environment: [String: String], directory: String = "/",
    outputFile: FileDescriptor? = nil, passed: [FileDescriptor] = []
  ) throws(CommandError) -> ChildProcess {
    guard let name = words.first else {
      throw .cannotStart(program: "an empty command", .invalidArgument)
    }
    let program = Program.find(name, path: environment["PATH"] ?? StepEnvironment.path)
    let pipe: (readEnd: FileDescriptor, writeEnd: FileDescriptor)?
    do { pipe = outputFile == nil ? try Pipe.make() : nil } catch {
      throw .cannotStart(program: program, error)
    }
    defer { try? pipe?.writeEnd.close() }
    var pid: pid_t = 0
    let sink = outputFile ?? pipe?.writeEnd ?? .standardError
    let code = withCStrings(words) { arguments in
      withCStrings(environment.map { "\($0)=\($1)" }.sorted()) { variables in
        fleet_spawn(
          &pid, program, arguments, variables, directory, sink.rawValue,
          passed.map(\.rawValue), Int32(passed.count))
      }
    }
    let pidfd = code == 0 ? fleet_pidfd(pid) : -1
    guard code == 0, pidfd >= 0 else {
      let failure = Errno(rawValue: code == 0 ? errno : code)
      if code == 0 {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
      }
      try? pipe?.readEnd.close()
      throw .cannotStart(program: program, failure)
    }
    return ChildProcess(
      pid: pid, output: pipe?.readEnd, pidfd: FileDescriptor(rawValue: pidfd))
  }

  private init(pid: pid_t, output: FileDescriptor?, pidfd: FileDescriptor) {
    self.pid = pid
    self.output = output
    self.pidfd = pidfd
    outputIsOpen = output != nil
  }

  deinit {
    if status == nil {
      kill(-pid, SIGKILL)
      kill(pid, SIGKILL)
      _ = waitpid(pid, nil, 0)
    }
    try? output?.close()
    try? pidfd.close()
  }

  /// Waits for output or the end, at most so long, and hands on what was printed.
  /// - Returns: true once the process has ended and its output is read.
  func pump(atMost limit: Duration, _ sink: ([UInt8]) -> Void) -> Bool {
    guard status == nil else { return true }
    var watched = [pollfd(fd: pidfd.rawValue, events: Int16(POLLIN), revents: 0)]
    if outputIsOpen, let output {
      watched.append(pollfd(fd: output.rawValue, events: Int16(POLLIN), revents: 0))
    }
    let ready = poll(&watched, nfds_t(watched.count), Int32(max(1, limit.wholeMilliseconds)))
    guard ready > 0 else { return false }
    let ended = watched[0].revents != 0
    drain(sink, everything: ended)
    guard ended else { return false }
    var code: Int32 = 0
    while waitpid(pid, &code, 0) < 0 && errno == EINTR {}
    status = code
    return true
  }

  private func drain(_ sink: ([UInt8]) -> Void, everything: Bool) {
    guard outputIsOpen, let output else { return }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    // Somebody who still prints must not keep us here.
    var readsLeft = everything ? 64 : 1
    while readsLeft > 0 && outputIsOpen {
      readsLeft -= 1
      let count = buffer.withUnsafeMutableBytes { read(output.rawValue, $0.baseAddress, $0.count) }
      switch count {
      case 1...: sink(Array(buffer.prefix(count)))
      case 0: outputIsOpen = false
      default:
        if errno == EINTR { continue }
        if errno != EAGAIN { outputIsOpen = false }
        return
      }
    }
  }

  func signal(_ number: Int32) { if status == nil { kill(pid, number) } }

  /// The process, its group, and what descends from it, at once.
  func killAll() {
    guard status == nil else { return }
    for process in ProcessTree.descendants(of: pid) { kill(process.pid, SIGKILL) }
    kill(-pid, SIGKILL)
    kill(pid, SIGKILL)
  }
}

/// pipe2(2), the reading end never waiting; both close on exec.
enum Pipe {
  static func make() throws(Errno) -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Errno(rawValue: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    return (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
  }
}
