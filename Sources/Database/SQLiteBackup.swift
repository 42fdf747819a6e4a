import CSQLite
import Files
package import SystemPackage

/// How long a live database may be kept from its app while it is copied.
package struct BackupPolicy: Sendable, Equatable {
  /// How long to wait for a lock that somebody else holds.
  package var busyMilliseconds: Int
  /// With a rollback journal, nobody can write while pages are read: at most so long in one go
  /// (0: never). WAL needs no such limit, readers and writers do not meet there.
  package var lockMilliseconds: Int
  /// If that does not suffice: how long to try in short steps, between which the app may write; each
  /// write by another process begins the copy anew.
  package var stepsMilliseconds: Int
  package var maxRestarts: Int

  package init(
    busyMilliseconds: Int = 5_000, lockMilliseconds: Int = 1_000, stepsMilliseconds: Int = 10_000,
    maxRestarts: Int = 50
  ) {
    self.busyMilliseconds = busyMilliseconds
    self.lockMilliseconds = lockMilliseconds
    self.stepsMilliseconds = stepsMilliseconds
    self.maxRestarts = maxRestarts
  }

  /// For an app that has been stopped: nobody waits for the lock.
  package static let stopped = BackupPolicy(lockMilliseconds: 3_600_000)
}

package struct BackupResult: Sendable, Equatable {
  package let sizeBytes: Int64
  package let pages: Int
  package let durationMilliseconds: Int64
  /// `wal`, `delete`, …: the source's, and for WAL the copy's too.
  package let journalMode: String
  /// How often a writer began the copy anew.
  package let restarts: Int
  /// What of owner, mode and attributes could not be put on the copy.
  package let notes: [String]
}

/// A copy of a living database through SQLite's backup API (https://www.sqlite.org/backup.html):
/// copying the file instead gives damaged copies and loses what is still in the WAL.
package enum SQLiteBackup {
  /// A copy under way has this added to its name.
  static let unfinishedSuffix = ".fleet-copy"
  package static let sideSuffixes = ["-wal", "-shm", "-journal"]

  /// Copies `source` to `target`, replacing what is there, with everything committed before the call.
  ///
  /// The source is opened for reading and writing, so that a hot journal or a leftover WAL is
  /// recovered, as the app itself would do. The copy keeps the journal mode, owner, mode and extended
  /// attributes, has passed `integrity_check`, and has no side files. It takes its name only then. `-shm` is never
  /// copied. The directory of `target` must exist.
  ///
  /// It need not be on the disk: a migration will write it anew, and whoever relies on it synchronizes it then, once.
  package static func copy(
    from source: FilePath, to target: FilePath, policy: BackupPolicy = BackupPolicy(),
    watch: DatabaseWatch = DatabaseWatch()
  ) throws(DatabaseError) -> BackupResult {
    let started = BootClock.milliseconds()
    // Before and after the connection, never beside it: see `Integrity.isSQLite`.
    guard try Integrity.isSQLite(source) else { throw DatabaseError(source, .notADatabase) }
    let place = try files(target) { () throws(FileError) in try BackupTarget(target) }
    try files(target) { () throws(FileError) in try place.prepare() }
    do throws(DatabaseError) {
      let copied = try run(source, place.unfinished, policy, watch)
      try check(place.unfinished, copiedFrom: source, watch)
      let (size, notes) = try files(target) { () throws(FileError) in try place.finish(like: source) }
      return BackupResult(
        sizeBytes: size, pages: copied.pages,
        durationMilliseconds: BootClock.milliseconds() - started, journalMode: copied.journalMode,
        restarts: copied.restarts, notes: notes)
    } catch {
      // The first cause is what the caller must see.
      _ = try? place.discard()
      throw error
    }
  }

  /// What is damaged in the copy was so in the original, which is the one that people can do something about.
  private static func check(
    _ copy: FilePath, copiedFrom source: FilePath, _ watch: DatabaseWatch
  ) throws(DatabaseError) {
    do { try Integrity.check(copy, watch: watch) } catch {
      guard case .corrupt = error.reason else { throw error }
      throw DatabaseError(source, error.reason, words: error.words)
    }
  }

  private static func run(
    _ source: FilePath, _ unfinished: FilePath, _ policy: BackupPolicy, _ watch: DatabaseWatch
  ) throws(DatabaseError) -> (pages: Int, journalMode: String, restarts: Int) {
    let from = try Connection.open(source, .readWrite, busyMilliseconds: policy.busyMilliseconds)
    // Recovery of a hot journal happens at the first read.
    let mode = try from.value("PRAGMA journal_mode") ?? ""
    let to = try Connection.open(unfinished, .readWrite, busyMilliseconds: policy.busyMilliseconds)
    // Nobody sees the copy before it is whole: its own journal would only make the lock on the source longer.
    _ = try to.value("PRAGMA journal_mode = OFF")
    try to.execute("PRAGMA synchronous = OFF")
    let (pages, restarts) = try copyPages(from, to, isWAL: mode == "wal", policy, watch)
    try to.close()
    try from.close()
    return (pages, mode, restarts)
  }

  private static func copyPages(
    _ from: borrowing Connection, _ to: borrowing Connection, isWAL: Bool, _ policy: BackupPolicy,
    _ watch: DatabaseWatch
  ) throws(DatabaseError) -> (pages: Int, restarts: Int) {
    var pages = try BackupPages(from: from, to: to, watch: watch)
    let lock = isWAL ? nil : policy.lockMilliseconds
    let complete = if lock == 0 { false } else { try pages.copyAtOnce(from, lockMilliseconds: lock) }
    if !complete { try pages.copyInSteps(from, policy) }
    return (pages.total, pages.restarts)
  }
}
