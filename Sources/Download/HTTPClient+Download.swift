import Glibc
package import SystemPackage

/// How far a download is.
package struct DownloadProgress: Sendable, Equatable {
  package let receivedBytes: Int64
  /// Where the server has said it.
  package let totalBytes: Int64?

  package init(receivedBytes: Int64, totalBytes: Int64?) {
    self.receivedBytes = receivedBytes
    self.totalBytes = totalBytes
  }
}

/// A file that was downloaded whole, as far as HTTP can tell; its digest is the caller's to check.
package struct DownloadedFile: Sendable, Equatable {
  package let bytes: Int64
  /// What was there already when the last attempt began.
  package let resumedBytes: Int64
  package let attempts: Int
  package let headers: HTTPHeaders
  package let url: String
}

extension HTTPClient {
  /// Downloads into a file, streamed, never more than `limits.maxBytes`.
  ///
  /// After a cut it goes on where it was, if the server's ETag says that it is still the same file; else it
  /// begins anew. It comes back for errors that may pass (`isTransient`), `limits.maxAttempts` times at
  /// most. The file is left where it is, also after an error, so that a later call can go on; it is not
  /// synced. A file too large is emptied.
  ///
  /// - Parameters:
  ///   - part: made where it is not; a symbolic link is refused. `PART.etag` beside it is used too.
  ///   - resume: `false` begins anew, whatever is there.
  ///   - progress: called as bytes come in.
  ///   - isCancelled: asked about once a second or more often; `true` ends with `cancelled`.
  package func download(
    _ request: HTTPRequest, to part: FilePath, resume: Bool = true, limits: DownloadLimits,
    progress: @escaping (DownloadProgress) -> Void = { _ in },
    isCancelled: @escaping () -> Bool = { false }
  ) throws(DownloadError) -> DownloadedFile {
    let file = try PartFile(part, url: request.url, resume: resume)
    let end = deadline(limits)
    var attempt = 0
    while true {
      attempt += 1
      let transfer = FileTransfer(file, url: request.url, limits: limits, progress: progress)
      do throws(DownloadError) {
        let exchange = try follow(transfer.asking(request), until: end, limits, isCancelled) {
          transfer.take($1, of: $0)
        }
        if try transfer.finish(exchange) == .whole {
          file.finish()
          return DownloadedFile(
            bytes: file.bytes, resumedBytes: transfer.kept, attempts: attempt,
            headers: exchange.headers, url: exchange.address.text)
        }
        // The server and we did not agree on what is here already. The file is empty now.
        guard attempt < limits.maxAttempts else {
          throw .cut(
            url: exchange.address.shown, receivedBytes: 0, words: "the server does not keep its ranges")
        }
      } catch {
        let pause = min(limits.firstPauseSeconds * Double(1 << min(attempt - 1, 16)), limits.maxPauseSeconds)
        guard error.isTransient, attempt < limits.maxAttempts,
          ContinuousClock.now + .seconds(pause) < end
        else { throw error }
        try rest(pause, isCancelled)
      }
    }
  }

  private func rest(_ seconds: Double, _ isCancelled: () -> Bool) throws(DownloadError) {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if isCancelled() { throw .cancelled }
      usleep(UInt32(DownloadLimits.cancelCheckMilliseconds) * 1000)
    }
  }
}
