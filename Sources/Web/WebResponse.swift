/// What is answered. Every connection is for one request: `Connection: close` stands in each.
package struct WebResponse: Sendable {
  package enum Body: Sendable {
    case whole([UInt8])
    /// Piece by piece for as long as it lasts, or until the client is gone.
    case stream(AsyncStream<[UInt8]>)
  }

  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: Body

  package init(_ status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = .whole(body)
  }

  package init(streaming stream: AsyncStream<[UInt8]>, headers: [(name: String, value: String)]) {
    status = 200
    self.headers = headers
    body = .stream(stream)
  }
}

/// Where a server listens.
package enum WebAddress: Equatable, Sendable, CustomStringConvertible {
  /// - Parameter port: 0: any that is free.
  case tcp(host: String, port: Int)
  case socket(path: String)

  /// nil of a socket in the file system.
  package var port: Int? { if case .tcp(_, let port) = self { port } else { nil } }

  package var description: String {
    switch self {
    case .tcp(let host, let port): (host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host) + ":\(port)"
    case .socket(let path): path
    }
  }
}

package enum WebError: Error, CustomStringConvertible, Equatable {
  case cannotListen(WebAddress, cause: String)

  package var description: String {
    switch self {
    case .cannotListen(let address, let cause): "cannot listen on \(address): \(cause)"
    }
  }
}
