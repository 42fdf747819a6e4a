import ByteText
import CSQLite
import Files
package import SystemPackage

/// Which revision of its schema a database has, as alembic and its like keep it: a table with one
/// column of text.
package enum SchemaRevision {
  static let maxRevisions = 16
  static let busyMilliseconds = 5_000

  /// The one revision; several are an error.
  package static func only(of path: FilePath, table: String) throws(DatabaseError) -> String {
    let revisions = try all(of: path, table: table)
    guard let revision = revisions.first, revisions.count == 1 else {
      throw DatabaseError(path, .severalRows(table: table, rows: revisions.count))
    }
    return revision
  }

  /// The revisions, in order, at most 16 (more are an error), at least one and none of them blank. They
  /// stand in the column version_num, or in the only one.
  ///
  /// A database in WAL mode whose side files are missing and cannot be made, because the place is
  /// read-only, is read as it stands: without a WAL, the main file is all there is.
  package static func all(of path: FilePath, table: String) throws(DatabaseError) -> [String] {
    do { return try read(path, table, .readWrite) } catch {
      guard error.reason == .cantOpen || error.reason == .readOnly, try isAtRest(path) else { throw error }
      return try read(path, table, .immutable)
    }
  }

  private static func read(
    _ path: FilePath, _ table: String, _ access: Connection.Access
  ) throws(DatabaseError) -> [String] {
    let connection = try Connection.open(path, access, busyMilliseconds: busyMilliseconds)
    // Asked for first, since SQLite takes an unknown name in double quotes for a text.
    let known = try connection.rows(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
      argument: table, maxRows: 1)
    guard let name = known.rows.first?.first ?? nil else {
      throw DatabaseError(path, .noTable(table))
    }
    let quoted = "\"" + name.exchanging("\"", for: "\"\"") + "\""
    let (columns, rows) = try connection.rows(
      "SELECT * FROM \(quoted) LIMIT \(maxRevisions + 1)", maxRows: maxRevisions + 1)
    guard
      let column = columns.firstIndex(where: { $0.isSpelled("version_num") })
        ?? (columns.count == 1 ? 0 : nil)
    else {
      throw DatabaseError(path, .noColumn(table: table))
    }
    guard rows.count <= maxRevisions else {
      throw DatabaseError(path, .severalRows(table: table, rows: rows.count))
    }
    let revisions = rows.map { String(($0[column] ?? "").trimmed) }
    guard !revisions.isEmpty, revisions.allSatisfy({ !$0.isEmpty }) else {
      throw DatabaseError(path, .blank(table: table))
    }
    try connection.close()
    return revisions.sorted()
  }

  /// No journal or WAL with anything in it stands beside the database.
  private static func isAtRest(_ path: FilePath) throws(DatabaseError) -> Bool {
    for suffix in ["-wal", "-journal"] {
      let side = FilePath(bytes: path.bytes + Array(suffix.utf8))
      let status = try files(path) { () throws(FileError) in try FileStatus.ifPresent(side) }
      if let status, status.sizeBytes > 0 { return false }
    }
    return true
  }
}
