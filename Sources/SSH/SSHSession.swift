package import SystemPackage

/// One connection to one host. It has one owner on one thread: libssh2 must not be entered twice, so
/// this is not `Sendable`, and every call blocks that thread until it is done or its deadline has passed.
///
/// After a deadline in anything but a read, libssh2 may hold half of an operation; the session then counts as
/// lost, and says so at the next call.
package final class SSHSession {
  package let target: SSHTarget
  /// What the host has shown and proved, already checked against the trust given to `connect`.
  package let hostKey: HostKey
  let link: SSHLink

  private init(link: SSHLink, hostKey: HostKey) {
    target = link.target
    self.hostKey = hostKey
    self.link = link
  }

  /// Connects, agrees on keys, and checks the host's key. Nothing of ours has been sent then: the user's name
  /// and credentials follow with `authenticate`.
  ///
  /// - Parameters:
  ///   - over: a stream socket that leads to the host already (through a jump host or a proxy command). It is
  ///     taken over, and closed also when this fails. Without it a TCP connection is made.
  ///   - trust: whose key is believed; it also chooses the kind of key that the host is asked for.
  package static func connect(
    _ target: SSHTarget, over transport: FileDescriptor? = nil, trust: HostKeyTrust,
    limits: SSHLimits = SSHLimits()
  ) throws(SSHError) -> SSHSession {
    let descriptor: Int32
    if let transport {
      descriptor = transport.rawValue
    } else {
      descriptor = try AddressConnection.open(target, deadline: .after(seconds: limits.connectTimeoutSeconds))
    }
    let socket = try SSHSocket(adopting: descriptor, limits: limits)
    let link = try SSHLink(target: target, socket: socket, limits: limits)
    let key = try link.handshake(
      typesOnFile: trust.keyTypesOnFile, until: .after(seconds: limits.handshakeTimeoutSeconds))
    do throws(SSHError) {
      try trust.check(key, of: target)
    } catch {
      link.close()
      throw error
    }
    return SSHSession(link: link, hostKey: key)
  }

  /// Ends the session from any thread: whatever waits in it fails with `connectionLost`.
  package var interrupter: SSHInterrupter { SSHInterrupter(socket: link.socket) }

  /// Says good-bye and hangs up. Open channels end with it. Closing twice is nothing.
  package func close() { link.close() }

  /// Starts a program, for a conversation over its stdin and stdout.
  ///
  /// `command` is a line for the login shell of the user on the host: whatever is not constant in it must be
  /// quoted.
  package func exec(_ command: String, deadline: SSHDeadline) throws(SSHError) -> SSHChannel {
    try SSHChannel.open(command, on: link, deadline: deadline)
  }
}

/// Hangs up a session from another thread, when a person presses Ctrl-C for example.
package struct SSHInterrupter: Sendable {
  let socket: SSHSocket

  package func interrupt() { socket.interrupt() }
}
