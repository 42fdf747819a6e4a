import Glibc

/// Waiting for children and for SIGTERM, in a process with one thread that has both blocked.
enum Reaper {
  private static func watched() -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGCHLD] { sigaddset(&set, signal) }
    return set
  }

  static func blockSignals() {
    var set = watched()
    sigprocmask(SIG_BLOCK, &set, nil)
  }

  static func unblockSignals() {
    var set = watched()
    sigprocmask(SIG_UNBLOCK, &set, nil)
  }

  /// The signal that came, SIGINT and SIGHUP being told as SIGTERM; nil after the time.
  static func wait(_ limit: Duration) -> Int32? {
    var set = watched()
    let (seconds, attoseconds) = limit.components
    var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    switch sigtimedwait(&set, nil, &time) {
    case SIGCHLD: return SIGCHLD
    case SIGTERM, SIGINT, SIGHUP: return SIGTERM
    default: return nil
    }
  }

  /// Takes every child that has ended; the status of `child` if it was among them.
  static func reap(until child: pid_t) -> Int32? {
    var status: Int32 = 0
    var found: Int32?
    while true {
      let pid = waitpid(-1, &status, WNOHANG)
      if pid == child { found = status }
      if pid > 0 || (pid < 0 && errno == EINTR) { continue }
      return found
    }
  }

  /// A status of wait(2) in words.
  static func line(for status: Int32) -> SupervisorReport.Line {
    let signal = status & 0x7F
    return signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
  }
}

/// Ends everything below this process: SIGTERM, a short grace, SIGKILL, until nothing is left.
enum DescendantsEnd {
  /// - Returns: how many processes were told to end, and who would not.
  static func run() -> (count: Int, stuck: String) {
    let start = Monotonic.now()
    let grace = start + .seconds(EffectLimits.graceSeconds)
    let end = grace + .seconds(EffectLimits.killSeconds)
    var told: Set<pid_t> = []
    while true {
      _ = Reaper.reap(until: -1)
      let left = ProcessTree.descendants(of: getpid())
      let now = Monotonic.now()
      guard !left.isEmpty else { return (told.count, "") }
      guard now < end else {
        return (told.count, left.prefix(8).map { "\($0.name) (\($0.pid))" }.joined(separator: ", "))
      }
      // New ones may have been forked since the last look: each is told, and told again to die.
      for process in left {
        let isNew = told.insert(process.pid).inserted
        if now >= grace { kill(process.pid, SIGKILL) } else if isNew { kill(process.pid, SIGTERM) }
      }
      _ = Reaper.wait(.milliseconds(20))
    }
  }
}
