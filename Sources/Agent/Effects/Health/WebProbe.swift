import Download
import SystemPackage
package import Wire

/// Asks over HTTP with libcurl. A redirect is an answer, and not followed.
package struct WebProbe: HTTPProbing {
  package init() {}

  package func answer(to check: HTTPCheck) throws(HTTPProbeFailure) -> HTTPAnswer {
    var limits = DownloadLimits(
      maxBytes: Int64(EffectLimits.probeBodyBytes),
      totalTimeoutSeconds: Double(EffectLimits.probeSeconds))
    limits.connectTimeoutSeconds = Double(EffectLimits.probeSeconds)
    var headers = HTTPHeaders()
    for (name, value) in check.headers.sorted(by: { $0.key < $1.key }) { headers.add(name, value) }
    let request = HTTPRequest(
      check.url, headers: headers, unixSocket: check.unix.map { FilePath($0) },
      insecure: check.insecure, maxRedirects: 0)
    do {
      let response = try HTTPClient().get(request, limits: limits)
      return HTTPAnswer(status: response.status, body: response.body)
    } catch {
      throw HTTPProbeFailure(description: "\(error)")
    }
  }
}
