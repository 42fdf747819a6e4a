import ByteText
import CSSH2
import Glibc

/// How a program on the host ended.
package enum SSHExit: Sendable, Equatable {
  case status(Int32)
  /// The signal's name without `SIG`, as the host says it (RFC 4254, section 6.10).
  case signal(String)

  package var isSuccess: Bool { self == .status(0) }
}

/// One program running on the host, its stdin, stdout and stderr. It belongs to its session's owner and
/// thread.
///
/// A read whose deadline passes may be repeated. After any other call that ran out of time the whole
/// session is given up, since libssh2 holds half a packet then.
///
/// libssh2 is only ever asked for `SSHLimits.readBytes` at once, on both streams. It lets the window grow
/// by an amount that it computes from the size asked for; when sending that has to wait (a slow link, a new
/// key exchange), the next read computes it anew, and where the sizes differ libssh2 then believes in
/// another window than the host has been told of, and throws data away without a word.
package final class SSHChannel {
  let link: SSHLink
  let raw: OpaquePointer
  private var standardError: BoundedTail
  private let scratch: UnsafeMutableRawBufferPointer
  /// What was read of stdout for a caller who wanted less.
  private var ahead: ArraySlice<UInt8> = []

  private init(link: SSHLink, raw: OpaquePointer) {
    self.link = link
    self.raw = raw
    standardError = BoundedTail(limitBytes: link.limits.keptStandardErrorBytes)
    scratch = .allocate(byteCount: SSHLimits.readBytes, alignment: 16)
  }

  deinit {
    scratch.deallocate()
    // What cannot be freed now, because the connection is gone or stuck, is freed with the session.
    guard link.failure == nil else { return }
    _ = try? link.attempt("closing a program's channel", until: .after(seconds: SSHLimits.farewellSeconds)) {
      Int(libssh2_channel_free(raw))
    }
  }

  /// Starts `command`, which the user's login shell on the host will interpret.
  ///
  /// Dropbear (2022.83) closes a channel that is just opened when a program on another channel of the session
  /// ends in that moment, and still runs the command: one program at a time there.
  static func open(_ command: String, on link: SSHLink, deadline: SSHDeadline) throws(SSHError) -> SSHChannel
  {
    var opened: OpaquePointer?
    try link.require("opening a channel", until: deadline) {
      opened = libssh2_channel_open_ex(
        link.raw, "session", 7, SSHLimits.channelWindowBytes, SSHLimits.channelPacketBytes, nil, 0)
      return opened == nil ? Int(libssh2_session_last_errno(link.raw)) : 0
    }
    guard let opened else {
      throw link.refusal(Int(LIBSSH2_ERROR_CHANNEL_FAILURE), during: "opening a channel")
    }
    let channel = SSHChannel(link: link, raw: opened)
    let bytes = Array(command.utf8CString)
    func start() -> Int {
      Int(libssh2_channel_process_startup(opened, "exec", 4, bytes, UInt32(bytes.count - 1)))
    }
    let code = try link.attempt("starting a program", until: deadline) {
      let code = start()
      // libssh2 would wait for an answer on a channel that is closed already. The answer may have come just
      // before the close, so it is asked for once more.
      guard code == Int(LIBSSH2_ERROR_EAGAIN), channel.isClosedByHost() else { return code }
      let last = start()
      return last == Int(LIBSSH2_ERROR_EAGAIN) ? Int(LIBSSH2_ERROR_CHANNEL_CLOSED) : last
    }
    if code == Int(LIBSSH2_ERROR_CHANNEL_CLOSED) {
      throw .channelClosed(host: link.target.name, during: "starting a program")
    }
    guard code >= 0 else { throw link.refusal(code, during: "starting a program") }
    return channel
  }

  /// Reads what the program has written to stdout: at least one byte, or none at its end. It is never more
  /// than 64 KiB. Meanwhile stderr is taken in as well, so that it cannot hold up the program.
  ///
  /// - Throws: `deadline`, after which reading may go on; `connectionLost`.
  package func read(maxBytes: Int, deadline: SSHDeadline) throws(SSHError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: min(max(maxBytes, 1), SSHLimits.readBytes))
    let count = try bytes.withUnsafeMutableBufferPointer { buffer throws(SSHError) in
      try read(into: UnsafeMutableRawBufferPointer(buffer), deadline: deadline)
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// As `read(maxBytes:deadline:)`, into memory of the caller's; returns how many bytes there are, 0 at the
  /// end.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, deadline: SSHDeadline
  ) throws(SSHError) -> Int {
    let watch = SSHWatch(link.socket, until: deadline)
    defer { watch.end() }
    while true {
      let progress: Progress
      do throws(SSHError) { progress = try readNow(into: buffer, deadline: deadline) } catch {
        throw watch.hasFired ? link.outOfTime("reading") : error
      }
      switch progress {
      case .bytes(let count): return count
      case .end: return 0
      case .nothingYet:
        guard link.wait(until: deadline) else {
          throw .deadline(host: link.target.name, during: "reading")
        }
      }
    }
  }

  /// Takes what has been kept of stderr: its last `keptStandardErrorBytes`, and how much was dropped before
  /// them.
  package func takeStandardError() -> (bytes: [UInt8], droppedBytes: Int) {
    standardError.take()
  }

  /// Writes all of it to the program's stdin.
  ///
  /// - Throws: `channelClosed` when the program ended before it had read it; `deadline`, `connectionLost`.
  package func writeAll(_ bytes: some Sequence<UInt8>, deadline: SSHDeadline) throws(SSHError) {
    let whole = ContiguousArray(bytes)
    try whole.withUnsafeBufferPointer { buffer throws(SSHError) in
      try writeAll(UnsafeRawBufferPointer(buffer), deadline: deadline)
    }
  }

  /// As `writeAll(_:deadline:)`, from memory of the caller's.
  package func writeAll(_ buffer: UnsafeRawBufferPointer, deadline: SSHDeadline) throws(SSHError) {
    let watch = SSHWatch(link.socket, until: deadline)
    defer { watch.end() }
    var done = 0
    while done < buffer.count {
      let progress: Progress
      do throws(SSHError) {
        progress = try writeNow(UnsafeRawBufferPointer(rebasing: buffer[done...]), deadline: deadline)
      } catch {
        throw watch.hasFired ? link.outOfTime("writing") : error
      }
      switch progress {
      case .bytes(let count): done += count
      case .end: throw .channelClosed(host: link.target.name, during: "writing")
      case .nothingYet: guard link.wait(until: deadline) else { throw link.outOfTime("writing") }
      }
    }
  }

  /// The end of stdin.
  package func sendEOF(deadline: SSHDeadline) throws(SSHError) {
    try link.require("ending the input", until: deadline) { Int(libssh2_channel_send_eof(raw)) }
  }

  /// Waits until the program has ended, and says how. What is still unread of stdout is thrown away.
  ///
  /// Both OpenSSH and Dropbear report a status or a signal before they close; libssh2 does not tell whether
  /// one came, and shows 0 where none did. A connection that breaks first is `connectionLost`, never a
  /// status.
  package func finish(deadline: SSHDeadline) throws(SSHError) -> SSHExit {
    while try !read(maxBytes: SSHLimits.readBytes, deadline: deadline).isEmpty {
      if deadline.hasPassed { throw .deadline(host: link.target.name, during: "waiting for a program's end") }
    }
    try link.require("waiting for a program's end", until: deadline) { Int(libssh2_channel_wait_closed(raw)) }
    return exit()
  }

  enum Progress {
    case bytes(Int)
    case end
    case nothingYet
  }

  func readNow(
    into buffer: UnsafeMutableRawBufferPointer, deadline: SSHDeadline
  ) throws(SSHError) -> Progress {
    guard ahead.isEmpty else {
      let count = min(buffer.count, ahead.count)
      buffer.copyBytes(from: ahead.prefix(count))
      ahead = ahead.dropFirst(count)
      return .bytes(count)
    }
    try link.checkAlive(during: "reading")
    try readStandardError(until: deadline)
    let fits = buffer.count >= SSHLimits.readBytes
    let count = try readOnce(stream: 0, into: fits ? buffer : scratch)
    if count > 0 {
      guard !fits else { return .bytes(count) }
      ahead = ArraySlice(scratch.prefix(count))
      return try readNow(into: buffer, deadline: deadline)
    }
    if count == Int(LIBSSH2_ERROR_EAGAIN) { return .nothingYet }
    // libssh2 hides the end while anything is unread, stderr included.
    try readStandardError(until: deadline)
    if libssh2_channel_eof(raw) == 1 { return .end }
    // No data, no end, and no "not yet": libssh2 says so after the other side has disconnected.
    let error = SSHError.connectionLost(
      host: link.target.name, during: "reading", cause: "the host disconnected")
    link.giveUp(error)
    throw error
  }

  /// Writes what goes at once; `.end` when the channel is closed by the other side.
  func writeNow(_ buffer: UnsafeRawBufferPointer, deadline: SSHDeadline) throws(SSHError) -> Progress {
    while true {
      try link.checkAlive(during: "writing")
      let result = libssh2_channel_write_ex(
        raw, 0, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
      if result > 0 { return .bytes(result) }
      if result < 0, result != Int(LIBSSH2_ERROR_EAGAIN) {
        try link.throwIfLost(result, during: "writing")
        throw link.refusal(result, during: "writing")
      }
      let halfSent = libssh2_session_block_directions(link.raw) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
      guard halfSent else { return isClosedByHost() ? .end : .nothingYet }
      try finishHalfPacket(deadline: deadline)
    }
  }

  /// Half a packet is on its way: nothing else may be sent before the rest of it, not even the window's
  /// growth that reading would send. But the host may be waiting for us to read (Dropbear stops reading
  /// when it cannot write), so what comes in is taken into libssh2's queue, which the channel's window
  /// bounds.
  private func finishHalfPacket(deadline: SSHDeadline) throws(SSHError) {
    var events = Int16(POLLIN) | Int16(POLLOUT)
    while true {
      let ready = pollOnce(link.socket.number, events, milliseconds: deadline.remainingMilliseconds)
      if ready & ~Int16(POLLIN) != 0 { return }
      if ready != 0 {
        let code = Int(libssh2_channel_wait_eof(raw))
        if code < 0, code != Int(LIBSSH2_ERROR_EAGAIN) { try link.throwIfLost(code, during: "writing") }
        // Once its end has come this call reads no more, so that only room to write is worth waiting for.
        if code == 0 { events = Int16(POLLOUT) }
      }
      if deadline.hasPassed { throw link.outOfTime("writing") }
    }
  }

  /// This call of libssh2's reads from the connection but sends nothing; it fails where no end has come yet.
  func isClosedByHost() -> Bool { libssh2_channel_wait_closed(raw) == 0 }

  /// All that is there, but not for ever: a program that writes there without end would hold its reader.
  private func readStandardError(until deadline: SSHDeadline) throws(SSHError) {
    while true {
      let count = try readOnce(stream: SSH_EXTENDED_DATA_STDERR, into: scratch)
      guard count > 0 else { return }
      standardError.append(scratch.prefix(count))
      if deadline.hasPassed { throw .deadline(host: link.target.name, during: "reading") }
    }
  }

  /// The count, 0 for "nothing any more" or the code for "nothing yet".
  private func readOnce(stream: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(SSHError) -> Int {
    let count = libssh2_channel_read_ex(
      raw, stream, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), SSHLimits.readBytes)
    if count < 0, count != Int(LIBSSH2_ERROR_EAGAIN) {
      try link.throwIfLost(count, during: "reading")
      throw link.refusal(count, during: "reading")
    }
    return count
  }

  private func exit() -> SSHExit {
    var name: UnsafeMutablePointer<CChar>?
    var length = 0
    libssh2_channel_get_exit_signal(raw, &name, &length, nil, nil, nil, nil)
    if let name {
      defer { libssh2_free(link.raw, name) }
      let bytes = UnsafeRawBufferPointer(start: name, count: length)
      return .signal(String(decoding: bytes, as: UTF8.self).madeVisible(limit: 32))
    }
    return .status(libssh2_channel_get_exit_status(raw))
  }
}
