import Text
import Inventory

/// Where the agent is on a host, and how a conversation with it is started.
enum AgentCommand {
  static let folder = "/usr/local/lib/fleet"
  static let program = "/usr/local/lib/fleet/fleet-agent"
  /// Below the home of the user who logs in, for `become: none`.
  static let homeFolder = ".local/lib/fleet"
  /// Printed on stderr where there is no agent; the host's own words for it differ too much.
  static let absent = "fleet: no agent here"

  /// The line for the login shell. Only `serve` is ever run through sudo: the sudoers rule allows no more.
  static func serve(become: Host.Become) -> String {
    let script =
      switch become {
      case .sudo:
        """
        export LC_ALL=C.UTF-8
        agent=\(program)
        [ -e "$agent" ] || { echo "\(absent)" >&2; exit 127; }
        [ "$(id -u)" = 0 ] && exec "$agent" serve
        exec sudo -n "$agent" serve
        """
      case .none:
        """
        export LC_ALL=C.UTF-8
        agent=$HOME/\(homeFolder)/fleet-agent
        [ -e "$agent" ] || { echo "\(absent)" >&2; exit 127; }
        exec "$agent" serve
        """
      }
    return "exec /bin/sh -c \(shellQuoted(script))"
  }
}
