package import Foundation
package import Wire

/// A conversation with the real agent program, as the coordinator has it, over pipes.
package final class AgentSession {
  private let agent: TalkingChild
  private var reader = FrameReader(expectMagic: true)

  package convenience init(_ room: Room) throws {
    try self.init(program: Room.program, state: room.state.path)
  }

  package init(program: String, state: String) throws {
    agent = try TalkingChild(
      [program, "serve"],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "FLEET_AGENT_STATE": state])
  }

  deinit { close() }

  package func close() {
    agent.endInput()
    _ = agent.wait()
  }

  /// The connection breaks: the agent's end of it is gone at once.
  package func hangUp() { agent.kill() }

  package func send(_ request: Request) throws { try agent.write(Frame.encode(request)) }

  package func receive() throws -> Reply {
    while true {
      if let payload = try reader.next() { return try JSON.decode(Reply.self, from: payload) }
      guard let data = agent.read() else { throw Shell.Failed("the agent hung up") }
      reader.feed(data)
    }
  }

  package func ask(_ request: Request) throws -> Reply {
    try send(request)
    return try receive()
  }

  package func upload(_ file: URL, sha256: String, size: Int64) throws {
    let reply = try ask(.upload(app: "growroom", sha256: sha256, size: size))
    guard case .send(let offset) = reply else {
      throw Shell.Failed("upload: \(reply)")
    }
    guard offset < size else { return }
    let data = try Data(contentsOf: file).dropFirst(Int(offset))
    try agent.write(data)
    guard case .ok = try receive() else { throw Shell.Failed("the upload failed") }
  }

  /// The events of a job until it rests; the last one has the result.
  package func follow(
    _ job: String, after: Int = 0, hearing hear: (JobEvent) throws -> Void = { _ in }
  ) throws -> [JobEvent] {
    try send(.follow(app: "growroom", job: job, after: after))
    var events: [JobEvent] = []
    while true {
      guard case .event(let event) = try receive() else {
        throw Shell.Failed("no event")
      }
      do { try hear(event) } catch {
        hangUp()
        throw error
      }
      if event.event == .heartbeat { continue }
      events.append(event)
      if event.event == .rested { return events }
    }
  }
}

extension Room {
  /// Runs a verb of the real agent program, as systemd or a person at the Pi would; what it prints.
  @discardableResult
  package func agent(_ words: String...) throws -> String {
    let child = try startAgent(words)
    child.endInput()
    let text = child.readAll()
    let code = child.wait()
    guard code == 0 else {
      throw Shell.Failed("fleet-agent \(words.joined(separator: " ")): \(code)\n\(text)")
    }
    return text
  }

  /// The same, not waited for.
  package func startAgent(_ words: String...) throws -> TalkingChild { try startAgent(words) }

  private func startAgent(_ words: [String]) throws -> TalkingChild {
    try TalkingChild(
      [Room.program] + words,
      environment: [
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "FLEET_AGENT_STATE": state.path,
      ], mergingErrors: true)
  }

  /// Stages a release; the result of the stage.
  ///
  /// - Parameters:
  ///   - event: hears each event as it comes.
  ///   - delta: sends something else than the archive, with the listing that was sent.
  package func stage(
    _ version: String, job: String, from installed: String? = "4.0.26", retry: Bool = false,
    leave: Bool = false, repair: Bool = false, change: (inout AppProfile) -> Void = { _ in },
    event: (JobEvent) throws -> Void = { _ in }, delta: ((AgentSession, Artifact?) throws -> Void)? = nil
  ) throws -> JobResult {
    let session = try AgentSession(self)
    defer { session.close() }
    let release = try release(version)
    var listing: Artifact?
    if let installed {
      let file = try self.listing(installed)
      let sha256 = try Shell.output("/usr/bin/sha256sum", file.path).prefix(64)
      let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
      listing = Artifact(sha256: String(sha256), size: Int64(size))
      try session.upload(file, sha256: String(sha256), size: Int64(size))
    }
    if let delta {
      try delta(session, listing)
    } else {
      try session.upload(release.file, sha256: release.name.sha256, size: release.name.size)
    }
    var profile = profile
    change(&profile)
    let order = StageOrder(
      job: job, release: release.name, unpackedBytes: release.unpackedBytes,
      installedListing: listing, profile: profile, retry: retry, leave: leave, repair: repair)
    let reply = try session.ask(.stage(order))
    guard reply == .ok else { throw Shell.Failed("stage: \(reply)") }
    return try result(session.follow(job, hearing: event))
  }

  /// Cuts over; how it ends.
  ///
  /// - Parameter event: hears each event as it comes.
  package func cutover(
    job: String, lifetimeSeconds: Int = 300, confirmWithinSeconds: Int? = nil, together: Bool? = nil,
    event: (JobEvent, AgentSession) throws -> Void = { _, _ in }
  ) throws -> JobResult {
    let session = try AgentSession(self)
    defer { session.close() }
    let before = try session.follow(job).last?.seq ?? 0
    let order = CutoverOrder(
      app: "growroom", job: job, lifetimeSeconds: lifetimeSeconds,
      confirmWithinSeconds: confirmWithinSeconds, together: together)
    let reply = try session.ask(.cutover(order))
    guard reply == .ok else { throw Shell.Failed("cutover: \(reply)") }
    return try result(session.follow(job, after: before) { try event($0, session) })
  }

  private func result(_ events: [JobEvent]) throws -> JobResult {
    guard let result = events.last?.result else { throw Shell.Failed("no result") }
    if let reason = result.reason {
      print("\(result.job): \(reason.text)", reason.logTail.suffix(8).joined(separator: "\n  "))
    }
    return result
  }

  package func hostStatus() throws -> HostStatus {
    let session = try AgentSession(self)
    defer { session.close() }
    guard case .status(let status) = try session.ask(.status(app: "growroom")) else {
      throw Shell.Failed("no status")
    }
    return status
  }
}
