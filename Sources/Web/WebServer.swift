import Glibc
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
    var found: [WebAddress] = []
    var failure: WebError?
    do throws(WebError) {
      for address in addresses {
        // Those after the first are to be had under its port.
        let wished = address.found(at: found.first?.port)
        guard let listener = try await listen(at: wished, group) else { continue }
        listeners.append(listener)
        found.append(wished.found(at: listener.localAddress?.port))
      }
    } catch { failure = error }
    if failure == nil {
      await ready(found)
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

  /// nil: an address of IPv6, which this machine does not have.
  private func listen(
    at address: WebAddress, _ group: any EventLoopGroup
  ) async throws(WebError) -> (any Channel)? {
    let places = Places(limits)
    let (limits, answer) = (limits, answer)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        let whose = channel.remoteAddress?.ipAddress ?? ""
        guard places.take(for: whose) else { return channel.close() }
        channel.closeFuture.whenComplete { _ in places.giveBack(of: whose) }
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
          try pipeline.addHandler(WebExchange(limits: limits, isSocket: address.isSocket, answer: answer))
        }
      }
    do {
      switch address {
      case .tcp(let host, let port):
        let only = address.isIPv6 ? bootstrap.serverChannelOption(.ipv6Only, value: 1) : bootstrap
        return try await only.bind(host: host, port: port).get()
      case .socket(let path):
        let listener = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
          .get()
        // unix(7): who may write to it may connect.
        chmod(path, 0o600)
        return listener
      }
    } catch {
      let lacksIPv6 = [EADDRNOTAVAIL, EAFNOSUPPORT].contains((error as? IOError)?.errnoCode ?? 0)
      if address.isIPv6, lacksIPv6 { return nil }
      throw .cannotListen(
        address, cause: (error as? IOError).map { "\(Errno(rawValue: $0.errnoCode))" } ?? "\(error)")
    }
  }
}

/// How many there are, of all and of each address.
private final class Places: Sendable {
  private struct Taken {
    var all = 0
    var of: [String: Int] = [:]
  }

  private let limits: WebLimits
  private let taken = Mutex(Taken())

  init(_ limits: WebLimits) { self.limits = limits }

  func take(for address: String) -> Bool {
    taken.withLock { taken in
      let of = taken.of[address] ?? 0
      guard taken.all < limits.connections, of < limits.connectionsOfOne else { return false }
      taken.all += 1
      taken.of[address] = of + 1
      return true
    }
  }

  func giveBack(of address: String) {
    taken.withLock { taken in
      taken.all -= 1
      let rest = (taken.of[address] ?? 1) - 1
      taken.of[address] = rest > 0 ? rest : nil
    }
  }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
  /// ipv6(7), IPV6_V6ONLY: IPv4 has a listener of its own.
  fileprivate static var ipv6Only: Self { Self(level: .ipv6, name: .ipv6_v6only) }
}

extension WebAddress {
  fileprivate var isSocket: Bool { port == nil }
  fileprivate var isIPv6: Bool {
    if case .tcp(let host, _) = self { host.utf8.contains(UInt8(ascii: ":")) } else { false }
  }
  fileprivate func found(at port: Int?) -> WebAddress {
    switch self {
    case .tcp(let host, let wished): .tcp(host: host, port: port ?? wished)
    case .socket: self
    }
  }
}
