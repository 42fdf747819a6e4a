import Files
import SystemPackage
import Wire

/// A job's events: one line of JSON each, appended. Only the process that holds the app's lock
/// writes; followers read. What counts (how a job rests) is synced; the rest is a story.
final class JobEventLog {
  private let file: OpenFile
  private var seq: Int
  /// The file ends in the middle of a line: the next one begins on its own.
  private var isTorn: Bool

  init(_ path: FilePath) throws(StepFailure) {
    let (events, torn) = JobEventLog.readAll(path)
    seq = events.last?.seq ?? 0
    isTorn = torn
    do { file = try OpenFile.open(path, .writeOnly, options: [.create, .append]) } catch { throw .io(error) }
  }

  /// Appends an event. A full disk must not end a cutover, so what cannot be written is left out.
  ///
  /// - Returns: whether it was written; of how a job rests, whether it is on the disk.
  @discardableResult
  func append(_ event: JobEvent) -> Bool {
    var event = event
    seq += 1
    event.seq = seq
    event.timeMilliseconds = WallClock.milliseconds()
    guard let line = try? JSON.encode(event) else { return false }
    do {
      try file.write((isTorn ? [UInt8(ascii: "\n")] : []) + line + [UInt8(ascii: "\n")])
      isTorn = false
    } catch {
      // How much of it is there is not known; an empty line does no harm.
      isTorn = true
      return false
    }
    return event.event != .rested || (try? file.synchronizeData()) != nil
  }

  /// All whole events, and whether the file ends in the middle of a line. A number that no event can have was changed
  /// on the disk, and the line is none.
  static func readAll(_ path: FilePath) -> ([JobEvent], torn: Bool) {
    guard let bytes = try? readBounded(path, maxBytes: maxBytes), !bytes.isEmpty else {
      return ([], false)
    }
    let events = bytes.split(separator: UInt8(ascii: "\n"))
      .compactMap { try? JSON.decode(JobEvent.self, from: $0) }
      .filter { Figure.sequence.isPossible($0.seq) && Figure.moment.isPossible($0.timeMilliseconds) }
    return (events, bytes.last != UInt8(ascii: "\n"))
  }

  /// A longer story is not ours, in bytes.
  static let maxBytes = 64 << 20
}
