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
  /// The file ends in the middle of a line: the next one begins on its own.
  private var isTorn: Bool

  init(_ path: FilePath) throws(StepFailure) {
    self.path = path
    let (events, torn) = EventLog.readAll(path)
    seq = events.last?.seq ?? 0
    fd = open(path.string, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    isTorn = torn
    guard fd >= 0 else { throw .because(.io, "cannot open \(path): \(lastErrno())") }
  }

  deinit { close(fd) }

  /// Appends an event. A full disk must not end a cutover, so what cannot be written is left out.
  ///
  /// - Returns: whether it was written; of how a job rests, whether it is on the disk.
  @discardableResult
  func append(_ event: JobEvent) -> Bool {
    var event = event
    seq += 1
    event.seq = seq
    event.timeMilliseconds = wallMilliseconds()
    guard let line = try? JSON.encode(event) else { return false }
    guard write((isTorn ? [UInt8(ascii: "\n")] : []) + line + [UInt8(ascii: "\n")]) else { return false }
    return event.event != .rested || fdatasync(fd) == 0
  }

  private func write(_ bytes: [UInt8]) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(fd, $0.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        isTorn = isTorn || done > 0
        return false
      }
      done += count
    }
    isTorn = false
    return true
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

  /// A longer story is not ours, in bytes.
  static let maxBytes = 64 << 20
}

/// Milliseconds since 1970 by the wall clock: for people, never to decide anything.
func wallMilliseconds() -> Int64 {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
}
