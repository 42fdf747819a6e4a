/// The last part of a stream: what comes first is dropped, and counted.
struct BoundedTail {
  let limitBytes: Int
  private(set) var bytes: [UInt8] = []
  private(set) var droppedBytes = 0

  init(limitBytes: Int) {
    self.limitBytes = limitBytes
  }

  mutating func append(_ more: some Collection<UInt8>) {
    bytes += more
    // Cut only now and then, so that a long stream does not move the tail at every piece.
    if bytes.count > 2 * limitBytes { cut() }
  }

  /// Hands out what is kept, and starts anew.
  mutating func take() -> (bytes: [UInt8], droppedBytes: Int) {
    cut()
    defer { self = BoundedTail(limitBytes: limitBytes) }
    return (bytes, droppedBytes)
  }

  private mutating func cut() {
    let excess = bytes.count - limitBytes
    guard excess > 0 else { return }
    bytes.removeFirst(excess)
    droppedBytes += excess
  }
}
