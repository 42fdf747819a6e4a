package import SystemPackage

/// How many rows a database has, to say what an undo discards.
package enum RowCount {
  /// Tables that are counted; more is no app's database.
  static let maxTables = 2_000
  static let busyMilliseconds = 5_000

  /// The rows of all tables together, SQLite's own left out.
  package static func all(in path: FilePath) throws(DatabaseError) -> Int {
    let connection = try Connection.open(path, .readWrite, busyMilliseconds: busyMilliseconds)
    let tables = try connection.rows(
      """
      SELECT '"' || replace(name, '"', '""') || '"' FROM sqlite_master
      WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND sql NOT LIKE 'CREATE VIRTUAL%'
      """, maxRows: maxTables)
    var sum = 0
    for row in tables.rows {
      guard let name = row.first ?? nil else { continue }
      let counted = try connection.rows("SELECT count(*) FROM \(name)", maxRows: 1)
      sum += counted.rows.first?.first.flatMap { $0 }.flatMap { Int($0) } ?? 0
    }
    return sum
  }
}
