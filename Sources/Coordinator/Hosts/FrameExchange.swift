import Programs
import ByteText
import Wire

/// Frames out, frames in, with deadlines. The first trouble stays: half a frame cannot be taken up again.
final class FrameExchange {
  let stream: any ProgramStream
  private let host: String
  private let ssh: String?
  private var reader = FrameReader(expectMagic: true)
  private var hasGreeted = false
  private var failure: HostError?

  /// - Parameter ssh: what a person types to get to the host; nil: by its name.
  init(_ stream: any ProgramStream, host: String, ssh: String? = nil) {
    self.stream = stream
    self.host = host
    self.ssh = ssh
  }

  func send(_ request: Request) throws(HostError) {
    let frame: [UInt8]
    do throws(FrameError) { frame = try Frame.encode(request) } catch {
      throw .protocolFault("\(host): this question is too large for an agent: \(error)")
    }
    try sendRaw(frame)
  }

  func sendRaw(_ bytes: [UInt8]) throws(HostError) {
    if let failure { throw failure }
    do throws(HostError) {
      try stream.write(bytes, withinSeconds: HostLimits.chunkSeconds)
    } catch {
      throw over(hasEnded(error))
    }
  }

  /// The next reply, whole, within the time: a host that dribbles bytes gains none by it.
  func reply(withinSeconds seconds: Double) throws(HostError) -> Reply {
    if let failure { throw failure }
    let deadline = ContinuousClock.Instant.after(seconds: seconds)
    do throws(HostError) {
      while true {
        if let payload = try nextPayload() { return try decoded(payload) }
        let bytes = try stream.read(withinSeconds: deadline.secondsLeft)
        guard !bytes.isEmpty else { throw hasEnded(nil) }
        reader.feed(bytes)
      }
    } catch {
      throw over(error)
    }
  }

  /// Notes why this conversation ends.
  func over(_ error: HostError) -> HostError {
    if failure == nil {
      failure = error
      stream.interrupt()
    }
    return error
  }

  /// An answer that does not fit the question: the agent's own reason where it gave one.
  func unexpected(_ reply: Reply, to what: String) -> HostError {
    switch reply {
    case .refused(let reason): .refused(reason)
    case .claimed(let claim):
      .refused(Cause(code: .claimed, text: "\(claim.who) has it for \(claim.rollout)"))
    case .unsupported(let text): over(.incompatible("\(host): the agent does not know \(what): \(text)"))
    default: over(.protocolFault("\(host): the agent's answer to \(what) does not fit"))
    }
  }

  private func nextPayload() throws(HostError) -> [UInt8]? {
    do throws(FrameError) {
      let payload = try reader.next()
      if payload != nil { hasGreeted = true }
      return payload
    } catch {
      if case .noMagic(let noise) = error {
        throw AgentSilence(host: host, end: nil, noise: noise, ssh: ssh).error
      }
      throw .protocolFault("\(host): \(error)")
    }
  }

  private func decoded(_ payload: [UInt8]) throws(HostError) -> Reply {
    do throws(FrameError) {
      return try JSON.decode(Reply.self, from: payload).bounded
    } catch {
      throw .protocolFault("\(host): \(error)")
    }
  }

  /// The stream has ended, or could not be written to: why, by the program's own words.
  private func hasEnded(_ cause: HostError?) -> HostError {
    if Task.isCancelled { return .lost("\(host): interrupted") }
    let end = stream.end()
    guard hasGreeted else {
      // A connection that broke says nothing about the agent.
      if end == nil, let cause { return cause }
      return end == nil
        ? .lost("\(host): the connection broke before the agent had answered")
        : AgentSilence(host: host, end: end, noise: reader.noise, ssh: ssh).error
    }
    guard let end else { return cause ?? .lost("\(host): the connection broke") }
    let words = end.standardError.textLines.suffix(3).joined(separator: " / ")
    return .lost(
      "\(host): the agent ended the conversation"
        + (words.isEmpty ? "" : ": \"\(visible(words, limit: 400))\""))
  }
}
