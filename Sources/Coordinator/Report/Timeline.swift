import Text
package import Driver
import Wire

/// What was done on each host and when, as the log of a rollout tells it. Where it stands in time is the
/// coordinator's clock, how long it took is the host's.
package struct Timeline: Equatable {
  enum Kind: String, CaseIterable {
    /// From the order to stage until the stage rests.
    case staging
    case rehearsal
    /// From the order to cut over until the job rests.
    case cutover
    case downtime
    /// The last part of the downtime.
    case proof
  }

  /// Milliseconds since 1970.
  struct Span: Equatable {
    var kind: Kind
    var start: Int64
    var end: Int64
    /// Nothing was heard of its end.
    var isOpen = false

    var milliseconds: Int { Int(end - start) }
  }

  private(set) var spans: [String: [Span]] = [:]
  private(set) var start: Int64
  private(set) var end: Int64
  /// What has begun and not ended yet.
  private var open: [String: [Kind: Int64]] = [:]

  package init(_ lines: [EventLine]) {
    let times = lines.compactMap { UTC.milliseconds($0.time) }
    start = times.first ?? 0
    end = max(start, times.last ?? 0)
    for line in lines {
      if let host = line.host, let time = UTC.milliseconds(line.time) { take(line, of: host, at: time) }
    }
    for (host, begun) in open {
      for (kind, since) in begun {
        spans[host, default: []].append(Span(kind: kind, start: since, end: max(since, end), isOpen: true))
      }
    }
    for host in spans.keys { spans[host]?.sort { ($0.start, $0.kind.order) < ($1.start, $1.kind.order) } }
  }

  private mutating func take(_ line: EventLine, of host: String, at time: Int64) {
    switch line.event {
    case .stageBegan: begin(.staging, host, time)
    case .staged, .stageFailed, .hostUnreachable: close(.staging, host, time)
    case .cutoverOrdered, .following: begin(.cutover, host, time)
    case .cutoverRested, .orderExpired: close(.cutover, host, time)
    case .down: begin(.downtime, host, time)
    case .up: close(.downtime, host, time, took: line.milliseconds)
    case .stepStarted:
      if let kind = Self.kind(of: line.step) { begin(kind, host, time) }
    case .stepEnded:
      if let kind = Self.kind(of: line.step) { close(kind, host, time, took: line.milliseconds) }
    default: break
    }
  }

  private static func kind(of step: Step?) -> Kind? {
    switch step {
    case .rehearse: .rehearsal
    case .prove: .proof
    case _: nil
    }
  }

  private mutating func begin(_ kind: Kind, _ host: String, _ time: Int64) {
    if open[host]?[kind] == nil { open[host, default: [:]][kind] = time }
  }

  /// - Parameter took: in milliseconds, as the host says. It may have ended before that is heard: an app that
  ///   is well again is watched for a while. What was missed while nobody was connected is heard all at once.
  private mutating func close(_ kind: Kind, _ host: String, _ time: Int64, took: Int? = nil) {
    let begun = open[host]?.removeValue(forKey: kind)
    guard let took = took.map({ Int64(max(0, $0)) }) ?? begun.map({ time - $0 }) else { return }
    let since = max(start, min(begun ?? time, time - took))
    spans[host, default: []].append(Span(kind: kind, start: since, end: min(since + took, time)))
  }
}

extension Timeline.Kind {
  /// What is drawn over what.
  fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// From times to places on a line of 100 parts. Long stretches in which no host did anything (a night between
/// a halt and its resume) are drawn short, else nothing else could be seen.
struct TimeAxis {
  /// A gap longer than this share of all work is drawn as that, and as a break.
  private static let longestGapShare = 0.25
  /// And none shorter than this is, in milliseconds.
  private static let leastGapMilliseconds: Int64 = 60_000
  private static let gapShare = 0.06

  private struct Piece {
    var start, end: Int64
    var place, width: Double
  }
  private var pieces: [Piece] = []
  /// Where time is left out.
  private(set) var breaks: [Double] = []

  init(_ timeline: Timeline) {
    let busy = Self.joined(timeline.spans.values.joined().map { ($0.start, $0.end) })
    let work = busy.reduce(0.0) { $0 + Double($1.1 - $1.0) }
    var parts: [(start: Int64, end: Int64, width: Double, isBreak: Bool)] = []
    func add(_ start: Int64, _ end: Int64, gap: Bool) {
      guard end > start else { return }
      let length = end - start
      let isBreak = gap && length > Self.leastGapMilliseconds && Double(length) > work * Self.longestGapShare
      parts.append((start, end, isBreak ? max(1, work * Self.gapShare) : Double(length), isBreak))
    }
    var reached = timeline.start
    for (start, end) in busy {
      add(reached, start, gap: true)
      add(max(reached, start), end, gap: false)
      reached = max(reached, end)
    }
    add(reached, timeline.end, gap: true)
    let whole = parts.reduce(0) { $0 + $1.width }
    var place = 0.0
    for part in parts {
      let width = part.width / whole * 100
      pieces.append(Piece(start: part.start, end: part.end, place: place, width: width))
      if part.isBreak { breaks.append(place + width / 2) }
      place += width
    }
  }

  /// 0 to 100.
  func place(of time: Int64) -> Double {
    guard let piece = pieces.first(where: { time <= $0.end }) ?? pieces.last else { return 0 }
    let share = Double(time - piece.start) / Double(max(1, piece.end - piece.start))
    return piece.place + piece.width * min(1, max(0, share))
  }

  private static func joined(_ spans: [(Int64, Int64)]) -> [(Int64, Int64)] {
    var joined: [(Int64, Int64)] = []
    for span in spans.sorted(by: { $0 < $1 }) {
      if let last = joined.last, span.0 <= last.1 {
        joined[joined.count - 1].1 = max(last.1, span.1)
      } else {
        joined.append(span)
      }
    }
    return joined
  }
}
