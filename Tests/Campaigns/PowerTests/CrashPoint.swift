/// A moment at which the power goes, and what of the last writes reached the platter. Everything before the last
/// flush did.
enum CrashPoint: Sendable, Equatable, CustomStringConvertible {
  /// Every write up to and with this record.
  case prefix(Int)
  /// Every write before this record, and of it only some sectors: the first or the last ones.
  case torn(Int, bytes: Int, fromEnd: Bool)
  /// The flush at `flush` had been asked for, and is not done: of the writes since the one before, any.
  case subset(flush: Int, kept: [Int])

  /// The first record that had not been asked for: what was promised before it was promised.
  var end: Int {
    switch self {
    case .prefix(let index), .torn(let index, _, _): index
    case .subset(let flush, _): flush
    }
  }

  var description: String {
    switch self {
    case .prefix(let index): "prefix \(index)"
    case .torn(let index, let bytes, let fromEnd):
      "torn \(index), \(fromEnd ? "last" : "first") \(bytes) bytes"
    case .subset(let flush, let kept): "before flush \(flush), of its writes only \(kept)"
    }
  }

  /// Right after each record of the agent's journal reached the platter: with everything before it, and with nothing
  /// else of what had not been flushed. What the journal says must be so then.
  static func afterJournal(_ log: BlockLog, in range: Range<Int>) -> [CrashPoint] {
    range.filter { log.isJournal($0) }.flatMap { index -> [CrashPoint] in
      guard let flush = log.records[index...].firstIndex(of: .flush) else { return [] }
      return [.prefix(flush - 1), .subset(flush: flush, kept: [index])]
    }
  }

  static let subsetsPerFlush = 4

  /// All of them between two records: every prefix, each write of several sectors torn, and random subsets of what
  /// each flush is for.
  static func all(
    of log: BlockLog, in range: Range<Int>, sectorBytes: Int, using random: inout some RandomNumberGenerator
  ) -> [CrashPoint] {
    var points: [CrashPoint] = []
    var open: [Int] = []
    for index in range {
      switch log.records[index] {
      case .write(_, let count, _):
        points.append(.prefix(index))
        open.append(index)
        let sectors = count / sectorBytes
        if sectors > 1 {
          points.append(
            .torn(
              index, bytes: .random(in: 1..<sectors, using: &random) * sectorBytes,
              fromEnd: .random(using: &random)))
        }
      case .discard:
        points.append(.prefix(index))
        open.append(index)
      case .flush:
        if open.count > 1 {
          for _ in 0..<min(subsetsPerFlush, (1 << min(open.count, 8)) - 2) {
            points.append(.subset(flush: index, kept: open.filter { _ in .random(using: &random) }))
          }
        }
        open = []
      case .mark: break
      }
    }
    return points
  }
}
