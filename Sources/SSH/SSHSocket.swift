import Glibc
import SystemPackage
import Synchronization

/// The socket below a session: not blocking, closed by its one owner.
///
/// `interrupt` may come from another thread, at any time; the lock keeps it from touching a number
/// that was closed and given to somebody else in between.
final class SSHSocket: Sendable {
  let number: Int32
  private let isOpen = Mutex(true)

  /// Takes over the descriptor, which must be a stream socket (libssh2 uses send(2) and recv(2)).
  init(adopting descriptor: Int32, limits: SSHLimits) throws(SSHError) {
    number = descriptor
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
      fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    else {
      let cause = Errno(rawValue: errno)
      close(descriptor)
      throw .local(during: "preparing the socket", errno: cause)
    }
    // These fail on sockets that are not TCP, a socket pair to a proxy command say; there they mean nothing.
    set(IPPROTO_TCP, TCP_NODELAY, 1)
    set(SOL_SOCKET, SO_KEEPALIVE, 1)
    set(Int(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(clamping: limits.peerSilenceSeconds * 1000))
  }

  deinit { close(number) }

  /// Ends the conversation in both directions; whoever waits on the socket wakes and sees its end.
  func interrupt() {
    isOpen.withLock { open in
      guard open else { return }
      open = false
      shutdown(number, Int32(SHUT_RDWR))
      // What had come already would still be read, and libssh2 reads a banner byte by byte, for seconds: away with
      // it (tcp(7), MSG_TRUNC). Nothing comes after that, so this ends.
      while recv(number, nil, Int(Int32.max), Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC)) > 0 {}
    }
  }

  private func set(_ level: some BinaryInteger, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(number, Int32(level), option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}

/// Waits until one of `events` (poll(2)) or an error is there. Returns what is, 0 when time is up.
func pollOnce(_ descriptor: Int32, _ events: Int16, milliseconds: Int32) -> Int16 {
  var entry = pollfd(fd: descriptor, events: events, revents: 0)
  // A signal (EINTR) looks like time that is up; every caller measures its own deadline and comes again.
  return poll(&entry, 1, milliseconds) > 0 ? entry.revents : 0
}
