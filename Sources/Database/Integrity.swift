import ByteText
import CSQLite
package import Files
package import SystemPackage

/// Whether a file is a database, and a sound one.
package enum Integrity {
  package static let maxFindings = 20
  static let busyMilliseconds = 5_000

  /// By the first 16 bytes (https://www.sqlite.org/fileformat.html). False for what is no plain file,
  /// and for an empty one.
  ///
  /// Never ask while a connection of this process has the same file open: closing any descriptor of a
  /// file drops all locks that the process has on it (fcntl(2)).
  package static func isSQLite(_ path: FilePath) throws(DatabaseError) -> Bool {
    try files(path) { () throws(FileError) in try isSQLite(OpenFile.open(path)) }
  }

  /// The same of an open file.
  package static func isSQLite(_ file: borrowing OpenFile) throws(FileError) -> Bool {
    guard try file.status().kind == .regular else { return false }
    return try file.readFirst(bytes: 16) == Array("SQLite format 3\0".utf8)
  }

  /// The full `PRAGMA integrity_check`: quick_check passes databases that are not sound. A leftover
  /// journal or WAL is recovered first, and no side file remains if nobody else has it open.
  package static func check(
    _ path: FilePath, watch: DatabaseWatch = DatabaseWatch()
  ) throws(DatabaseError) {
    let connection = try Connection.open(path, .readWrite, busyMilliseconds: busyMilliseconds)
    let interruption = ProgressHandler(watch, DatabaseProgress(pagesCopied: 0, pagesTotal: 0))
    interruption.enter(connection)
    let found = try connection.rows("PRAGMA integrity_check(\(maxFindings))", maxRows: maxFindings)
    interruption.leave(connection)
    let findings = found.rows.compactMap(\.first).compactMap { $0 }
    guard findings == ["ok"] else {
      let bounded = findings.map { String($0.leading(scalars: 200)) }
      throw DatabaseError(path, .corrupt(findings: bounded), words: "integrity_check")
    }
    try connection.close()
  }
}
