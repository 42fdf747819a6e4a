import Database
import Files
package import SystemPackage

/// One thing to be done with a database of the app. SQLite obeys the files beside a database (it deletes the file that
/// a hot journal names as its super-journal), so root never opens one: all this is done by ``DatabaseVerb``, in a
/// process of the app's own user.
package enum DatabaseWork: Codable, Equatable, Sendable {
  /// A copy of it as `copy`; how long it may be locked for that, in milliseconds: nil when its app is stopped.
  case backup(PathText, copy: PathText, lockMilliseconds: Int?)
  case integrity(PathText)
  /// The one revision of its schema.
  case revision(PathText, table: String)
  /// All rows of all tables.
  case rows(PathText)

  /// What came of it: what was asked for, in text, or why not.
  package struct Answer: Codable, Equatable, Sendable {
    package var text = ""
    package var number: Int64 = 0
    package var failure: String?
  }

  /// How long a writer that never pauses is waited for, beside the running app, in milliseconds.
  private static let patienceMilliseconds = 30_000

  func perform() -> Answer {
    do throws(DatabaseError) {
      switch self {
      case .backup(let source, let copy, let lock):
        // Who waits keeps nobody from writing, and while the app runs there is time.
        let policy = lock.map {
          BackupPolicy(busyMilliseconds: Self.patienceMilliseconds, lockMilliseconds: $0)
        }
        let result = try SQLiteBackup.copy(from: source.path, to: copy.path, policy: policy ?? .stopped)
        return Answer(
          text: "\(result.journalMode), \(result.durationMilliseconds) ms", number: result.sizeBytes)
      case .integrity(let path):
        try Integrity.check(path.path)
        return Answer()
      case .revision(let path, let table):
        return Answer(text: try SchemaRevision.only(of: path.path, table: table))
      case .rows(let path):
        return Answer(number: Int64(try RowCount.all(in: path.path)))
      }
    } catch {
      return Answer(failure: "\(error)")
    }
  }
}

/// A path in JSON: its bytes, since a name need not be UTF-8.
package struct PathText: Codable, Equatable, Sendable {
  private let bytes: [UInt8]
  var path: FilePath { FilePath(bytes: bytes) }

  package init(_ path: FilePath) { bytes = path.bytes }
}
