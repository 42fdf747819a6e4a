internal import Files
internal import Glibc
internal import SystemPackage
internal import Wire

/// A job's events: one line of JSON each, appended. Only the process that holds the app's lock
/// writes; followers read. What counts (how a job rests) is synced; the rest is a story.
final class EventLog {
  private let path: FilePath
  private let fd: Int32
  private var seq: Int

  init(_ path: FilePath) throws(StepFailure) {
    self.path = path
    let (events, torn) = EventLog.readAll(path)
    seq = events.last?.seq ?? 0
    fd = open(path.string, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard fd >= 0 else { throw .because(.io, "cannot open \(path): \(lastErrno())") }
    // A crash may have cut the last line; the next one begins on its own.
    if torn { _ = write(fd, "\n", 1) }
  }

  deinit { close(fd) }

  /// Appends an event. A full disk must not end a cutover, so what cannot be written is left out.
  func append(_ event: JobEvent) {
    var event = event
    seq += 1
    event.seq = seq
    event.timeMilliseconds = wallMilliseconds()
    guard var line = try? JSON.encode(event) else { return }
    line.append(UInt8(ascii: "\n"))
    _ = write(fd, line, line.count)
    if event.event == .rested { _ = fdatasync(fd) }
  }

  /// All whole events, and whether the file ends in the middle of a line.
  static func readAll(_ path: FilePath) -> ([JobEvent], torn: Bool) {
    guard let bytes = try? readBounded(path, maxBytes: maxBytes), !bytes.isEmpty else {
      return ([], false)
    }
    let events = bytes.split(separator: UInt8(ascii: "\n")).compactMap {
      try? JSON.decode(JobEvent.self, from: $0)
    }
    return (events, bytes.last != UInt8(ascii: "\n"))
  }

  /// Of a job that is over, or waits: whether its story does not tell so. An order that was only announced has not
  /// begun.
  static func lacksEnd(_ events: [JobEvent]) -> Bool {
    guard let rest = events.lastIndex(where: { $0.event == .rested }) else { return true }
    return events[rest...].contains { $0.event == .stepStarted }
  }

  /// Of a job that nobody works on: whether its last order was announced, and no more than that.
  static func neverBegan(_ events: [JobEvent], _ job: String, _ record: JournalRecord) -> Bool {
    let isKnown = record.job == job || record.ended?.job == job
    // Then the end is what is missing.
    if isKnown, lacksEnd(events) { return false }
    let tail = events.reversed().prefix { $0.event != .rested }
    guard !tail.contains(where: { $0.event == .stepStarted }) else { return false }
    guard record.job != job || record.state == .staged else { return false }
    return !tail.isEmpty || events.isEmpty
  }

  /// A longer story is not ours, in bytes.
  static let maxBytes = 64 << 20
}

/// Milliseconds since 1970 by the wall clock: for people, never to decide anything.
func wallMilliseconds() -> Int64 {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
}
