/// What a number can be that a host, a file or a network says: the one place where such numbers are bounded, so that
/// what is computed with them (sums, differences, a percentage, the next of it) cannot run over.
///
/// Each kind has its range in ``WireLimits``, with its unit.
package enum Figure: CaseIterable, Sendable {
  /// How long something took, in milliseconds.
  case duration
  /// A moment, in milliseconds since 1970.
  case moment
  /// How long something may take, or is ago, in seconds.
  case seconds
  /// The number of an event or of a line.
  case sequence
  /// How many.
  case count
  /// Bytes, or progress in the unit of its step.
  case bytes
  /// How many at once, of which there is one at least.
  case parallel
  case percent
  /// A port, a status of HTTP, a version of the wire.
  case code

  package var range: ClosedRange<Int64> {
    switch self {
    case .duration: WireLimits.durationMilliseconds
    case .moment: WireLimits.momentMilliseconds
    case .seconds: WireLimits.spanSeconds
    case .sequence: WireLimits.sequence
    case .count: WireLimits.count
    case .bytes: WireLimits.bytes
    case .parallel: 1...WireLimits.count.upperBound
    case .percent: 0...100
    case .code: 0...65_535
    }
  }

  /// The number, or the nearest that can be, where there must be one.
  package func nearest<Number: FixedWidthInteger>(_ said: Number) -> Number {
    Number(clamping: min(max(Int64(clamping: said), range.lowerBound), range.upperBound))
  }

  /// The number, or nil where it cannot be: then it is not known.
  package func known<Number: FixedWidthInteger>(_ said: Number?) -> Number? {
    said.flatMap { isPossible($0) ? $0 : nil }
  }

  package func isPossible(_ said: some FixedWidthInteger) -> Bool {
    Int64(exactly: said).map { range.contains($0) } ?? false
  }

  /// Of two numbers that can be; the largest that can be where it is more.
  package func sum(_ one: Int64, _ other: Int64) -> Int64 {
    // Two possible numbers do not run over: the ranges are far from the ends of Int64.
    nearest(nearest(one) + nearest(other))
  }
}
