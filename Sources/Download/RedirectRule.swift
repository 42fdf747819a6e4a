import ByteText
/// Where a redirect may lead, and what goes along. libcurl would follow by itself, but with every header that
/// the caller has set, a token among them.
enum RedirectRule {
  static func isRedirect(_ status: Int) -> Bool { [301, 302, 303, 307, 308].contains(status) }

  /// The next request after `status` and `Location`. The way back from https to http is always refused; plain
  /// http is followed only to this machine, or where it began on this machine.
  static func next(
    after current: HTTPRequest, at address: WebAddress, from origin: WebAddress, location: String
  ) throws(DownloadError) -> (HTTPRequest, WebAddress) {
    guard let target = address.resolving(location) else {
      throw .badRequest(
        url: address.shown, why: "leads to \(location.madeVisible(limit: 100)), which is no web address")
    }
    if target.scheme != "https" {
      let mayBePlain = address.scheme == "http" && (target.isLoopback || origin.isLoopback)
      guard mayBePlain else { throw .insecureRedirect(from: address.shown, to: target.shown) }
    }
    var next = current
    next.url = target.text
    if !target.hasOrigin(of: address) {
      next.headers = current.headers.harmless
      // These were said about the first server alone.
      next.unixSocket = nil
      next.insecure = false
    }
    return (next, target)
  }
}
