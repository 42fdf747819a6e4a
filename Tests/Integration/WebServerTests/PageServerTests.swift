import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Web

/// The server of the page, over real sockets: whoever takes more than is allowed is let go, and the next one is heard.
@Suite struct PageServerTests {
  /// A client of its own words.
  private final class Client: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try #require(result == 0)
    }

    deinit { close(descriptor) }

    /// Ends it with RST instead of FIN (socket(7), SO_LINGER).
    func reset() {
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
      var null = sockaddr()
      null.sa_family = sa_family_t(AF_UNSPEC)
      // connect(2): a connection is dissolved so.
      connect(descriptor, &null, socklen_t(MemoryLayout<sockaddr>.size))
    }

    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func say(_ text: String) { say(Array(text.utf8)) }

    func say(_ bytes: [UInt8]) { _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    /// What is there next; empty at the end.
    func hear() -> String {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    func hearAll() -> String {
      var text = ""
      while true {
        let more = hear()
        guard !more.isEmpty else { return text }
        text += more
      }
    }
  }

  private static let get = "GET /page?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n"

  /// With a server, until `body` has ended.
  private func serve(
    limits: WebLimits = WebLimits(), answer: @escaping @Sendable (WebRequest) async -> WebResponse = echo,
    _ body: @escaping @Sendable (Int) throws -> Void
  ) async throws {
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let server = Task {
      try await WebServer(limits: limits, answer: answer).run(at: [.tcp(host: "127.0.0.1", port: 0)]) {
        found in
        if case .tcp(_, let number)? = found.first { port.yield(number) }
      }
    }
    defer { server.cancel() }
    let number = try #require(await ports.first { _ in true })
    // Reading from a socket waits, and has a thread of its own for that.
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      Thread.detachNewThread { done.resume(with: Result { try body(number) }) }
    }
  }

  private static let echo: @Sendable (WebRequest) async -> WebResponse = { request in
    WebResponse(
      200, headers: [("Content-Type", "text/plain")],
      body: Array("\(request.method) \(request.path) \(request.query) \(request.body.count)".utf8))
  }

  @Test func `a request is answered, and the connection ends`() async throws {
    try await serve { port in
      let client = try Client(port: port)
      client.say(Self.get)
      let answer = client.hearAll()
      #expect(answer.hasPrefix("HTTP/1.1 200") && answer.contains("Connection: close"))
      #expect(answer.hasSuffix("\r\n\r\nget /page [\"a\": \"b\"] 0"))
    }
  }

  @Test func `HEAD has no body, and what comes after a request is not read`() async throws {
    try await serve { port in
      let client = try Client(port: port)
      client.say(Self.get.replacingOccurrences(of: "GET", with: "HEAD") + Self.get)
      let answer = client.hearAll()
      #expect(answer.hasSuffix("\r\n\r\n") && answer.components(separatedBy: "HTTP/1.1").count == 2)
    }
  }

  @Test func `a body in pieces is taken in whole, up to its limit`() async throws {
    var limits = WebLimits()
    limits.bodyBytes = 1000
    try await serve(limits: limits) { port in
      for (count, status) in [(0, "200"), (1000, "200"), (1001, "413"), (500_000, "413")] {
        let client = try Client(port: port)
        client.say("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(count)\r\n\r\n")
        client.say([UInt8](repeating: 0x61, count: count / 2))
        client.say([UInt8](repeating: 0x61, count: count - count / 2))
        #expect(client.hear().hasPrefix("HTTP/1.1 \(status)"), "\(count)")
      }
      let client = try Client(port: port)
      client.say("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<2000 { client.say("1\r\na\r\n") }
      #expect(client.hear().hasPrefix("HTTP/1.1 413"))
    }
  }

  @Test(arguments: [
    "\r\n\r\nnonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost localhost\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}",
    "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 100_000) + "\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 1000) + "\r\n",
    "GET /" + String(repeating: "x", count: 200_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
  ])
  func `what is no request is refused, and the next one is heard`(words: String) async throws {
    try await serve { port in
      let client = try Client(port: port)
      client.say(words)
      let answer = client.hearAll()
      #expect(
        answer.isEmpty || answer.hasPrefix("HTTP/1.1 400") || answer.hasPrefix("HTTP/1.1 413"),
        "\(answer.prefix(200))")
      let next = try Client(port: port)
      next.say(Self.get)
      #expect(next.hear().hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test func `who does not come to an end with a request is let go`() async throws {
    var limits = WebLimits()
    limits.requestSeconds = 1
    try await serve(limits: limits) { port in
      for words in [
        "", "GET / HTTP/1.1\r\nHost: local", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
      ] {
        let client = try Client(port: port)
        client.say(words)
        #expect(client.hearAll().isEmpty, "\(words)")
      }
    }
  }

  @Test func `one more than there is room for is let go, and there is room again`() async throws {
    var limits = WebLimits()
    limits.connections = 3
    try await serve(limits: limits) { port in
      var waiting = try (0..<3).map { _ in try Client(port: port) }
      // Heard, so they are in.
      for client in waiting { client.say("GET / HTTP/1.1\r\n") }
      usleep(200_000)
      #expect(try Client(port: port).hearAll().isEmpty)
      waiting.removeLast()
      let isThere = (0..<100).contains { _ in
        usleep(20_000)
        guard let client = try? Client(port: port) else { return false }
        client.say(Self.get)
        return client.hearAll().hasPrefix("HTTP/1.1 200")
      }
      #expect(isThere)
      #expect(waiting.count == 2)
    }
  }

  @Test func `an answer goes on until the client is gone, and then it is heard of`() async throws {
    let hasEnded = Mutex(false)
    let answer: @Sendable (WebRequest) async -> WebResponse = { _ in
      let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
      continuation.yield(Array("first\n".utf8))
      continuation.yield(Array("second\n".utf8))
      continuation.onTermination = { _ in hasEnded.withLock { $0 = true } }
      return WebResponse(streaming: stream, headers: [("Content-Type", "text/event-stream")])
    }
    try await serve(answer: answer) { port in
      let client = try Client(port: port)
      client.say(Self.get)
      var text = ""
      while !text.contains("second") { text += client.hear() }
      #expect(text.contains("Transfer-Encoding: chunked") || text.contains("transfer-encoding: chunked"))
      #expect(!hasEnded.withLock { $0 })
      client.hangUp()
      for _ in 0..<500 where !hasEnded.withLock({ $0 }) { usleep(10_000) }
      #expect(hasEnded.withLock { $0 })
    }
  }

  @Test func `who takes nothing in is let go`() async throws {
    var limits = WebLimits()
    limits.stallSeconds = 1
    limits.connections = 1
    let answer: @Sendable (WebRequest) async -> WebResponse = { request in
      guard request.path == "/endless" else { return await Self.echo(request) }
      return WebResponse(
        streaming: AsyncStream(unfolding: { [UInt8](repeating: 0x61, count: 1 << 20) }), headers: [])
    }
    try await serve(limits: limits, answer: answer) { port in
      let client = try Client(port: port)
      client.say(Self.get.replacingOccurrences(of: "/page", with: "/endless"))
      // It has the only place, until it is let go.
      let isThere = (0..<500).contains { _ in
        usleep(20_000)
        guard let next = try? Client(port: port) else { return false }
        next.say(Self.get)
        return next.hearAll().hasPrefix("HTTP/1.1 200")
      }
      #expect(isThere)
      withExtendedLifetime(client) {}
    }
  }

  @Test func `of a connection that was broken off nobody is taken for who it is not`() async throws {
    let peers = Mutex<[WebPeer]>([])
    let answer: @Sendable (WebRequest) async -> WebResponse = { request in
      peers.withLock { $0.append(request.peer) }
      return WebResponse(200)
    }
    try await serve(answer: answer) { port in
      for _ in 0..<200 {
        let client = try Client(port: port)
        client.say(Self.get)
        client.reset()
      }
      let last = try Client(port: port)
      last.say(Self.get)
      #expect(last.hear().hasPrefix("HTTP/1.1 200"))
    }
    #expect(
      peers.withLock { $0 }.allSatisfy { if case .address("127.0.0.1", _) = $0 { true } else { false } })
  }

  @Test func `one address does not get all places`() async throws {
    var limits = WebLimits()
    limits.connectionsOfOne = 2
    try await serve(limits: limits) { port in
      let waiting = try (0..<2).map { _ in try Client(port: port) }
      for client in waiting { client.say("GET / HTTP/1.1\r\n") }
      usleep(200_000)
      #expect(try Client(port: port).hearAll().isEmpty)
      withExtendedLifetime(waiting) {}
    }
  }

  @Test func `a place that is taken is told`() async throws {
    try await serve { port in
      let (results, result) = AsyncStream.makeStream(of: WebError?.self)
      Task {
        do throws(WebError) {
          try await WebServer(answer: Self.echo).run(at: [.tcp(host: "127.0.0.1", port: port)]) { _ in }
          result.yield(nil)
        } catch { result.yield(error) }
      }
      let told = DispatchSemaphore(value: 0)
      let error = Mutex(WebError?.none)
      Task {
        for await found in results {
          error.withLock { $0 = found }
          break
        }
        told.signal()
      }
      told.wait()
      #expect(
        error.withLock { $0 }?.description == "cannot listen on 127.0.0.1:\(port): Address already in use")
    }
  }
}
