import Programs
import Text
import Files
import SystemPackage
import Wire

/// Requests and replies with one agent, over one program stream. Everything that comes is bounded; after
/// the first trouble the conversation is over, and repeats that trouble.
final class AgentConversation {
  let host: String
  let hello: HostHello
  private let exchange: FrameExchange

  var interrupt: @Sendable () -> Void { exchange.stream.interrupt }

  /// Waits for the agent's greeting, and says who we are.
  init(_ stream: any ProgramStream, host: String, ssh: String? = nil, version: String) throws(HostError) {
    self.host = host
    exchange = FrameExchange(stream, host: host, ssh: ssh)
    try exchange.send(.hello(Hello(version: version)))
    switch try exchange.reply(withinSeconds: HostLimits.greetingSeconds) {
    case .hello(let hello):
      // A side speaks with its own version, the one before and the one after.
      guard (WireLimits.version - 1...WireLimits.version + 1).contains(hello.wire) else {
        throw .incompatible(
          "\(host): the agent there (\(hello.version)) speaks wire \(hello.wire), "
            + "this fleet \(WireLimits.version). "
            + (hello.wire < WireLimits.version
              ? "Next: fleet bootstrap \(host)" : "Next: a newer fleet on this machine"))
      }
      self.hello = hello
    case .unsupported(let text):
      throw .incompatible(
        "\(host): the agent there does not understand us: \(text). Next: fleet bootstrap \(host)")
    case .refused(let reason):
      throw .protocolFault("\(host): the agent refused to talk: \(reason.text)")
    default:
      throw .protocolFault("\(host): the agent did not begin with hello")
    }
  }

  func ask(_ request: Request) throws(HostError) -> Reply {
    try exchange.send(request)
    var seconds = HostLimits.answerSeconds
    if case .delta = request { seconds = HostLimits.uploadAnswerSeconds }
    return try exchange.reply(withinSeconds: seconds)
  }

  /// - Parameter progress: hears how many bytes of the file the host has by now.
  func upload(
    app: String, file path: FilePath, sha256: String, size: Int64, progress: @Sendable (Int64) -> Void
  ) throws(HostError) {
    let file = try opened(path, size: size)
    defer { try? file.close() }
    try exchange.send(.upload(app: app, sha256: sha256, size: size))
    let offset: Int64
    switch try exchange.reply(withinSeconds: HostLimits.uploadAnswerSeconds) {
    case .send(let from):
      guard (0...size).contains(from) else {
        throw exchange.over(.protocolFault("\(host): the agent asked for byte \(from) of \(size)"))
      }
      offset = from
    case let other: throw exchange.unexpected(other, to: "an upload")
    }
    guard offset < size else { return }
    progress(offset)
    try send(file, path, from: offset, to: size, progress)
    switch try exchange.reply(withinSeconds: HostLimits.uploadAnswerSeconds) {
    case .ok: return
    case let other: throw exchange.unexpected(other, to: "the end of an upload")
    }
  }

  private func opened(_ path: FilePath, size: Int64) throws(HostError) -> FileDescriptor {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
      let end = try file.seek(offset: 0, from: .end)
      guard end == size else {
        try? file.close()
        throw HostError.protocolFault("this machine: \(path) has \(end) bytes, not \(size); fetch it again")
      }
      return file
    } catch let error as HostError {
      throw error
    } catch {
      throw .protocolFault("this machine: \(path) cannot be read: \(error)")
    }
  }

  private func send(
    _ file: FileDescriptor, _ path: FilePath, from offset: Int64, to size: Int64,
    _ progress: (Int64) -> Void
  ) throws(HostError) {
    // Who takes a piece a minute would hold the others for days.
    let deadline = ContinuousClock.Instant.after(seconds: HostLimits.uploadSeconds)
    var sent = offset
    var chunk = [UInt8](repeating: 0, count: WireLimits.chunkBytes)
    while sent < size {
      let wanted = Int(min(Int64(chunk.count), size - sent))
      let count = chunk.withUnsafeMutableBytes { buffer in
        (try? file.read(fromAbsoluteOffset: sent, into: .init(rebasing: buffer[..<wanted]))) ?? 0
      }
      guard count > 0 else {
        // The agent waits for the rest: this conversation cannot go on.
        throw exchange.over(.protocolFault("this machine: \(path) cannot be read to its end"))
      }
      guard deadline > .now else {
        throw exchange.over(
          .lost("\(host): it took \(sent) of \(size) bytes within \(Int(HostLimits.uploadSeconds) / 3_600) h")
        )
      }
      try exchange.sendRaw(Array(chunk[..<count]))
      sent += Int64(count)
      progress(sent)
    }
  }

  /// - Parameter seconds: however alive the agent says that it is.
  func follow(
    app: String, job: String, after: Int, withinSeconds seconds: Double, event: @Sendable (JobEvent) -> Void
  ) throws(HostError) -> JobResult {
    try exchange.send(.follow(app: app, job: job, after: after))
    let deadline = ContinuousClock.Instant.after(seconds: seconds)
    var seen = after
    var story = StoryBudget()
    while true {
      guard deadline > .now else {
        let hours = Wording.clock(Int(seconds) * 1_000)
        throw exchange.over(
          .notBelieved("\(host): \(job) goes on after \(hours) min, longer than any job may"))
      }
      switch try exchange.reply(withinSeconds: min(HostLimits.silenceSeconds, deadline.secondsLeft)) {
      case .event(let news):
        guard story.take(news) else {
          throw exchange.over(.notBelieved("\(host): it tells more of \(job) than any job has to tell"))
        }
        guard news.event != .heartbeat else {
          event(news)
          continue
        }
        // What was heard before is not told twice.
        if news.seq > seen {
          seen = news.seq
          event(news)
        }
        guard news.event == .rested else { continue }
        guard let result = news.result else {
          throw exchange.over(.protocolFault("\(host): the job \(job) ended without a result"))
        }
        return result
      case let other: throw exchange.unexpected(other, to: "following \(job)")
      }
    }
  }
}
