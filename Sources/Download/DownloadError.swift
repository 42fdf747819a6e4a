package import SystemPackage

/// Why an exchange over HTTP failed. Addresses are shown without user, password and query: those may be
/// secrets.
package enum DownloadError: Error, Sendable, Equatable {
  /// It was never sent: an address or header that makes no sense.
  case badRequest(url: String, why: String)
  case dns(host: String)
  case connect(url: String, words: String)
  case tls(url: String, words: String)
  case timeout(url: String, receivedBytes: Int64, words: String)
  case tooLarge(url: String, limitBytes: Int64)
  /// The server's answer, and how its body begins.
  case httpStatus(url: String, code: Int, excerpt: String)
  /// The connection ended before the whole answer was there.
  case cut(url: String, receivedBytes: Int64, words: String)
  case writeFailed(path: FilePath, errno: Errno)
  case cancelled
  case insecureRedirect(from: String, to: String)
  case tooManyRedirects(url: String, limit: Int)
  /// libcurl's code and words, for what has no name of its own here.
  case transfer(url: String, code: Int, words: String)

  /// Whether another try, a little later, may help.
  package var isTransient: Bool {
    switch self {
    case .dns, .connect, .timeout, .cut: true
    case .httpStatus(_, let code, _): [500, 502, 503, 504].contains(code)
    case .badRequest, .tls, .tooLarge, .writeFailed, .cancelled, .insecureRedirect, .tooManyRedirects,
      .transfer:
      false
    }
  }
}

extension DownloadError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .badRequest(let url, let why): "\(url): \(why)"
    case .dns(let host): "no address found for \(host); is the name right, and the network up?"
    case .connect(let url, let words): "\(url): no connection: \(words)"
    case .tls(let url, let words):
      "\(url): the connection is not safe: \(words). Is this machine's clock right, and are ca-certificates "
        + "installed?"
    case .timeout(let url, let received, let words):
      "\(url): too slow, given up after \(received) bytes: \(words)"
    case .tooLarge(let url, let limit): "\(url): larger than \(limit) bytes, which is the limit"
    case .httpStatus(let url, let code, let excerpt):
      "\(url): the server answered \(code)" + (excerpt.isEmpty ? "" : ": \(excerpt)")
    case .cut(let url, let received, let words): "\(url): cut off after \(received) bytes: \(words)"
    case .writeFailed(let path, .noSpace): "\(path): the disk is full"
    case .writeFailed(let path, let errno): "\(path): cannot be written: \(errno)"
    case .cancelled: "cancelled"
    case .insecureRedirect(let from, let to): "\(from): leads to \(to), which is not safe (no https); refused"
    case .tooManyRedirects(let url, let limit): "\(url): redirected more than \(limit) times"
    case .transfer(let url, let code, let words): "\(url): \(words) (libcurl \(code))"
    }
  }
}
