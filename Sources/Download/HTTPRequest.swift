public import SystemPackage

/// What is asked for, and how.
public struct HTTPRequest: Sendable, Equatable {
  /// `http` or `https`.
  public var url: String
  /// Those that could be secrets do not follow a redirect to another scheme, host or port.
  public var headers: HTTPHeaders
  /// Connects here instead of to the URL's host, which is then only named in the request.
  public var unixSocket: FilePath?
  /// Does not ask who the server is. For an app's own certificate on this machine; never for releases.
  public var insecure: Bool
  /// 0: a redirect is handed back as an answer like any other.
  public var maxRedirects: Int
  /// What is POSTed; nil where it is a GET.
  var body: [UInt8]?

  public init(
    _ url: String, headers: HTTPHeaders = [:], unixSocket: FilePath? = nil, insecure: Bool = false,
    maxRedirects: Int = 5
  ) {
    self.url = url
    self.headers = headers
    self.unixSocket = unixSocket
    self.insecure = insecure
    self.maxRedirects = maxRedirects
  }
}

/// An answer, whatever its status.
public struct HTTPResponse: Sendable, Equatable {
  public let status: Int
  /// Of the last answer alone, when there were redirects.
  public let headers: HTTPHeaders
  /// As sent: a content-encoding is neither asked for nor undone.
  public let body: [UInt8]
  /// Where it came from in the end.
  public let url: String
}
