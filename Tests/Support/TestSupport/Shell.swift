import Foundation
import Glibc

/// Programs of the machine, for tests.
package enum Shell {
  package typealias Failed = Spawn.Failed

  package static func run(_ program: String, _ arguments: String..., in directory: String? = nil) throws {
    _ = try output(program, arguments, in: directory)
  }

  package static func output(_ program: String, _ arguments: String...) throws -> String {
    try output(program, arguments, in: nil)
  }

  package static func output(_ program: String, _ arguments: [String], in directory: String?) throws -> String
  {
    let child = try TalkingChild([program] + arguments, in: directory, mergingErrors: true)
    child.endInput()
    let text = child.readAll()
    let status = child.wait()
    guard status == 0 else {
      throw Failed("\(program) \(arguments): \(status)\n\(text)")
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A port on the loopback that nobody listens on just now.
  package static func freePort() throws -> UInt16 {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    for _ in 0..<100 {
      // Below the range that outgoing connections take theirs from: whoever polls a port of that range
      // until a server answers may at last have connected to itself.
      let port = in_port_t.random(in: 20_000..<32_000)
      address.sin_port = port.bigEndian
      let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
          bind(fd, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      if bound { return port }
    }
    throw Failed("no free port")
  }
}
