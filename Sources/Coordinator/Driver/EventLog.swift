package import Store
import Glibc
import SystemPackage

/// An append-only `events.jsonl` that one process writes. What decides the rollout is on the disk
/// before it is acted upon.
package final class EventLog: Sendable {
  private let path: FilePath
  private let file: FileDescriptor

  var abortRequest: AbortRequest { AbortRequest(in: path.removingLastComponent()) }

  private init(path: FilePath, file: FileDescriptor) {
    self.path = path
    self.file = file
  }

  deinit { try? file.close() }

  /// Opens the log, or makes it, and keeps other processes out (flock(2)) as long as this object lives.
  /// A line that a crash tore is cut off. Returns what stands there.
  static func open(_ path: FilePath) throws(StoreError) -> (EventLog, [EventLine]) {
    let log: EventLog
    do {
      log = EventLog(
        path: path,
        file: try FileDescriptor.open(
          path, .readWrite, options: [.create, .append, .closeOnExec, .noFollow],
          permissions: [.ownerReadWrite, .groupRead, .otherRead]))
    } catch {
      throw StoreError(path: path, action: "open", cause: "\(error)")
    }
    guard lock(log.file) else {
      throw StoreError(
        path: path, action: StoreError.lock, cause: "another fleet on this machine is at work on it")
    }
    let bytes = try StateFiles.read(path)
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    if whole < bytes.count {
      guard ftruncate(log.file.rawValue, off_t(whole)) == 0 else {
        throw StoreError(path: path, action: "truncate", cause: "\(Errno(rawValue: errno))")
      }
    }
    return (log, StateFiles.lines(bytes))
  }

  /// Waits a moment for whoever only looks whether it is locked.
  private static func lock(_ file: FileDescriptor) -> Bool {
    for attempt in 1...10 {
      if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 { return true }
      if attempt < 10 { usleep(20_000) }
    }
    return false
  }

  /// Whether another process, or another log of this one, has it.
  static func isLocked(_ path: FilePath) -> Bool {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow]) else {
      return false
    }
    defer { try? file.close() }
    return flock(file.rawValue, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// - Parameter durable: false for what only tells the story.
  package func append(_ line: EventLine, durable: Bool) throws(StoreError) {
    do {
      try file.writeAll(try line.encoded() + [UInt8(ascii: "\n")])
    } catch {
      throw StoreError(path: path, action: "write", cause: "\(error)")
    }
    guard !durable || fdatasync(file.rawValue) == 0 else {
      throw StoreError(path: path, action: "sync", cause: "\(Errno(rawValue: errno))")
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
