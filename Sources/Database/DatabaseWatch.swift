import CSQLite
import Files

/// When to give up, as the caller sees it.
package struct DatabaseWatch: Sendable {
  /// On `BootClock`; nil for none.
  package var deadlineMilliseconds: Int64?
  /// Told how far a copy is; false stops it. Also asked during an integrity check, with what it was
  /// told last.
  package var goOn: @Sendable (DatabaseProgress) -> Bool

  package init(
    deadlineMilliseconds: Int64? = nil,
    goOn: @escaping @Sendable (DatabaseProgress) -> Bool = { _ in true }
  ) {
    self.deadlineMilliseconds = deadlineMilliseconds
    self.goOn = goOn
  }

  func mayGoOn(_ progress: DatabaseProgress) -> Bool {
    if let deadlineMilliseconds, BootClock.milliseconds() >= deadlineMilliseconds { return false }
    return goOn(progress)
  }
}

package struct DatabaseProgress: Sendable, Equatable {
  package let pagesCopied: Int
  package let pagesTotal: Int
}

/// Lets a watch end a long statement: SQLite asks every so many of its instructions.
final class ProgressHandler {
  static let instructionsBetweenLooks: Int32 = 100_000
  let watch: DatabaseWatch
  let progress: DatabaseProgress

  init(_ watch: DatabaseWatch, _ progress: DatabaseProgress) {
    self.watch = watch
    self.progress = progress
  }

  /// This object must live until the connection is closed, or `leave` is called.
  func enter(_ connection: borrowing Connection) {
    let this = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_progress_handler(
      connection.handle, Self.instructionsBetweenLooks,
      { pointer in
        guard let pointer else { return 0 }
        let this = Unmanaged<ProgressHandler>.fromOpaque(pointer).takeUnretainedValue()
        return this.watch.mayGoOn(this.progress) ? 0 : 1
      }, this)
  }

  func leave(_ connection: borrowing Connection) {
    sqlite3_progress_handler(connection.handle, 0, nil, nil)
  }
}
