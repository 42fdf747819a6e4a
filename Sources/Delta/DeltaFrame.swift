import CZstd
package import Files
import Release

/// The delta itself: one Zstandard frame (RFC 8878) whose matches reach into the reference (`ZSTD_CCtx_refPrefix`,
/// `ZSTD_DCtx_refPrefix` in zstd.h).
package enum DeltaFrame {
  /// Higher ones take ten times as long for a tenth less.
  private static let level: Int32 = 12
  /// The least that the library can look back, as a power of two (`ZSTD_WINDOWLOG_MIN`). All of the reference and the
  /// content are far below the most, 31.
  private static let leastWindowLog: Int32 = 10

  /// Makes the delta from the reference to the content.
  ///
  /// - Parameter maxBytes: a larger one is not worth it.
  /// - Returns: nil for a larger one.
  package static func make(
    of content: MappedFile, over reference: MappedFile, maxBytes: Int
  ) throws(DeltaError) -> [UInt8]? {
    guard let context = ZSTD_createCCtx() else { throw .zstd("there is no memory") }
    defer { ZSTD_freeCCtx(context) }
    let reach = reference.bytes.count + content.bytes.count
    let windowLog = Int32(Int.bitWidth - max(1, reach - 1).leadingZeroBitCount)
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, max(windowLog, leastWindowLog)))
    // What moved far is found again.
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1))
    try check(ZSTD_CCtx_refPrefix(context, reference.bytes.baseAddress, reference.bytes.count))
    var delta = [UInt8](repeating: 0, count: maxBytes)
    let count = ZSTD_compress2(context, &delta, maxBytes, content.bytes.baseAddress, content.bytes.count)
    if ZSTD_isError(count) != 0, ZSTD_getErrorCode(count) == ZSTD_error_dstSize_tooSmall { return nil }
    delta.removeLast(maxBytes - (try check(count)))
    return delta
  }

  /// Makes the content, whose size and digest were announced, of the reference and the delta.
  package static func open(
    _ delta: [UInt8], over reference: MappedFile, into content: MappedFile, sha256: String
  ) throws(DeltaError) {
    guard let context = ZSTD_createDCtx() else { throw .zstd("there is no memory") }
    defer { ZSTD_freeDCtx(context) }
    try check(ZSTD_DCtx_refPrefix(context, reference.bytes.baseAddress, reference.bytes.count))
    // In one go, so that the content itself is the window, and no other memory is taken for it.
    let count = try check(
      ZSTD_decompressDCtx(context, content.bytes.baseAddress, content.bytes.count, delta, delta.count))
    var hash = SHA256Stream()
    hash.update(content.readable)
    guard count == content.bytes.count, hash.finalize().description == sha256 else { throw .otherContent }
  }

  @discardableResult
  private static func check(_ code: Int) throws(DeltaError) -> Int {
    guard ZSTD_isError(code) == 0 else { throw .zstd(String(cString: ZSTD_getErrorName(code))) }
    return code
  }
}
