import ByteText
import Files
import Glibc
import SystemPackage
import Web

/// Whose program is at the other end of a connection that does not leave this machine: the kernel knows (proc(5),
/// /proc/net/tcp). The machine's other users may connect to a loopback address, too.
enum PeerUser {
  private static let most = 8 << 20

  /// - Parameter port: where we listen.
  /// - Returns: whether it is this process's own user, or root.
  static func isOwn(_ peer: WebPeer, port: Int) -> Bool {
    switch peer {
    // Its folder lets nobody else in.
    case .socket: return true
    case .address(let address, let theirs):
      guard address == "127.0.0.1" || address == "::1" else { return false }
      for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        guard let bytes = try? readBounded(FilePath(file), maxBytes: most) else { continue }
        if let user = user(in: String(decoding: bytes, as: UTF8.self), from: theirs, to: port) {
          return user == 0 || user == geteuid()
        }
      }
      return false
    }
  }

  /// Pure. The line of the other end: its local port is theirs, its remote one ours.
  static func user(in table: String, from theirs: Int, to ours: Int) -> UInt32? {
    for line in table.textLines.dropFirst() {
      let fields = line.words
      guard fields.count > 7, port(fields[1]) == theirs, port(fields[2]) == ours, isLoopback(fields[1]),
        isLoopback(fields[2])
      else { continue }
      return UInt32(fields[7])
    }
    return nil
  }

  private static func port(_ field: some StringProtocol) -> Int? {
    String(field).cut(atLast: ":").flatMap { Int($0.after, radix: 16) }
  }

  /// 127.0.0.1 as the kernel writes it, and the same inside of IPv6; ::1.
  private static func isLoopback(_ field: some StringProtocol) -> Bool {
    let address = String(field).cut(atLast: ":").map { String($0.before) } ?? ""
    return ["0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"].contains(
      address)
  }
}
