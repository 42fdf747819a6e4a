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
      let file = FilePath(address == "::1" ? "/proc/net/tcp6" : "/proc/net/tcp")
      guard let bytes = try? readBounded(file, maxBytes: most),
        let user = user(in: String(decoding: bytes, as: UTF8.self), from: theirs, to: port)
      else { return false }
      return user == 0 || user == geteuid()
    }
  }

  /// Pure. The line of the other end: its local port is theirs, its remote one ours. Only of a connection that stands,
  /// and that a process has open: of others the kernel has forgotten whose they were, and says root.
  static func user(in table: String, from theirs: Int, to ours: Int) -> UInt32? {
    for line in table.textLines.dropFirst() {
      let fields = line.words
      guard fields.count > 9, fields[3] == established, fields[9] != "0", port(fields[1]) == theirs,
        port(fields[2]) == ours, isLoopback(fields[1]),
        isLoopback(fields[2])
      else { continue }
      return UInt32(fields[7])
    }
    return nil
  }

  /// TCP_ESTABLISHED of the kernel's tcp_states.h.
  private static let established = "01"

  private static func port(_ field: some StringProtocol) -> Int? {
    String(field).cut(atLast: ":").flatMap { Int($0.after, radix: 16) }
  }

  /// 127.0.0.1 and ::1, as the kernel writes them.
  private static func isLoopback(_ field: some StringProtocol) -> Bool {
    let address = String(field).cut(atLast: ":").map { String($0.before) } ?? ""
    return ["0100007F", "00000000000000000000000001000000"].contains(address)
  }
}
