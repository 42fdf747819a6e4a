import CLinux
import Glibc
import SystemPackage

/// Process 1 of a confined place: builds it, starts the command in it, and takes what ends. When it
/// ends, the kernel kills everything in its pid namespace (pid_namespaces(7)).
struct NamespaceInit {
  let spec: SupervisedCommand
  let isolation: Isolation
  let sockets: [String]
  let report: (SupervisorReport.Line) -> Void

  func run() -> Int32 {
    _ = fleet_die_with_parent(SIGKILL)
    do throws(IsolationFailure) {
      // Without this no mount leaves for, or comes from, the rest of the host.
      guard fleet_unshare(Int32(FLEET_NEWNS)) == 0 else {
        throw IsolationFailure("a mount namespace")
      }
      if !isolation.network { _ = fleet_loopback_up() }
      try ConfinedMounts(isolation: isolation, sockets: sockets).enter()
    } catch {
      report(error.line)
      return 1
    }
    let child = fleet_fork()
    guard child >= 0 else {
      report(.failed("fork: \(Errno(rawValue: errno))"))
      return 1
    }
    if child == 0 { Supervisor(spec: spec).becomeCommand() }
    while true {
      if let ended = Reaper.reap(until: child) {
        report(Reaper.line(for: ended))
        return 0
      }
      // SIGTERM from outside is for the command, which gets its own.
      _ = Reaper.wait(.seconds(60))
    }
  }
}
