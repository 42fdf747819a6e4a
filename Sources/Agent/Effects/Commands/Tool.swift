import Glibc
import SystemPackage

/// A program of the system that the agent itself calls (systemctl, cp): as the agent's user, outside
/// the job's log, with an end.
package enum Tool {
  package struct Result: Equatable, Sendable {
    /// The exit status; nil when a signal or the deadline ended it.
    package var status: Int32?
    package var output: String
  }

  package static func run(
    _ words: [String], timeoutSeconds: Int, limitBytes: Int = EffectLimits.systemctlBytes
  ) throws(CommandError) -> Result {
    let environment = [
      "PATH": StepEnvironment.path, "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0",
      "HOME": "/",
    ]
    let child = try ChildProcess.start(words, environment: environment)
    let deadline = Monotonic.now() + .seconds(timeoutSeconds)
    var tail = OutputTail(limitBytes: limitBytes)
    while !child.pump(atMost: deadline - Monotonic.now(), { tail.append($0) }) {
      if Monotonic.now() >= deadline {
        child.killAll()
        return Result(status: nil, output: tail.text)
      }
    }
    let status = child.status ?? 0
    return Result(status: status & 0x7F == 0 ? (status >> 8) & 0xFF : nil, output: tail.text)
  }
}
