import ByteText
import CCurl
import SystemPackage

/// The owner of a libcurl easy handle. Connections stay open between requests.
final class CurlHandle {
  /// curl_global_init(3) must not be run by two threads at once; a global constant is made once.
  private static let started: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  private let raw: UnsafeMutableRawPointer
  /// Where libcurl writes its words about an error; it must stay as long as the handle.
  private let words: UnsafeMutablePointer<CChar>

  init() throws(DownloadError) {
    guard Self.started == CURLE_OK, let raw = curl_easy_init() else {
      throw .transfer(url: "libcurl", code: Int(CURLE_FAILED_INIT.rawValue), words: "cannot be started")
    }
    self.raw = raw
    words = .allocate(capacity: Int(CURL_ERROR_SIZE))
    words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(raw)
    words.deallocate()
  }

  /// Sends the request and feeds the exchange. It follows no redirect, sends no credentials of its own, and
  /// does not look at the status.
  func perform(
    _ request: HTTPRequest, _ exchange: Exchange, limits: DownloadLimits, remainingSeconds: Double
  ) throws(DownloadError) {
    curl_easy_reset(raw)
    words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    var list: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(list) }
    for field in request.headers.fields {
      // "Name;" is how libcurl is told to send a header without value; "Name:" would take it out.
      let line = field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
      list = curl_slist_append(list, line) ?? list
    }
    let connectSeconds = min(limits.connectTimeoutSeconds, remainingSeconds)
    let context = Unmanaged.passUnretained(exchange).toOpaque()
    var codes = [
      fleet_curl_set_pointer(raw, CURLOPT_ERRORBUFFER, words),
      fleet_curl_set_string(raw, CURLOPT_URL, exchange.address.text),
      fleet_curl_set_string(raw, CURLOPT_PROTOCOLS_STR, "http,https"),
      fleet_curl_set_string(raw, CURLOPT_USERAGENT, "fleet"),
      fleet_curl_set_pointer(raw, CURLOPT_HTTPHEADER, list),
      fleet_curl_set_long(raw, CURLOPT_FOLLOWLOCATION, 0),
      // Signals would hit other threads of the process.
      fleet_curl_set_long(raw, CURLOPT_NOSIGNAL, 1),
      fleet_curl_set_long(raw, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(connectSeconds)),
      fleet_curl_set_long(raw, CURLOPT_TIMEOUT_MS, Self.milliseconds(remainingSeconds)),
      fleet_curl_set_long(raw, CURLOPT_LOW_SPEED_LIMIT, limits.lowSpeedBytesPerSecond),
      fleet_curl_set_long(raw, CURLOPT_LOW_SPEED_TIME, limits.lowSpeedSeconds),
      fleet_curl_set_write(raw, CURLOPT_HEADERFUNCTION, takeHeader),
      fleet_curl_set_pointer(raw, CURLOPT_HEADERDATA, context),
      fleet_curl_set_write(raw, CURLOPT_WRITEFUNCTION, takeBody),
      fleet_curl_set_pointer(raw, CURLOPT_WRITEDATA, context),
      fleet_curl_set_progress(raw, askWhetherToGoOn),
      fleet_curl_set_pointer(raw, CURLOPT_XFERINFODATA, context),
      fleet_curl_set_long(raw, CURLOPT_NOPROGRESS, 0),
    ]
    if let body = request.body {
      // "Expect:" takes libcurl's own header out: a server that does not know it is waited for.
      list = curl_slist_append(list, "Expect:") ?? list
      codes += [
        fleet_curl_set_pointer(raw, CURLOPT_HTTPHEADER, list),
        fleet_curl_set_offset(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)),
        body.withUnsafeBytes { fleet_curl_set_copy(raw, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) },
      ]
    }
    if request.insecure {
      codes.append(fleet_curl_set_long(raw, CURLOPT_SSL_VERIFYPEER, 0))
      codes.append(fleet_curl_set_long(raw, CURLOPT_SSL_VERIFYHOST, 0))
    }
    if let socket = request.unixSocket {
      codes.append(fleet_curl_set_string(raw, CURLOPT_UNIX_SOCKET_PATH, socket.string))
    }
    if request.unixSocket != nil || exchange.address.isLoopback {
      // A proxy of the environment's would look for it on another machine.
      codes.append(fleet_curl_set_string(raw, CURLOPT_NOPROXY, "*"))
    }
    if let bad = codes.first(where: { $0 != CURLE_OK }) {
      throw .transfer(url: exchange.address.shown, code: Int(bad.rawValue), words: Self.name(of: bad))
    }
    let code = withExtendedLifetime(exchange) { curl_easy_perform(raw) }
    if let failure = exchange.failure { throw failure }
    if code != CURLE_OK { throw error(code, exchange) }
  }

  private func error(_ code: CURLcode, _ exchange: Exchange) -> DownloadError {
    let own = String(cString: words)
    let words = (own.isEmpty ? Self.name(of: code) : own).madeVisible(limit: 300)
    let url = exchange.address.shown
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: return .dns(host: exchange.address.host)
    case CURLE_COULDNT_RESOLVE_PROXY: return .dns(host: "the proxy of the environment")
    case CURLE_COULDNT_CONNECT: return .connect(url: url, words: words)
    case CURLE_OPERATION_TIMEDOUT:
      return .timeout(url: url, receivedBytes: exchange.receivedBytes, words: words)
    case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
      CURLE_HTTP2_STREAM:
      return .cut(url: url, receivedBytes: exchange.receivedBytes, words: words)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_INITFAILED,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
      return .tls(url: url, words: words)
    // Its words for a header line that it has no room for.
    case CURLE_OUT_OF_MEMORY where exchange.receivedBytes == 0, CURLcode(100):
      return .tooLarge(url: url, limitBytes: Int64(DownloadLimits.maxHeaderBytes))
    default: return .transfer(url: url, code: Int(code.rawValue), words: words)
    }
  }

  private static func name(of code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }

  /// 0 means "no limit" to libcurl, so a limit is at least 1.
  private static func milliseconds(_ seconds: Double) -> Int {
    Int(min(max(seconds * 1000, 1), Double(Int32.max)))
  }
}
