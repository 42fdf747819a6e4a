import ByteText
import CCurl

/// One request and its answer, as libcurl's callbacks see it. It lives exactly as long as the call that
/// performs it.
final class Exchange {
  let address: WebAddress
  private(set) var status = 0
  private(set) var headers = HTTPHeaders()
  private(set) var receivedBytes: Int64 = 0
  /// Why a callback stopped the transfer. It outranks libcurl's own code, which only says that one did.
  private(set) var failure: DownloadError?
  private var headerBytes = 0
  private let consume: (Exchange, UnsafeRawBufferPointer) -> DownloadError?
  private let isCancelled: () -> Bool

  /// - Parameter consume: gets each piece of the body, after status and headers are known; an error stops.
  init(
    _ address: WebAddress, isCancelled: @escaping () -> Bool,
    consume: @escaping (Exchange, UnsafeRawBufferPointer) -> DownloadError?
  ) {
    self.address = address
    self.isCancelled = isCancelled
    self.consume = consume
  }

  /// `Content-Length`, where there is a sensible one.
  var announcedBytes: Int64? { headers["content-length"].flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 } }

  /// What each callback returns to let libcurl go on.
  func take(header line: UnsafeRawBufferPointer) -> Bool {
    headerBytes += line.count
    guard headerBytes <= DownloadLimits.maxHeaderBytes else {
      failure = .tooLarge(url: address.shown, limitBytes: Int64(DownloadLimits.maxHeaderBytes))
      return false
    }
    let text = String(decoding: line, as: UTF8.self)
    if text.begins(with: "HTTP/") {
      // 100 Continue and 103 Early Hints come before the answer: only the last block is the answer.
      headers = HTTPHeaders()
      status = text.pieces(by: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    } else if let (name, value) = text.cut(at: ":") {
      headers.add(String(name), String(value.trimmed))
    }
    return true
  }

  func take(body piece: UnsafeRawBufferPointer) -> Bool {
    receivedBytes += Int64(piece.count)
    failure = failure ?? consume(self, piece)
    return failure == nil
  }

  func goesOn() -> Bool {
    guard isCancelled() else { return true }
    failure = failure ?? .cancelled
    return false
  }
}

/// libcurl's callback for header lines (CURLOPT_HEADERFUNCTION(3)). Anything but the size it got stops.
let takeHeader: fleet_curl_write = { data, size, count, context in
  guard let data, let context else { return 0 }
  let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
  let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
  return exchange.take(header: bytes) ? bytes.count : 0
}

/// libcurl's callback for the body (CURLOPT_WRITEFUNCTION(3)). Any count but the one it got stops.
let takeBody: fleet_curl_write = { data, size, count, context in
  guard let data, let context else { return 0 }
  let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
  guard !bytes.isEmpty else { return 0 }
  let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
  return exchange.take(body: bytes) ? bytes.count : 0
}

/// libcurl asks at least once a second, also while nothing comes (CURLOPT_XFERINFOFUNCTION(3)).
let askWhetherToGoOn: fleet_curl_progress = { context, _, _, _, _ in
  guard let context else { return 1 }
  return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().goesOn() ? 0 : 1
}
