import ByteText
import CLinux
import Glibc
import SystemPackage
import Wire

/// A small process between the agent and one command. Orphans of the command become its children
/// (PR_SET_CHILD_SUBREAPER), so that it knows everything that the command started, whatever has
/// called setsid(2) or forked twice; it ends all of that with the command, when it gets SIGTERM, and
/// when the agent is gone. It has one thread, which is why it may fork(2).
struct Supervisor {
  let spec: SupervisedCommand

  /// Runs the command and returns the supervisor's own exit status.
  func run() -> Int32 {
    _ = fleet_die_with_parent(SIGTERM)
    // The agent may have died before that call.
    guard getppid() == spec.parent else { return 1 }
    Reaper.blockSignals()
    _ = fleet_become_subreaper()
    if spec.background { takeLeastPriority() }
    // The job may be spared for long; an app that it starts is like any other.
    if spec.leaveChildren { setMemoryScore(0) }
    let sockets = spec.isolation == nil ? [] : LiveSockets.paths()
    if let isolation = spec.isolation {
      do { try Namespaces.leave(network: isolation.network) } catch {
        report(error.line)
        return 1
      }
    }
    let child = fleet_fork()
    guard child >= 0 else {
      report(.failed("fork: \(Errno(rawValue: errno))"))
      return 1
    }
    if child == 0 {
      guard let isolation = spec.isolation else {
        do { if !spec.covers.isEmpty { try Covers.enter(spec.covers) } } catch {
          report(error.line)
          _exit(1)
        }
        becomeCommand()
      }
      exit(NamespaceInit(spec: spec, isolation: isolation, sockets: sockets, report: report).run())
    }
    return mind(child)
  }

  /// Waits for the command (or the first process of its place), then ends what is left.
  private func mind(_ child: pid_t) -> Int32 {
    while true {
      if let ended = Reaper.reap(until: child) {
        if spec.isolation == nil { report(Reaper.line(for: ended)) }
        break
      }
      if Reaper.wait(.seconds(60)) == SIGTERM {
        report(.terminated)
        return endDescendants(orphansStay: false)
      }
    }
    return endDescendants(orphansStay: spec.leaveChildren)
  }

  private func endDescendants(orphansStay: Bool) -> Int32 {
    guard !orphansStay else { return 0 }
    let ended = DescendantsEnd.run()
    if ended.count > 0 { report(.leftovers(ended.count)) }
    if !ended.stuck.isEmpty { report(.stuck(ended.stuck)) }
    return ended.stuck.isEmpty ? 0 : 1
  }

  /// Turns this process, a fresh child, into the command.
  func becomeCommand() -> Never {
    _ = setsid()
    Reaper.unblockSignals()
    // An older kernel cannot, see docs/threat-model.md.
    if spec.isolation != nil { _ = fleet_scope_abstract_sockets() }
    if spec.isolation != nil, fleet_drop_capabilities() != 0 {
      fail(.failed("dropping capabilities: \(Errno(rawValue: errno))"))
    }
    // Root's steps that run as the app's user are kept from that user's other processes. Where the kernel says no, they
    // are as much in reach as everything of that user is.
    let isKept = geteuid() == 0 && spec.user.uid != 0 && (spec.isolation != nil || !spec.covers.isEmpty)
    if geteuid() == 0 {
      if isKept { _ = fleet_keep_capabilities() }
      guard setgroups(spec.user.groups.count, spec.user.groups) == 0, setgid(spec.user.gid) == 0,
        setuid(spec.user.uid) == 0
      else { fail(.failed("becoming \(spec.user.name): \(Errno(rawValue: errno))")) }
    }
    if isKept { _ = fleet_stay_out_of_reach() }
    if spec.user.uid != 0 { _ = fleet_no_new_privileges() }
    umask(0o022)
    var noCore = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(4), &noCore)  // RLIMIT_CORE
    guard chdir(spec.directory) == 0 else { fail(.noDirectory(errno)) }
    // The report's descriptor ends with a successful exec, not before.
    _ = fleet_close_from(UInt32(SupervisedCommand.reportDescriptor + 1))
    _ = fcntl(SupervisedCommand.reportDescriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(SupervisedCommand.specDescriptor, F_SETFD, FD_CLOEXEC)
    let program = Program.find(spec.words[0], path: spec.environment["PATH"] ?? "")
    withCStrings(spec.words) { arguments in
      withCStrings(spec.environment.map { "\($0)=\($1)" }.sorted()) { environment in
        _ = execve(program, arguments, environment)
      }
    }
    fail(.cannotStart(errno))
  }

  private func fail(_ line: SupervisorReport.Line) -> Never {
    report(line)
    _exit(127)
  }

  /// One write of a short line to a pipe is whole (pipe(7)).
  func report(_ line: SupervisorReport.Line) {
    // A thousand scalars: fewer bytes than PIPE_BUF.
    let bytes = Array((line.text.leading(scalars: 1000).exchanging("\n", for: " ") + "\n").utf8)
    _ = bytes.withUnsafeBytes {
      write(SupervisedCommand.reportDescriptor, $0.baseAddress, $0.count)
    }
  }

  private func takeLeastPriority() {
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
    _ = fleet_idle_io()
    setMemoryScore(900)
  }

  /// How soon this process, and what it starts, is ended when memory runs out (proc(5), oom_score_adj). Raising
  /// one's own needs no privilege.
  private func setMemoryScore(_ score: Int) {
    guard let file = try? FileDescriptor.open("/proc/self/oom_score_adj", .writeOnly) else { return }
    _ = try? file.writeAll("\(score)".utf8)
    try? file.close()
  }
}
