import CSQLite
import Files
import SystemPackage

/// The pages of one database copied into another (https://www.sqlite.org/c3ref/backup_finish.html).
struct BackupPages: ~Copyable {
  static let pagesPerStep: Int32 = 1024
  /// Between short steps, so that a waiting writer gets its turn.
  static let pauseMilliseconds = 5

  private let handle: OpaquePointer
  private let path: FilePath
  private let watch: DatabaseWatch
  private(set) var restarts = 0

  private enum Step { case done, more, busy }

  init(
    from source: borrowing Connection, to target: borrowing Connection, watch: DatabaseWatch
  ) throws(DatabaseError) {
    guard let handle = sqlite3_backup_init(target.handle, "main", source.handle, "main") else {
      try target.check(sqlite3_errcode(target.handle))
      throw DatabaseError(target.path, .cantOpen)
    }
    self.handle = handle
    self.path = source.path
    self.watch = watch
  }

  deinit { sqlite3_backup_finish(handle) }

  var total: Int { Int(sqlite3_backup_pagecount(handle)) }
  private var remaining: Int { Int(sqlite3_backup_remaining(handle)) }

  /// In one read transaction, so that no write can begin it anew. With a limit, gives up when that
  /// has passed, or as soon as it is clear that it will not suffice; what was copied is kept.
  /// Returns whether the copy is complete.
  mutating func copyAtOnce(
    _ source: borrowing Connection, lockMilliseconds: Int?
  ) throws(DatabaseError) -> Bool {
    try source.execute("BEGIN")
    // Only reading takes the lock.
    _ = try source.value("SELECT 1 FROM sqlite_master LIMIT 1")
    let started = BootClock.milliseconds()
    while try step(source) != .done {
      guard let lockMilliseconds else { continue }
      let spent = Int(BootClock.milliseconds() - started)
      let done = max(1, total - remaining)
      let needed = spent * total / done
      if spent >= lockMilliseconds || (spent >= lockMilliseconds / 10 && needed > lockMilliseconds) {
        try source.execute("ROLLBACK")
        return false
      }
    }
    try source.execute("ROLLBACK")
    return true
  }

  /// In short steps, between which others may write.
  mutating func copyInSteps(_ source: borrowing Connection, _ policy: BackupPolicy) throws(DatabaseError) {
    let started = BootClock.milliseconds()
    var before = Int.max
    while case let step = try step(source, mayBeBusy: true), step != .done {
      // A write by another process begins the copy anew: a step was done, and no less is left.
      if step == .more {
        if remaining >= before { restarts += 1 }
        before = remaining
      }
      let spent = Int(BootClock.milliseconds() - started)
      if restarts > policy.maxRestarts || spent >= policy.stepsMilliseconds {
        throw DatabaseError(path, .busyWriter(restarts: restarts, triedMilliseconds: spent))
      }
      pause()
    }
  }

  private func step(
    _ source: borrowing Connection, mayBeBusy: Bool = false
  ) throws(DatabaseError) -> Step {
    let code = sqlite3_backup_step(handle, Self.pagesPerStep)
    let progress = DatabaseProgress(pagesCopied: total - remaining, pagesTotal: total)
    guard watch.mayGoOn(progress) else { throw DatabaseError(path, .stopped) }
    if code == SQLITE_DONE { return .done }
    // A writer that kept it locked for all of the busy time-out: its next pause may suffice.
    if mayBeBusy, code & 0xFF == SQLITE_BUSY { return .busy }
    // sqlite3_errmsg is not set by a step.
    guard code == SQLITE_OK else { throw source.failure(code) }
    return .more
  }

  private func pause() { sqlite3_sleep(Int32(Self.pauseMilliseconds)) }
}
