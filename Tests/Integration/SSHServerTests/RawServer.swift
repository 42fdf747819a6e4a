import Foundation
import Synchronization

/// A TCP server on 127.0.0.1 that says to each client what its script sends. It ends by itself, so that a client
/// without a deadline is let go at some time, and a test of it is red instead of hanging.
final class RawServer: Sendable {
  static let longestSeconds = 40.0
  let listener: Listener
  private final class RetryBackoff: Sendable { let hasEnded = Mutex(false) }
  private let patience = RetryBackoff()

  /// Nobody hung up on it: it was the one who went.
  var hasEndedByItself: Bool { patience.hasEnded.withLock { $0 } }

  var port: UInt16 { listener.port }

  /// - Parameter talk: sends by `say`, until that returns false: the client is gone, or time is up.
  init(_ talk: @escaping @Sendable (_ say: ([UInt8]) -> Bool) -> Void) throws {
    listener = try Listener()
    let descriptor = listener.descriptor
    let end = Date(timeIntervalSinceNow: Self.longestSeconds)
    let ending = patience
    Thread.detachNewThread {
      while true {
        let client = accept(descriptor, nil, nil)
        guard client >= 0 else { return }
        var patience = timeval(tv_sec: Int(Self.longestSeconds), tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        Thread.detachNewThread {
          talk { bytes in
            guard Date() < end else {
              ending.hasEnded.withLock { $0 = true }
              return false
            }
            return send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
          }
          close(client)
        }
      }
    }
  }

  deinit { shutdown(listener.descriptor, Int32(SHUT_RDWR)) }

  // MARK: What a hostile one says

  static let greeting = Array("SSH-2.0-x\r\n".utf8)

  /// RFC 4253, section 6, before keys are agreed on.
  static func packet(_ payload: [UInt8]) -> [UInt8] {
    var padding = 8 - (payload.count + 5) % 8
    if padding < 4 { padding += 8 }
    let length = UInt32(payload.count + padding + 1)
    let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + [UInt8(padding)]
    return head + payload + [UInt8](repeating: 0, count: padding)
  }

  /// SSH_MSG_IGNORE, SSH_MSG_DEBUG.
  static let ignored = packet([2, 0, 0, 3, 232] + [UInt8](repeating: 105, count: 1_000))
  static let debugging = packet([4, 0, 0, 0, 3, 232] + [UInt8](repeating: 105, count: 1_000) + [0, 0, 0, 0])
}
