import Dispatch
import Synchronization

/// Ends a session's socket when a call into libssh2 goes on after its time.
///
/// libssh2 loops inside of its own calls as long as bytes come (over the lines before a server's banner, over packets
/// that it ignores), so a host that sends without end would never let a deadline be looked at. On a socket that is
/// shut down (shutdown(2)) every such loop meets its end, whatever it is.
final class SSHWatch: Sendable {
  private static let queue = DispatchQueue(label: "fleet.ssh.watch")
  private let socket: SSHSocket
  private let state = Mutex((isOver: false, hasFired: false))

  /// It comes a little after the deadline, which the caller itself looks at wherever libssh2 lets it.
  init(_ socket: SSHSocket, until deadline: SSHDeadline) {
    self.socket = socket
    let milliseconds = Int(deadline.remainingMilliseconds) + SSHLimits.watchGraceMilliseconds
    Self.queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in self?.fire() }
  }

  /// The call has come back: the socket is left alone.
  func end() { state.withLock { $0.isOver = true } }

  var hasFired: Bool { state.withLock { $0.hasFired } }

  private func fire() {
    let isDue = state.withLock { state in
      state.hasFired = !state.isOver
      return state.hasFired
    }
    if isDue { socket.interrupt() }
  }
}
