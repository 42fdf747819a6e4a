package import Glibc
package import SystemPackage

/// A program of this machine whose stdin and stdout are one stream socket: the agent of `connection: local`,
/// a proxy that leads to a host, `ssh -G`. It has one owner, and is ended with it.
package final class ChildProgram {
  /// One that was told to end is killed after this, in milliseconds.
  static let endMilliseconds = 2_000
  /// The last part of its stderr that is kept, in bytes.
  package static let keptErrorBytes = 4 << 10

  /// Our end of stdin and stdout, not blocking; -1 once it was handed on.
  package private(set) var socket: Int32
  private let errors: Int32
  private let pid: pid_t
  private var status: Int32?
  package private(set) var standardError: [UInt8] = []

  /// - Parameter drained: whether `wait` will be called all the time, so that stderr cannot fill up. Else
  ///   what does not fit into a pipe is lost.
  /// - Parameter environment: nil is this process's own.
  package init(_ arguments: [String], drained: Bool, environment: [String: String]? = nil) throws(Errno) {
    var ends: [Int32] = [-1, -1]
    var errorEnds: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Errno(rawValue: errno) }
    // A pipe cannot be made so that no other child inherits it by chance; a pair of sockets can.
    guard socketpair(AF_UNIX, kind, 0, &errorEnds) == 0 else {
      let cause = Errno(rawValue: errno)
      ends.forEach { _ = close($0) }
      throw cause
    }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    _ = fcntl(errorEnds[0], F_SETFL, O_NONBLOCK)
    if !drained { _ = fcntl(errorEnds[1], F_SETFL, O_NONBLOCK) }
    let spawned = Result { () throws(Errno) in
      try Self.spawn(arguments, environment, standardIO: ends[1], standardError: errorEnds[1])
    }
    _ = close(ends[1])
    _ = close(errorEnds[1])
    switch spawned {
    case .success(let pid):
      self.pid = pid
      socket = ends[0]
      errors = errorEnds[0]
    case .failure(let cause):
      _ = close(ends[0])
      _ = close(errorEnds[0])
      throw cause
    }
  }

  deinit {
    hangUp()
    _ = close(errors)
    guard !hasEnded(withinMilliseconds: Self.endMilliseconds) else { return }
    kill()
  }

  /// Ends it and what it has started, at once.
  package func kill() {
    guard !hasEnded(withinMilliseconds: 0) else { return }
    _ = Glibc.kill(-pid, SIGKILL)
    _ = hasEnded(withinMilliseconds: Self.endMilliseconds)
  }

  /// Our end, for somebody who will close it.
  package func handOver() -> FileDescriptor {
    defer { socket = -1 }
    return FileDescriptor(rawValue: socket)
  }

  /// Also where somebody else holds a copy of our end: the program sees the end of its input.
  package func hangUp() {
    guard socket >= 0 else { return }
    shutdown(socket, Int32(SHUT_RDWR))
    _ = close(socket)
    socket = -1
  }

  /// Waits until the socket is ready for `events` (poll(2)), taking in stderr meanwhile. 0 when time is up.
  package func wait(for events: Int16, until deadline: ContinuousClock.Instant) -> Int16 {
    while true {
      var entries = [
        pollfd(fd: socket, events: events, revents: 0),
        pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
      ]
      // The end of stderr would be reported for ever, so it is looked at only with the socket.
      let ready = poll(&entries, errorsEnded ? 1 : 2, Int32(clamping: deadline.millisecondsLeft))
      if entries[1].revents != 0 { takeErrors() }
      if ready > 0, entries[0].revents != 0 { return entries[0].revents }
      if deadline <= .now { return 0 }
    }
  }

  private var errorsEnded = false

  private func takeErrors() {
    var piece = [UInt8](repeating: 0, count: Self.keptErrorBytes)
    while true {
      let count = read(errors, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      if count == 0 { errorsEnded = true }
      guard count > 0 else { return }
      standardError = (standardError + piece.prefix(count)).suffix(Self.keptErrorBytes)
    }
  }

  /// How it ended; nil while it runs, or when it is not known.
  package func end(withinSeconds seconds: Double) -> ProgramEnd? {
    let ended = hasEnded(withinMilliseconds: Int(seconds * 1000))
    takeErrors()
    guard ended, let status else { return nil }
    let signal = status & 0x7F
    return ProgramEnd(
      exit: signal == 0 ? .status(status >> 8 & 0xFF) : .signal("\(signal)"),
      standardError: String(decoding: standardError, as: UTF8.self))
  }

  private func hasEnded(withinMilliseconds milliseconds: Int) -> Bool {
    if status != nil { return true }
    var left = milliseconds
    while true {
      var code: Int32 = 0
      let found = waitpid(pid, &code, WNOHANG)
      if found == pid {
        status = code
        return true
      }
      if found < 0, errno != EINTR { return true }
      guard left > 0 else { return false }
      usleep(10_000)
      left -= 10
    }
  }

  /// Threads of ours may block or ignore signals (SIGPIPE), and a program must not inherit that. The flags of
  /// posix_spawnattr_setflags(3) that make it so.
  package static func usualSignals(in attributes: inout posix_spawnattr_t) -> Int32 {
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    return Int32(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
  }

  private static func spawn(
    _ arguments: [String], _ environment: [String: String]?, standardIO: Int32, standardError: Int32
  ) throws(Errno) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, standardIO, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, standardIO, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, standardError, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    let signals = usualSignals(in: &attributes)
    // A group of its own, so that Ctrl-C at our terminal is ours to act on.
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(signals | Int32(POSIX_SPAWN_SETPGROUP)))
    let argv = arguments.map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    var pid = pid_t()
    let variables = environment.map { $0.map { strdup("\($0)=\($1)") } + [nil] }
    defer { variables?.forEach { free($0) } }
    let code =
      if let variables {
        posix_spawnp(&pid, arguments[0], &actions, &attributes, argv, variables)
      } else {
        posix_spawnp(&pid, arguments[0], &actions, &attributes, argv, environ)
      }
    guard code == 0 else { throw Errno(rawValue: code) }
    return pid
  }
}
