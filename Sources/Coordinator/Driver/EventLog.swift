package import Store
import Files
import SystemPackage

/// An append-only `events.jsonl` that one process writes. What decides the rollout is on the disk
/// before it is acted upon.
package final class EventLog: Sendable {
  private let file: OpenFile

  func request(_ kind: StopRequest.Kind) -> StopRequest {
    StopRequest(kind, in: file.path.removingLastComponent())
  }

  private init(_ file: consuming OpenFile) { self.file = file }

  /// Whoever only looks whether it is locked has it for a moment, too.
  private static let lockWaitMilliseconds = 200

  /// Opens the log, or makes it, and keeps other processes out (flock(2)) as long as this object lives.
  /// A line that a crash tore is cut off. Returns what stands there.
  static func open(_ path: FilePath) throws(StoreError) -> (EventLog, [EventLine]) {
    let log = EventLog(
      try StateFiles.stored(path) { () throws(FileError) in
        try OpenFile.open(
          path, .readWrite, options: [.create, .append],
          permissions: [.ownerReadWrite, .groupRead, .otherRead])
      })
    do throws(FileError) { try log.file.lock(waitMilliseconds: lockWaitMilliseconds) } catch {
      guard error.errno == .wouldBlock else {
        throw StoreError(path: path, action: "take the lock of", cause: error.cause)
      }
      throw StoreError(
        path: path, action: StoreError.lock, cause: "another fleet on this machine is at work on it")
    }
    let bytes = try StateFiles.read(path)
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    if whole < bytes.count {
      try StateFiles.stored(path) { () throws(FileError) in try log.file.truncate(toBytes: Int64(whole)) }
    }
    return (log, StateFiles.lines(bytes))
  }

  /// Whether another process, or another log of this one, has it.
  static func isLocked(_ path: FilePath) -> Bool { (try? OpenFile.open(path))?.isLockedElsewhere ?? false }

  /// - Parameter durable: false for what only tells the story.
  package func append(_ line: EventLine, durable: Bool) throws(StoreError) {
    let bytes: [UInt8]
    do { bytes = try line.encoded() + [UInt8(ascii: "\n")] } catch {
      throw StoreError(path: file.path, action: FileOperation.write.rawValue, cause: "\(error)")
    }
    try StateFiles.stored(file.path) { () throws(FileError) in
      try file.write(bytes)
      if durable { try file.synchronizeData() }
    }
  }
}

extension StateFiles {
  /// The lines up to the first that cannot be read: what a crash tore, or another version wrote.
  package static func lines(_ bytes: [UInt8]) -> [EventLine] {
    var lines: [EventLine] = []
    for text in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let line = try? EventLine(decoding: text) else { break }
      lines.append(line)
    }
    return lines
  }
}
