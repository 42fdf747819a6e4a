package import SystemPackage

/// What is asked for, and how.
package struct HTTPRequest: Sendable, Equatable {
  /// `http` or `https`.
  package var url: String
  /// Those that could be secrets do not follow a redirect to another scheme, host or port.
  package var headers: HTTPHeaders
  /// Connects here instead of to the URL's host, which is then only named in the request.
  package var unixSocket: FilePath?
  /// Does not ask who the server is. For an app's own certificate on this machine; never for releases.
  package var insecure: Bool
  /// 0: a redirect is handed back as an answer like any other.
  package var maxRedirects: Int
  /// What is POSTed; nil where it is a GET.
  var body: [UInt8]?

  package init(
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
package struct HTTPResponse: Sendable, Equatable {
  package let status: Int
  /// Of the last answer alone, when there were redirects.
  package let headers: HTTPHeaders
  /// As sent: a content-encoding is neither asked for nor undone.
  package let body: [UInt8]
  /// Where it came from in the end.
  package let url: String
}
