import CSQLite
import Files
import SystemPackage

/// The owner of one connection to a database.
struct Connection: ~Copyable {
  let handle: OpaquePointer
  let path: FilePath
  /// What an answer of SQLITE_BUSY means: so long it was waited.
  let busyMilliseconds: Int
  private var isOpen = true

  enum Access {
    /// Recovers a hot journal and checkpoints a leftover WAL. Becomes read-only where the file is.
    case readWrite
    /// For a file that surely nobody changes, and in a place where nothing can be written: neither
    /// locks nor side files (https://www.sqlite.org/uri.html#uriimmutable).
    case immutable
  }

  /// Opens an existing database. As root, the side files that SQLite makes get the database's owner.
  static func open(
    _ path: FilePath, _ access: Access, busyMilliseconds: Int
  ) throws(DatabaseError) -> Connection {
    var handle: OpaquePointer?
    let code =
      switch access {
      case .readWrite:
        path.withPlatformString { sqlite3_open_v2($0, &handle, SQLITE_OPEN_READWRITE, nil) }
      case .immutable:
        sqlite3_open_v2(
          immutableURI(path), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nil)
      }
    // Even a failed open leaves a handle that has the words, and must be closed.
    guard let handle else {
      throw DatabaseError(path, .cantOpen, words: "out of memory")
    }
    let connection = Connection(handle: handle, path: path, busyMilliseconds: busyMilliseconds)
    try connection.check(code)
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, Int32(clamping: busyMilliseconds))
    return connection
  }

  private init(handle: OpaquePointer, path: FilePath, busyMilliseconds: Int) {
    self.handle = handle
    self.path = path
    self.busyMilliseconds = busyMilliseconds
  }

  deinit { if isOpen { sqlite3_close_v2(handle) } }

  /// Closes now and says whether that worked: the last connection checkpoints a WAL while closing.
  consuming func close() throws(DatabaseError) {
    try check(sqlite3_close(handle))
    isOpen = false
  }

  func check(_ code: Int32) throws(DatabaseError) {
    if code & 0xFF == SQLITE_OK { return }
    throw failure(code, words: String(cString: sqlite3_errmsg(handle)))
  }

  /// SQLite's code as one of our errors, with its words for the code where none are given.
  func failure(_ code: Int32, words: String? = nil) -> DatabaseError {
    let reason: DatabaseError.Reason =
      switch code & 0xFF {
      case SQLITE_NOTADB: .notADatabase
      case SQLITE_CORRUPT: .corrupt(findings: [])
      case SQLITE_BUSY, SQLITE_LOCKED: .busy(waitedMilliseconds: busyMilliseconds)
      case SQLITE_IOERR: .inputOutput
      case SQLITE_FULL: .full
      case SQLITE_CANTOPEN: .cantOpen
      case SQLITE_READONLY, SQLITE_PERM: .readOnly
      case SQLITE_INTERRUPT: .stopped
      default: .other(code: code)
      }
    return DatabaseError(path, reason, words: words ?? String(cString: sqlite3_errstr(code)))
  }

  /// Runs statements that answer nothing of interest.
  func execute(_ sql: String) throws(DatabaseError) {
    try check(sqlite3_exec(handle, sql, nil, nil, nil))
  }

  /// The answer's rows as text, at most `maxRows`; null is nil. `?1` becomes `argument`.
  func rows(
    _ sql: String, argument: String? = nil, maxRows: Int
  ) throws(DatabaseError) -> (columns: [String], rows: [[String?]]) {
    var prepared: OpaquePointer?
    try check(sqlite3_prepare_v2(handle, sql, -1, &prepared, nil))
    guard let statement = prepared else { return ([], []) }
    defer { sqlite3_finalize(statement) }
    if let argument {
      // SQLITE_TRANSIENT, which Swift does not import: SQLite makes its own copy.
      let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      try check(sqlite3_bind_text(statement, 1, argument, -1, transient))
    }
    let width = sqlite3_column_count(statement)
    let columns = (0..<width).map { text(sqlite3_column_name(statement, $0)) ?? "" }
    var rows: [[String?]] = []
    while rows.count < maxRows {
      let code = sqlite3_step(statement)
      if code == SQLITE_DONE { break }
      if code != SQLITE_ROW { try check(code) }
      rows.append(
        (0..<width).map { column in
          sqlite3_column_text(statement, column).map { String(cString: $0) }
        })
    }
    return (columns, rows)
  }

  /// The first column of the first row.
  func value(_ sql: String) throws(DatabaseError) -> String? {
    try rows(sql, maxRows: 1).rows.first?.first ?? nil
  }

  private func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
}

/// `file:` with every byte that is not plain escaped.
private func immutableURI(_ path: FilePath) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var uri = Array("file:".utf8)
  for byte in path.bytes {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      uri.append(byte)
    default: uri += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: uri, as: UTF8.self) + "?immutable=1"
}
