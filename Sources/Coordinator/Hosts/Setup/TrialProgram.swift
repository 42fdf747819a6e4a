import Programs
import ByteText
import Wire

/// An agent on a host for as long as it is tried (`SetupScripts.trial`). One owner, one thread: every call blocks it.
final class TrialProgram {
  enum Start {
    /// It runs, and waits to be spoken with.
    case answers(AgentConversation)
    case cannot(Trouble)
  }

  /// Why it does not run there.
  struct Trouble: Sendable {
    /// In the host's words.
    let text: String
    /// There is no place in which it might.
    let isOfPlace: Bool

    /// Where a plain user may run nothing, an agent that is set up as root may.
    func diagnosis(meaning text: String, hasAgentsRights: Bool) -> Diagnosis {
      let isOfUser = isOfPlace && !hasAgentsRights
      return Diagnosis(
        verdict: isOfUser ? .warning : .bad, subject: "agent",
        text: (isOfUser ? "not known: " : "") + "it cannot be tried there: \(visible(text))")
    }
  }

  private let stream: any ProgramStream
  private let host: String
  private var heard: [UInt8]
  /// The folder that it lies in, as the host calls it; nil before there is one.
  private(set) var folder: String?
  /// The script has ended by itself, and so has removed it.
  private var hasEnded = false

  /// - Parameter heard: what has come of the script's output.
  init(_ stream: any ProgramStream, host: String, heard: [UInt8]) {
    self.stream = stream
    self.host = host
    self.heard = heard
  }

  /// Brings the agent there and starts it.
  func start(_ agent: [UInt8], ssh: String?, version: String) throws(HostError) -> Start {
    switch try word(withinSeconds: HostLimits.scriptSeconds) {
    case .send(let folder): self.folder = folder
    case .other(let trouble): return .cannot(trouble)
    case .ready: throw .protocolFault("\(host): the script that tries it is out of step")
    }
    // Who ends before all is read says why.
    let refused = Result { () throws(HostError) in try bring(agent) }
    switch try word(withinSeconds: HostLimits.uploadAnswerSeconds) {
    case .ready: try refused.get()
    case .other(let trouble): return .cannot(trouble)
    case .send: throw .protocolFault("\(host): the script that tries it is out of step")
    }
    try stream.write(Array("go\n".utf8), withinSeconds: HostLimits.answerSeconds)
    return .answers(try AgentConversation(stream, host: host, ssh: ssh, version: version))
  }

  /// Ends it. Whether the script has said that nothing of it is left there.
  func leave() -> Bool {
    guard !hasEnded else { return true }
    do throws(HostError) {
      try stream.endInput()
      let (_, end) = try stream.readToEnd(
        maxBytes: HostLimits.outputBytes, withinSeconds: HostLimits.trialEndSeconds)
      return folder == nil || end?.exit == .status(0)
    } catch {
      return folder == nil
    }
  }

  private func bring(_ agent: [UInt8]) throws(HostError) {
    var rest = agent[...]
    while !rest.isEmpty {
      try stream.write(Array(rest.prefix(256 << 10)), withinSeconds: HostLimits.chunkSeconds)
      rest = rest.dropFirst(256 << 10)
    }
  }

  private enum Word {
    case send(String)
    case ready
    case other(Trouble)
  }

  /// The next line of the script's own; where there is none, all that was said to the end.
  private func word(withinSeconds seconds: Double) throws(HostError) -> Word {
    let deadline = ContinuousClock.Instant.after(seconds: seconds)
    while true {
      if let end = heard.lastIndex(of: UInt8(ascii: "\n")) {
        let lines = String(decoding: heard[...end], as: UTF8.self).textLines
        let own = lines.lazy.compactMap { $0.without(prefix: "fleet-try ") }.first
        if let folder = own?.without(prefix: "send ") {
          heard.removeAll()
          return .send(visible(String(folder), limit: 300))
        }
        if own?.isSpelled("ready") == true {
          heard.removeAll()
          return .ready
        }
      }
      let piece = try stream.read(withinSeconds: deadline.secondsLeft)
      guard !piece.isEmpty else {
        // Where the connection broke nobody knows how it ended.
        hasEnded = stream.end() != nil
        return .other(trouble)
      }
      heard += piece
      guard heard.count <= HostLimits.outputBytes else {
        throw .protocolFault("\(host): the script that tries it prints without end")
      }
    }
  }

  /// What the script said last, without its marks.
  private var trouble: Trouble {
    let (none, broken) = ("fleet-try none ", "fleet-try broken ")
    let lines = String(decoding: heard, as: UTF8.self).textLines.suffix(6)
    let words = lines.map { $0.without(prefix: none) ?? $0.without(prefix: broken) ?? $0 }
    return Trouble(
      text: words.joined(separator: " / "), isOfPlace: lines.contains { $0.begins(with: none) })
  }
}
