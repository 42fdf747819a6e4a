@testable import Wire

/// In whatever pieces the bytes arrive, the same frames come of them, and nothing is lost between them.
func readFrames(_ bytes: [UInt8]) throws(Broken) {
  for expectMagic in [true, false] {
    let whole = Frames(of: [bytes[...]], expectMagic: expectMagic)
    let pieces = Frames(of: split(bytes), expectMagic: expectMagic)
    try require(whole.payloads == pieces.payloads, "other frames from pieces")
    try require(whole.isBroken == pieces.isBroken, "only whole or only in pieces is it no frame")
    guard !expectMagic, !whole.isBroken else { continue }
    let again = whole.payloads.flatMap { payload in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: payload.count >> $0) } + payload
    }
    try require(again + whole.rest == bytes, "bytes were lost")
  }
}

private struct Frames {
  var payloads: [[UInt8]] = []
  var rest: [UInt8] = []
  var isBroken = false

  init(of pieces: [ArraySlice<UInt8>], expectMagic: Bool) {
    var reader = FrameReader(expectMagic: expectMagic)
    do throws(FrameError) {
      for piece in pieces {
        reader.feed(piece)
        while let payload = try reader.next() { payloads.append(payload) }
      }
      rest = reader.takeRaw(.max)
    } catch {
      isBroken = true
    }
  }
}

/// Pieces of sizes that the bytes themselves say.
private func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
  var pieces: [ArraySlice<UInt8>] = []
  var rest = bytes[...]
  while let first = rest.first {
    pieces.append(rest.prefix(Int(first % 7) + 1))
    rest = rest.dropFirst(Int(first % 7) + 1)
  }
  return pieces
}
