import Foundation
import TestSupport
import Wire

/// A conversation with the real agent, as the coordinator has it.
final class Talk {
  private let host: TalkingChild
  private var reader = FrameReader(expectMagic: true)

  /// The agent answered that it will not; nothing has begun.
  struct Refused: Error { var reason: Cause }

  /// Nothing was heard but that the connection is alive.
  struct Silence: Error {}

  /// - Parameter host: a program that ends up as `fleet-agent serve`.
  init(_ host: TalkingChild) { self.host = host }

  func send(_ request: Request) throws { try host.write(Frame.encode(request)) }

  func receive() throws -> Reply {
    while true {
      if let payload = try reader.next() { return try JSON.decode(Reply.self, from: payload) }
      guard let data = host.read() else { throw Tool.Failed("the agent hung up") }
      reader.feed(data)
    }
  }

  func ask(_ request: Request) throws -> Reply {
    try send(request)
    return try receive()
  }

  func upload(_ file: String, sha256: String, size: Int64) throws {
    let reply = try accepted(ask(.upload(app: "pocket", sha256: sha256, size: size)))
    guard case .send(let offset) = reply else { throw Tool.Failed("upload: \(reply)") }
    guard offset < size else { return }
    try host.write(try Data(contentsOf: URL(fileURLWithPath: file)).dropFirst(Int(offset)))
    let end = try accepted(receive())
    guard case .ok = end else { throw Tool.Failed("upload: \(end)") }
  }

  private func accepted(_ reply: Reply) throws -> Reply {
    if case .refused(let reason) = reply { throw Refused(reason: reason) }
    return reply
  }

  /// Heartbeats without a word after which nobody expects one: a minute.
  static let heartbeats = 60 / WireLimits.heartbeatSeconds

  /// The result with which the job rests.
  func follow(_ job: String, after: Int = 0) throws -> (result: JobResult, seq: Int) {
    try send(.follow(app: "pocket", job: job, after: after))
    var heartbeats = 0
    while true {
      let reply = try accepted(receive())
      guard case .event(let event) = reply else { throw Tool.Failed("follow: \(reply)") }
      if event.event == .rested, let result = event.result { return (result, event.seq) }
      heartbeats = event.event == .heartbeat ? heartbeats + 1 : 0
      if heartbeats > Self.heartbeats { throw Silence() }
    }
  }

  /// Sends a release and has it staged.
  ///
  /// - Parameter sent: called when the host has all that the order needs, before the order.
  func stage(
    _ version: Pocket.Version, _ pocket: Pocket, job: String, profile: AppProfile? = nil, retry: Bool = false,
    sent: () throws -> Void = {}
  ) throws -> (result: JobResult, seq: Int) {
    let release = try pocket.release(version)
    try upload(release.archive, sha256: release.name.sha256, size: release.name.size)
    let listing = try artifact(of: pocket.release(.old).listing, pocket)
    try sent()
    var order = StageOrder(
      job: job, release: release.name, unpackedBytes: release.unpackedBytes, installedListing: listing,
      profile: profile ?? pocket.profile)
    order.retry = retry
    let reply = try accepted(ask(.stage(order)))
    guard reply == .ok else { throw Tool.Failed("stage: \(reply)") }
    return try follow(job)
  }

  func cutover(job: String, after: Int) throws -> JobResult {
    let reply = try accepted(ask(.cutover(CutoverOrder(app: "pocket", job: job, lifetimeSeconds: 300))))
    guard reply == .ok else { throw Tool.Failed("cutover: \(reply)") }
    return try follow(job, after: after).result
  }

  private func artifact(of listing: ReleaseListing, _ pocket: Pocket) throws -> Artifact {
    let file = pocket.site.image("listing.json")
    try Data(JSON.encode(listing)).write(to: URL(fileURLWithPath: file))
    let sha256 = String(try Tool.run("sha256sum", file).prefix(64))
    let size = try URL(fileURLWithPath: file).resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
    try upload(file, sha256: sha256, size: Int64(size))
    return Artifact(sha256: sha256, size: Int64(size))
  }
}
