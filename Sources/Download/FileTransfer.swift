import ByteText

/// One attempt at a file: what is asked for, and what an answer does to the part that is there.
final class FileTransfer {
  enum Outcome { case whole, beginAnew }

  private let file: PartFile
  private let url: String
  private let limits: DownloadLimits
  private let progress: (DownloadProgress) -> Void
  /// Where this attempt goes on; 0 from the start.
  private let offset: Int64
  /// What of the part was still good.
  private(set) var kept: Int64 = 0
  private var judged = false
  private var excerpt: [UInt8] = []
  private var total: Int64?

  init(
    _ file: PartFile, url: String, limits: DownloadLimits, progress: @escaping (DownloadProgress) -> Void
  ) {
    self.file = file
    self.url = url
    self.limits = limits
    self.progress = progress
    offset = file.etag == nil ? 0 : file.bytes
  }

  func asking(_ request: HTTPRequest) -> HTTPRequest {
    guard offset > 0, let etag = file.etag else { return request }
    var request = request
    request.headers.add("Range", "bytes=\(offset)-")
    request.headers.add("If-Range", etag)
    return request
  }

  /// A piece of the body. `nil` goes on.
  func take(_ piece: UnsafeRawBufferPointer, of exchange: Exchange) -> DownloadError? {
    do throws(DownloadError) {
      switch try judge(exchange) {
      case .content:
        guard file.bytes + Int64(piece.count) <= limits.maxBytes else { return try tooLarge(exchange) }
        try file.append(piece)
        progress(DownloadProgress(receivedBytes: file.bytes, totalBytes: total))
      case .otherRange:
        // The next attempt begins anew; this answer's rest is of no use.
        try file.restart(etag: nil, url: url)
        return .cut(
          url: exchange.address.shown, receivedBytes: 0, words: "the server sent another part than asked for")
      case .refusal, .pastTheEnd:
        excerpt += piece.prefix(DownloadLimits.maxExcerptBytes - excerpt.count)
        // Enough is known: the rest of a long answer is not waited for.
        if exchange.receivedBytes > DownloadLimits.maxDiscardedBytes { return refusal(exchange) }
      }
      return nil
    } catch {
      return error
    }
  }

  /// After the whole answer.
  func finish(_ exchange: Exchange) throws(DownloadError) -> Outcome {
    switch try judge(exchange) {
    case .content: return .whole
    case .pastTheEnd where ContentRange(exchange.headers["content-range"])?.total == offset:
      // Nothing comes after what is here: it was whole already.
      kept = offset
      return .whole
    case .pastTheEnd, .otherRange:
      try file.restart(etag: nil, url: url)
      return .beginAnew
    case .refusal: throw refusal(exchange)
    }
  }

  private enum Judgement { case content, otherRange, pastTheEnd, refusal }
  private var judgement = Judgement.refusal

  /// Once, when status and headers are there and before the first byte is written.
  private func judge(_ exchange: Exchange) throws(DownloadError) -> Judgement {
    guard !judged else { return judgement }
    judged = true
    let etag = exchange.headers["etag"]
    switch exchange.status {
    case 200:
      judgement = .content
      total = exchange.announcedBytes
      if total ?? 0 > limits.maxBytes { throw try tooLarge(exchange) }
      try file.restart(etag: etag, url: url)
    case 206 where offset > 0:
      let range = ContentRange(exchange.headers["content-range"])
      let isSame = etag == nil || etag == file.etag
      judgement = range?.first == offset && isSame ? .content : .otherRange
      guard judgement == .content else { break }
      kept = offset
      total = range?.total
      if total ?? 0 > limits.maxBytes { throw try tooLarge(exchange) }
    case 416 where offset > 0: judgement = .pastTheEnd
    default: judgement = .refusal
    }
    return judgement
  }

  private func tooLarge(_ exchange: Exchange) throws(DownloadError) -> DownloadError {
    try file.restart(etag: nil, url: url)
    return .tooLarge(url: exchange.address.shown, limitBytes: limits.maxBytes)
  }

  private func refusal(_ exchange: Exchange) -> DownloadError {
    let words = String(decoding: excerpt, as: UTF8.self)
    return .httpStatus(
      url: exchange.address.shown, code: exchange.status,
      excerpt: words.madeVisible(limit: DownloadLimits.maxExcerptBytes))
  }
}

/// `bytes FIRST-LAST/TOTAL`, `bytes FIRST-LAST/*` or `bytes */TOTAL` (RFC 9110, section 14.4).
struct ContentRange: Equatable {
  let first: Int64?
  let total: Int64?

  init?(_ value: String?) {
    guard let parts = value?.asciiLowercase.without(prefix: "bytes ")?.pieces(by: "/"), parts.count == 2
    else { return nil }
    first = parts[0].pieces(by: "-").first.flatMap { Int64($0) }
    total = Int64(parts[1])
  }
}
