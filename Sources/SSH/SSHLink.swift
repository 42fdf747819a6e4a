import CSSH2
import Glibc
import SystemPackage

/// The owner of a libssh2 session and its socket: repeats calls that would block, with deadlines.
///
/// Every EAGAIN loop of this module is here or in `SSHChannel`, since a link that loses packets makes libssh2
/// answer EAGAIN for ever; every call that may loop inside is under an `SSHWatch`, since a host that sends without end
/// keeps libssh2 from answering at all.
final class SSHLink {
  let target: SSHTarget
  let limits: SSHLimits
  let raw: OpaquePointer
  let socket: SSHSocket
  /// The first thing that made this session useless. Later calls repeat it.
  private(set) var failure: SSHError?
  private var nextKeepalive: SSHDeadline

  init(target: SSHTarget, socket: SSHSocket, limits: SSHLimits) throws(SSHError) {
    guard LibSSH2.started == 0, let raw = libssh2_session_init_ex(nil, nil, nil, nil) else {
      throw .local(during: "starting libssh2", errno: .noMemory)
    }
    libssh2_session_set_blocking(raw, 0)
    libssh2_keepalive_config(raw, 1, UInt32(clamping: limits.keepaliveSeconds))
    self.target = target
    self.limits = limits
    self.raw = raw
    self.socket = socket
    nextKeepalive = .after(seconds: Double(limits.keepaliveSeconds))
  }

  deinit {
    // On a socket that is shut down libssh2 has nothing to wait for. Should it still say EAGAIN for ever, a
    // little memory is left behind rather than a thread.
    socket.interrupt()
    for _ in 0..<SSHLimits.maxFreeAttempts where libssh2_session_free(raw) != LIBSSH2_ERROR_EAGAIN { return }
  }

  /// Says good-bye and hangs up. Open channels end with it. Closing twice is nothing.
  func close() {
    guard failure == nil else { return }
    let deadline = SSHDeadline.after(seconds: SSHLimits.farewellSeconds)
    _ = try? attempt("closing", until: deadline) {
      Int(libssh2_session_disconnect_ex(self.raw, SSH_DISCONNECT_BY_APPLICATION, "done", ""))
    }
    giveUp(.connectionLost(host: target.name, during: "closing", cause: "it was closed by us"))
  }

  /// Marks the session as useless for good; the first reason stays.
  func giveUp(_ reason: SSHError) {
    if failure == nil { failure = reason }
    socket.interrupt()
  }

  /// Repeats a libssh2 call until it says something other than EAGAIN, waiting on the socket in between.
  /// The result is what libssh2 returned: negative codes too, unless they mean that the connection is gone.
  func attempt(_ what: String, until deadline: SSHDeadline, _ call: () -> Int) throws(SSHError) -> Int {
    let watch = SSHWatch(socket, until: deadline)
    defer { watch.end() }
    while true {
      try checkAlive(during: what)
      let result = call()
      guard !watch.hasFired else { throw outOfTime(what) }
      if result != Int(LIBSSH2_ERROR_EAGAIN) {
        if result < 0 { try throwIfLost(result, during: what) }
        return result
      }
      guard wait(until: deadline) else { throw outOfTime(what) }
    }
  }

  /// Time is up, and libssh2 may hold half of something: the session is over.
  func outOfTime(_ what: String) -> SSHError {
    let error = SSHError.deadline(host: target.name, during: what)
    giveUp(error)
    return error
  }

  /// As `attempt`, where every negative code is an error.
  @discardableResult
  func require(_ what: String, until deadline: SSHDeadline, _ call: () -> Int) throws(SSHError) -> Int {
    let result = try attempt(what, until: deadline, call)
    guard result >= 0 else { throw refusal(result, during: what) }
    return result
  }

  /// Waits for what libssh2 wants of the socket, and keeps the connection alive meanwhile.
  /// `false` when the deadline has passed, also where something came: who dribbles gains no time by it.
  func wait(until deadline: SSHDeadline) -> Bool {
    let directions = libssh2_session_block_directions(raw)
    let writes = directions & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
    var events = Int16(0)
    if directions & LIBSSH2_SESSION_BLOCK_INBOUND != 0 || !writes { events |= Int16(POLLIN) }
    if writes { events |= Int16(POLLOUT) }
    let until = deadline.orSooner(nextKeepalive)
    let ready = pollOnce(socket.number, events, milliseconds: until.remainingMilliseconds) != 0
    if !ready, nextKeepalive.hasPassed { keepAlive(halfSent: writes) }
    return !deadline.hasPassed
  }

  /// A keepalive must not come between the halves of another packet, and must not itself be half sent:
  /// libssh2 cannot go on from there. So only where nothing is pending and the socket has room.
  private func keepAlive(halfSent: Bool) {
    nextKeepalive = .after(seconds: Double(limits.keepaliveSeconds))
    guard !halfSent, pollOnce(socket.number, Int16(POLLOUT), milliseconds: 0) & Int16(POLLOUT) != 0 else {
      return
    }
    // An error here is the connection's, and the call that waits meets it at once.
    _ = libssh2_keepalive_send(raw, nil)
  }

  func throwIfLost(_ code: Int, during what: String) throws(SSHError) {
    if LibSSH2.isConnectionLoss(code) { throw lost(during: what) }
  }

  /// The session is over.
  func lost(during what: String) -> SSHError {
    let error = SSHError.connectionLost(host: target.name, during: what, cause: lastWords())
    giveUp(error)
    return error
  }

  func refusal(_ code: Int, during what: String) -> SSHError {
    .protocolFailure(
      host: target.name, during: what, code: code, words: lastWords(), meaning: LibSSH2.meaning(of: code))
  }

  /// libssh2's own words about its last error.
  func lastWords() -> String {
    var text: UnsafeMutablePointer<CChar>?
    var length: Int32 = 0
    libssh2_session_last_error(raw, &text, &length, 0)
    guard let text, length > 0 else { return "no further word" }
    return String(decoding: UnsafeRawBufferPointer(start: text, count: Int(length)), as: UTF8.self)
  }

  /// Throws where the session was given up before.
  func checkAlive(during what: String) throws(SSHError) {
    guard let failure else { return }
    if case .connectionLost = failure { throw failure }
    throw .connectionLost(host: target.name, during: what, cause: "given up before (\(failure))")
  }
}
