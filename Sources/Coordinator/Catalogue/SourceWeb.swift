import ByteText
import Download
import Release
import SystemPackage
import Threads
import Wire

/// What all sources on the web have in common: bounded questions to one origin, its token for that origin alone, and
/// archives from wherever it sends us, by https.
///
/// Lives on one thread and blocks it.
struct SourceWeb {
  let origin: WebOrigin
  /// The value of `Authorization`; nil where there is no token.
  let authorization: String?
  let limits: CatalogueLimits
  let cancel: CancelFlag
  private let client: HTTPClient

  init(
    _ origin: WebOrigin, authorization: String?, limits: CatalogueLimits, cancel: CancelFlag
  ) throws(SourceFailure) {
    self.origin = origin
    self.authorization = authorization
    self.limits = limits
    self.cancel = cancel
    do { client = try HTTPClient() } catch { throw SourceFailure(error) }
  }

  /// With the token of a variable, where the profile names one.
  init(
    _ origin: WebOrigin, tokenVariable: String?, environment: [String: String], limits: CatalogueLimits,
    cancel: CancelFlag
  ) throws(SourceFailure) {
    let token = try SourceToken.read(
      variable: tokenVariable, environment: environment, origin: origin, limits: limits)
    try self.init(origin, authorization: token.map { "Bearer \($0)" }, limits: limits, cancel: cancel)
  }

  /// Whether what the origin says comes over TLS.
  var isSafe: Bool { !origin.isPlain }

  /// Asks the origin, with the token. Download takes it off again wherever a redirect leads elsewhere.
  func get(
    _ url: String, headers: HTTPHeaders = [:], maxBytes: Int64, maxRedirects: Int = 5
  ) throws(SourceFailure) -> HTTPResponse {
    do throws(DownloadError) {
      return try client.get(
        HTTPRequest(url, headers: authorized(headers, for: url), maxRedirects: maxRedirects),
        limits: DownloadLimits(maxBytes: maxBytes, totalTimeoutSeconds: limits.answerTimeoutSeconds),
        isCancelled: { [cancel] in cancel.isSet })
    } catch {
      throw SourceFailure(error)
    }
  }

  /// A small text beside an archive, from wherever it may lie.
  ///
  /// - Parameter what: for people.
  func text(
    _ url: String, headers: HTTPHeaders = [:], _ what: String, maxBytes: Int64,
    refusal: (HTTPResponse) -> SourceFailure
  ) throws(SourceFailure) -> String {
    try refuseElsewhere(url, what)
    let answer = try get(url, headers: headers, maxBytes: maxBytes)
    guard answer.status == 200 else { throw refusal(answer) }
    try refuseElsewhere(answer.url, what)
    return String(decoding: answer.body, as: UTF8.self)
  }

  /// Downloads an archive; a part that is there is gone on with where the server can.
  ///
  /// - Parameter what: for people, as in "the archive of v4.2.0".
  func download(
    _ url: String, headers: HTTPHeaders = [:], _ what: String, to part: FilePath, resume: Bool,
    progress: @escaping (FetchProgress) -> Void
  ) throws(SourceFailure) -> Brought {
    try refuseElsewhere(url, what)
    var bounds = DownloadLimits(
      maxBytes: limits.maxArchiveBytes, totalTimeoutSeconds: limits.downloadTimeoutSeconds)
    bounds.maxAttempts = limits.downloadAttempts
    bounds.firstPauseSeconds = limits.firstPauseSeconds
    let file: DownloadedFile
    do throws(DownloadError) {
      file = try client.download(
        HTTPRequest(url, headers: authorized(headers, for: url)), to: part, resume: resume, limits: bounds,
        progress: { progress(FetchProgress(bytes: $0.receivedBytes, total: $0.totalBytes)) },
        isCancelled: { [cancel] in cancel.isSet })
    } catch {
      throw SourceFailure(error)
    }
    // A server on this machine may redirect to plain addresses; an archive is not taken from one of another host.
    try refuseElsewhere(file.url, what)
    return Brought(
      tls: isSafe && Self.isHTTPS(url) && Self.isHTTPS(file.url), resumed: file.resumedBytes > 0)
  }

  func refuseElsewhere(_ url: String, _ what: String) throws(SourceFailure) {
    guard url.utf8.count <= limits.maxAddressBytes, origin.mayLead(to: url) else {
      throw SourceFailure(
        error: .source(
          "\(origin.host) sends us to \(visible(url, limit: 100)) for \(what), which is not https; refused"))
    }
  }

  private func authorized(_ headers: HTTPHeaders, for url: String) -> HTTPHeaders {
    var headers = headers
    if let authorization, origin.holds(url) { headers.add("Authorization", authorization) }
    return headers
  }

  static func isHTTPS(_ url: String) -> Bool { url.asciiLowercase.begins(with: "https://") }
}
