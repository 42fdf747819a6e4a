import Glibc
import SystemPackage

/// Whether somebody accepts connections.
enum TCPProbe {
  /// Nil when a connection was made, to any of the host's addresses; else why not.
  static func problem(
    host: String, port: Int, timeoutSeconds: Int = EffectLimits.probeSeconds
  ) -> String? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    guard code == 0 else { return "\(host): \(String(cString: gai_strerror(code)))" }
    defer { freeaddrinfo(list) }
    let deadline = Monotonic.now() + .seconds(timeoutSeconds)
    var failure = Errno.timedOut
    var next = list
    while let info = next?.pointee {
      guard let error = connect(info, deadline) else { return nil }
      failure = error
      next = info.ai_next
    }
    return "nothing answers on \(host), port \(port): \(failure)"
  }

  private static func connect(_ info: addrinfo, _ deadline: Duration) -> Errno? {
    let fd = socket(info.ai_family, info.ai_socktype, info.ai_protocol)
    guard fd >= 0 else { return Errno(rawValue: errno) }
    defer { close(fd) }
    _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
    _ = fcntl(fd, F_SETFL, O_NONBLOCK)
    if Glibc.connect(fd, info.ai_addr, info.ai_addrlen) == 0 { return nil }
    guard errno == EINPROGRESS else { return Errno(rawValue: errno) }
    while true {
      let left = (deadline - Monotonic.now()).wholeMilliseconds
      guard left > 0 else { return .timedOut }
      var watched = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
      if poll(&watched, 1, Int32(left)) > 0 { break }
    }
    var error: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size)
    return error == 0 ? nil : Errno(rawValue: error)
  }
}
