package import SystemPackage

/// Why a command could not be run at all. That it ran and failed is a ``CommandResult``.
package enum CommandError: Error, Equatable, Sendable, CustomStringConvertible {
  case cannotStart(program: String, Errno)
  case noSuchDirectory(String, Errno)
  case noSuchUser(String)
  /// Only root runs commands as somebody else.
  case cannotSwitchUser(to: String)
  /// The kernel, or its configuration, does not let us build the confined place.
  case isolationUnavailable(String)
  /// The confined place could not be built for a reason of this one.
  case isolationFailed(String)
  /// The overlay file system cannot be used here; a copy of the tree can.
  case overlayUnavailable(String)
  case log(path: String, Errno)
  /// fleet's own helper process did not do its work.
  case supervisor(String)

  package var description: String {
    switch self {
    case .cannotStart(let program, let errno):
      "cannot start \(program): \(errno)"
    case .noSuchDirectory(let path, let errno):
      "cannot run a command in \(path): \(errno)"
    case .noSuchUser(let name):
      "there is no user \(name) on this host; see `owner` and `user` in the profile"
    case .cannotSwitchUser(let name):
      "fleet-agent does not run as root here, so it cannot run a command as \(name)"
    case .isolationUnavailable(let detail):
      """
      a step cannot be kept apart from the running app on this host (\(detail)); run fleet-agent as \
      root (`become: sudo`), or allow user namespaces
      """
    case .isolationFailed(let detail):
      "the confined place for a step could not be made: \(detail)"
    case .overlayUnavailable(let detail):
      "an overlay cannot be mounted here: \(detail)"
    case .log(let path, let errno):
      "cannot write the log \(path): \(errno)"
    case .supervisor(let detail):
      "fleet-agent's helper process failed: \(detail)"
    }
  }
}
