import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import SystemPackage

/// HTTP/1.1 (RFC 9112) for one page and those who look at it: small requests, one for each connection, and answers
/// that may go on for hours.
package struct WebServer: Sendable {
  private let limits: WebLimits
  private let answer: @Sendable (WebRequest) async -> WebResponse

  /// - Parameter answer: asked for each request, side by side. It is cancelled where the client is gone.
  package init(
    limits: WebLimits = WebLimits(), answer: @escaping @Sendable (WebRequest) async -> WebResponse
  ) {
    self.limits = limits
    self.answer = answer
  }

  /// Listens until the task is cancelled.
  ///
  /// - Parameter ready: hears where it listens, with the ports that were found.
  package func run(
    at addresses: [WebAddress], ready: @Sendable ([WebAddress]) async -> Void
  ) async throws(WebError) {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var listeners: [any Channel] = []
    var failure: WebError?
    do throws(WebError) {
      for address in addresses { listeners.append(try await listen(at: address, group)) }
    } catch { failure = error }
    if failure == nil {
      await ready(zip(addresses, listeners).map { $0.found(at: $1.localAddress?.port) })
      await untilCancelled()
    }
    // Closes what listens, and what is open.
    try? await group.shutdownGracefully()
    if let failure { throw failure }
  }

  private func untilCancelled() async {
    let (stream, _) = AsyncStream.makeStream(of: Never.self)
    for await _ in stream {}
  }

  private func listen(
    at address: WebAddress, _ group: any EventLoopGroup
  ) async throws(WebError) -> any Channel {
    let places = Places(limits.connections)
    let (limits, answer) = (limits, answer)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        guard places.take() else { return channel.close() }
        channel.closeFuture.whenComplete { _ in places.giveBack() }
        return channel.eventLoop.makeCompletedFuture {
          var decoding = NIOHTTPDecoderLimitConfiguration()
          decoding.maxHeaderFieldSize = limits.headBytes
          decoding.maxHeaderListSize = limits.headBytes
          decoding.maxHeaderFieldCount = limits.headers
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(
            ByteToMessageHandler(
              HTTPRequestDecoder(
                leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop,
                limitConfiguration: decoding)))
          try pipeline.addHandler(HTTPResponseEncoder())
          try pipeline.addHandler(WebExchange(limits: limits, answer: answer))
        }
      }
    do {
      switch address {
      case .tcp(let host, let port): return try await bootstrap.bind(host: host, port: port).get()
      case .socket(let path):
        return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
      }
    } catch {
      throw .cannotListen(
        address, cause: (error as? IOError).map { "\(Errno(rawValue: $0.errnoCode))" } ?? "\(error)")
    }
  }
}

/// How many may still come.
private final class Places: Sendable {
  private let free: Mutex<Int>

  init(_ count: Int) { free = Mutex(count) }

  func take() -> Bool {
    free.withLock { free in
      guard free > 0 else { return false }
      free -= 1
      return true
    }
  }

  func giveBack() { free.withLock { $0 += 1 } }
}

extension WebAddress {
  fileprivate func found(at port: Int?) -> WebAddress {
    switch self {
    case .tcp(let host, let wished): .tcp(host: host, port: port ?? wished)
    case .socket: self
    }
  }
}
