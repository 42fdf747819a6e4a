import Rollout
import Store
import Text
import Wire

/// The record, its log and the display, which always hear the same.
struct RolloutBook {
  private(set) var record: RolloutRecord
  let log: EventLog
  let time: TimeSource
  let display: any Display
  private(set) var hasEnded = false
  private(set) var isGivenUp = false
  private(set) var isAborted = false
  /// Why the log cannot be written any more.
  private(set) var fault: StoreError?
  /// As it was, and what was heard since, as long as that is only looking; nil where all is written.
  private var look: (before: RolloutRecord, lines: [EventLine])?

  /// - Parameter isLook: nothing is written before something is begun, or turns out to be another way than it was.
  init(record: RolloutRecord, log: EventLog, time: TimeSource, display: any Display, isLook: Bool) {
    self.record = record
    self.log = log
    self.time = time
    self.display = display
    look = isLook ? (record, []) : nil
  }

  func profile(of host: String) -> AppProfile? { record.facts[host]?.profile }

  mutating func write(_ news: News) -> [Rollout.Action] {
    switch news {
    case .line(let line): return write(line, durable: false)
    case .aborted:
      isAborted = true
      return write(.event(.interrupted))
    case .event(let event):
      var line = EventLine(record.believed(event.event))
      (line.profile, line.listing, line.since) = (event.profile, event.listing, event.since)
      line.installed = event.installed
      line.healthy = event.healthy
      return write(line, durable: true)
    }
  }

  /// On the disk first, then in the record; what the machine then says is returned. When the log
  /// cannot be written any more nothing new is begun, as after Ctrl-C.
  mutating func write(_ news: EventLine, durable: Bool) -> [Rollout.Action] {
    var line = news
    line.seq = record.lastSeq + 1
    line.time = UTC.text(time.nowMilliseconds())
    var actions: [Rollout.Action] = []
    if look != nil, !line.isLook { actions += endLook() }
    if look != nil {
      look?.lines.append(line)
    } else if !line.isProgress {
      actions += append(line, durable: durable)
    }
    actions += record.add(line)
    if line.event == .finished { finish(line) }
    (line.profile, line.listing, line.installed) = (nil, nil, nil)
    display.show(line)
    return actions
  }

  private mutating func append(_ line: EventLine, durable: Bool) -> [Rollout.Action] {
    guard fault == nil else { return [] }
    do throws(StoreError) {
      try log.append(line, durable: durable)
      return []
    } catch {
      fault = error
      display.note("the event log fails, so nothing new is begun: \(error)")
      return record.add(EventLine(.interrupted))
    }
  }

  /// What was heard so far counts.
  private mutating func endLook() -> [Rollout.Action] {
    let lines = look?.lines ?? []
    look = nil
    return lines.enumerated().flatMap { append($1, durable: $0 == lines.count - 1) }
  }

  private mutating func finish(_ line: EventLine) {
    hasEnded = true
    guard let look else { return }
    isGivenUp = line.ending == .interrupted || line.ending == .declined
    // One that had no end, and has nothing left to do, has come to it.
    let isNews = look.before.rollout.ending == nil || record.rollout.isOtherwise(than: look.before.rollout)
    if !isGivenUp, isNews {
      _ = endLook()
    } else {
      record = look.before
    }
  }
}

extension Rollout {
  /// Whether a host is another way, or for another reason, than it was.
  fileprivate func isOtherwise(than before: Rollout) -> Bool {
    zip(members, before.members).contains { $0.outcome != $1.outcome || $0.cause?.code != $1.cause?.code }
  }
}

extension EventLine {
  /// Nothing was done with it on any host.
  fileprivate var isLook: Bool {
    [.resumed, .hostProbed, .hostUnreachable, .interrupted, .planDeclined, .finished].contains(
      event)
  }

  /// Of use only in the moment: not kept.
  package var isProgress: Bool {
    event == .uploading || event == .suspected || event == .stepProgress
  }
}
