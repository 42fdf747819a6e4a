/// A server that a test started, killed with its owner. The first line that it prints says where it listens:
/// `READY port=N other=M`.
package final class TestServer: Sendable {
  package let ready: [String: Int]
  private let child: TalkingChild

  package static func start(_ path: String, _ arguments: [String]) async throws -> TestServer {
    try await onOwnThread { try TestServer(path, arguments) }
  }

  private init(_ path: String, _ arguments: [String]) throws {
    child = try TalkingChild([path] + arguments)
    let words = (child.readLine() ?? "").split(separator: " ").dropFirst()
    ready = Dictionary(
      words.compactMap { word in
        let parts = word.split(separator: "=")
        guard parts.count == 2, let number = Int(parts[1]) else { return nil }
        return (String(parts[0]), number)
      }, uniquingKeysWith: { $1 })
    guard ready["port"] != nil else { throw Spawn.Failed("\(path) did not start") }
  }

  package func stop() { child.kill() }
}
