import ByteText
/// Asks web servers. One owner: it holds one libcurl handle, so it is not `Sendable`, and every call blocks
/// its thread until it is done or a limit is reached.
package final class HTTPClient {
  private let handle: CurlHandle

  package init() throws(DownloadError) {
    handle = try CurlHandle()
  }

  /// Gets an answer into memory, whatever its status is.
  ///
  /// - Parameter isCancelled: asked about once a second or more often; `true` ends with `cancelled`.
  /// - Throws: `tooLarge` over `limits.maxBytes`, and whatever kept the answer from coming.
  package func get(
    _ request: HTTPRequest, limits: DownloadLimits = DownloadLimits(),
    isCancelled: @escaping () -> Bool = { false }
  ) throws(DownloadError) -> HTTPResponse {
    try answer(to: request, limits, isCancelled)
  }

  /// Sends a body by POST, once, and takes the answer into memory, whatever its status is. A redirect is handed
  /// back as an answer: the body has not reached what it was meant for.
  ///
  /// - Parameter body: of whatever the header `Content-Type` says.
  package func post(
    _ body: [UInt8], to request: HTTPRequest, limits: DownloadLimits = DownloadLimits(),
    isCancelled: @escaping () -> Bool = { false }
  ) throws(DownloadError) -> HTTPResponse {
    var request = request
    request.body = body
    request.maxRedirects = 0
    return try answer(to: request, limits, isCancelled)
  }

  private func answer(
    to request: HTTPRequest, _ limits: DownloadLimits, _ isCancelled: @escaping () -> Bool
  ) throws(DownloadError) -> HTTPResponse {
    var body: [UInt8] = []
    let exchange = try follow(request, until: deadline(limits), limits, isCancelled) { exchange, piece in
      guard max(exchange.receivedBytes, exchange.announcedBytes ?? 0) <= limits.maxBytes else {
        return .tooLarge(url: exchange.address.shown, limitBytes: limits.maxBytes)
      }
      body.append(contentsOf: piece)
      return nil
    }
    return HTTPResponse(
      status: exchange.status, headers: exchange.headers, body: body, url: exchange.address.text)
  }

  func deadline(_ limits: DownloadLimits) -> ContinuousClock.Instant {
    .now + .milliseconds(Int64(min(max(limits.totalTimeoutSeconds, 0), 365 * 86_400) * 1000))
  }

  /// Performs a request and its redirects. `consume` sees the body of the last answer alone.
  func follow(
    _ first: HTTPRequest, until deadline: ContinuousClock.Instant, _ limits: DownloadLimits,
    _ isCancelled: @escaping () -> Bool,
    consume: @escaping (Exchange, UnsafeRawBufferPointer) -> DownloadError?
  ) throws(DownloadError) -> Exchange {
    guard let origin = WebAddress(first.url) else {
      throw .badRequest(url: first.url.madeVisible(limit: 200), why: "is no http or https address")
    }
    if let problem = first.headers.problem { throw .badRequest(url: origin.shown, why: problem) }
    var request = first
    var address = origin
    for _ in 0...max(first.maxRedirects, 0) {
      let exchange = Exchange(address, isCancelled: isCancelled) { exchange, piece in
        guard Self.leadsOn(exchange, first) else { return consume(exchange, piece) }
        guard exchange.receivedBytes <= DownloadLimits.maxDiscardedBytes else {
          return .tooLarge(url: exchange.address.shown, limitBytes: DownloadLimits.maxDiscardedBytes)
        }
        return nil
      }
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else {
        throw .timeout(url: address.shown, receivedBytes: 0, words: "all its time is used up")
      }
      try handle.perform(request, exchange, limits: limits, remainingSeconds: left / .seconds(1))
      guard Self.leadsOn(exchange, first), let location = exchange.headers["location"] else {
        return exchange
      }
      (request, address) = try RedirectRule.next(
        after: request, at: address, from: origin, location: location)
    }
    throw .tooManyRedirects(url: origin.shown, limit: first.maxRedirects)
  }

  private static func leadsOn(_ exchange: Exchange, _ request: HTTPRequest) -> Bool {
    request.maxRedirects > 0 && RedirectRule.isRedirect(exchange.status)
      && exchange.headers["location"] != nil
  }
}
