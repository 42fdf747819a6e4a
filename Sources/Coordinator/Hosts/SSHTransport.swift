import Programs
import SSH

/// The way over SSH.
final class SSHTransport: HostTransport {
  private let session: SSHSession
  /// What leads to the host, where it is not plain TCP.
  private let proxy: ChildProgram?
  let interrupt: @Sendable () -> Void

  init(_ session: SSHSession, proxy: ChildProgram?) {
    self.session = session
    self.proxy = proxy
    let interrupter = session.interrupter
    interrupt = { interrupter.interrupt() }
  }

  deinit { session.close() }

  func close() { session.close() }

  func start(_ command: String) throws(HostError) -> any ProgramStream {
    do throws(SSHError) {
      let channel = try session.exec(command, deadline: .after(seconds: HostLimits.greetingSeconds))
      return SSHProgram(channel, session: session, interrupt: interrupt)
    } catch {
      throw HostError(error)
    }
  }
}

private final class SSHProgram: ProgramStream {
  private let channel: SSHChannel
  private let session: SSHSession
  let interrupt: @Sendable () -> Void

  init(_ channel: SSHChannel, session: SSHSession, interrupt: @escaping @Sendable () -> Void) {
    self.channel = channel
    self.session = session
    self.interrupt = interrupt
  }

  func read(withinSeconds seconds: Double) throws(HostError) -> [UInt8] {
    try translated { () throws(SSHError) in
      try channel.read(maxBytes: 256 << 10, deadline: .after(seconds: seconds))
    }
  }

  func write(_ bytes: [UInt8], withinSeconds seconds: Double) throws(HostError) {
    try translated { () throws(SSHError) in
      try channel.writeAll(bytes, deadline: .after(seconds: seconds))
    }
  }

  func endInput() throws(HostError) {
    try translated { () throws(SSHError) in
      try channel.sendEOF(deadline: .after(seconds: HostLimits.answerSeconds))
    }
  }

  func end() -> ProgramEnd? {
    guard let exit = try? channel.finish(deadline: .after(seconds: HostLimits.farewellSeconds)) else {
      return nil
    }
    let errors = channel.takeStandardError().bytes.suffix(ChildProgram.keptErrorBytes)
    let text = String(decoding: errors, as: UTF8.self)
    switch exit {
    case .status(let status): return ProgramEnd(exit: .status(status), standardError: text)
    case .signal(let name): return ProgramEnd(exit: .signal(name), standardError: text)
    }
  }

  private func translated<T>(_ body: () throws(SSHError) -> T) throws(HostError) -> T {
    do throws(SSHError) { return try body() } catch { throw HostError(error) }
  }
}
