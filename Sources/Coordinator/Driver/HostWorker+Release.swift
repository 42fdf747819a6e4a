import Catalogue
import Hosts
import Inventory
import Rollout
import Synchronization
import Wire

/// A release on its way to the host.
extension HostWorker {
  /// Sends a host what it needs of a release: what it lacks of it, or all.
  func brought(
    _ order: Order, over connection: any HostConnection
  ) async throws(HostError) -> any HostConnection {
    var connection = connection
    if let listing = order.listing {
      try await connection.upload(
        app: app, file: listing.file, sha256: listing.artifact.sha256, size: listing.artifact.size,
        progress: { _ in })
    }
    if let delta = order.delta, !hasDeltaFailed {
      hasDeltaFailed = true
      let why: String?
      do throws(HostError) {
        why = try await send(delta, order, over: connection)
      } catch {
        switch error {
        // What is wrong with a delta is wrong with it alone.
        case .refused, .protocolFault: why = "\(error)"
        default: throw error
        }
        await drop()
        connection = try await connected()
      }
      hasDeltaFailed = why != nil
      guard let why else { return connection }
      var line = EventLine(name: .note, host: host.name)
      line.text = "all of the archive is sent: \(why)"
      tell(.line(line))
    }
    try await upload(order, over: connection)
    return connection
  }

  private func upload(_ order: Order, over connection: any HostConnection) async throws(HostError) {
    let release = order.stage.release
    let name = host.name
    let tell = tell
    let time = time
    let sent = Mutex<(bytes: Int64, told: Int64)>((0, .min))
    try await connection.upload(
      app: app, file: order.file, sha256: release.sha256, size: release.size
    ) { bytes in
      let now = time.monotonicMilliseconds()
      let isDue = sent.withLock { state in
        state.bytes = bytes
        guard now - RolloutLimits.progressMilliseconds >= state.told else { return false }
        state.told = now
        return true
      }
      guard isDue else { return }
      var line = EventLine(name: .uploading, host: name)
      (line.done, line.total) = (bytes, release.size)
      tell(.line(line))
    }
    var line = EventLine(name: .uploaded, host: name)
    line.done = sent.withLock(\.bytes)
    line.total = release.size
    tell(.line(line))
  }

  /// - Returns: why the host has not made the release of it; nil where it has.
  private func send(
    _ delta: DeltaFile, _ order: Order, over connection: any HostConnection
  ) async throws(HostError) -> String? {
    let wish = Request.delta(
      DeltaOrder(
        profile: order.stage.profile, release: order.stage.release, delta: delta.artifact,
        content: delta.content, shape: delta.shape, referenceBytes: delta.referenceBytes,
        unpackedBytes: order.stage.unpackedBytes, installedListing: order.stage.installedListing))
    var reply = try await connection.ask(wish)
    if case .send = reply {
      try await connection.upload(
        app: app, file: delta.file, sha256: delta.artifact.sha256, size: delta.artifact.size,
        progress: { _ in })
      reply = try await connection.ask(wish)
      var line = EventLine(name: .uploaded, host: host.name)
      (line.done, line.total) = (delta.artifact.size, delta.artifact.size)
      tell(.line(line))
    }
    switch reply {
    case .ok: return nil
    case .refused(let cause): return cause.text
    case .unsupported: return "its agent knows no delta"
    default: throw .protocolFault("\(host.name): that is no answer to a delta")
    }
  }
}
