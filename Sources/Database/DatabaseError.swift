package import Files
package import SystemPackage

/// What went wrong with a database, on which file, in SQLite's own words.
package struct DatabaseError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    case notADatabase
    /// What `PRAGMA integrity_check` lists, at most `Integrity.maxFindings` lines.
    case corrupt(findings: [String])
    /// Somebody else kept it locked for all that time.
    case busy(waitedMilliseconds: Int)
    /// It was written to so often that a copy in steps never came to its end.
    case busyWriter(restarts: Int, triedMilliseconds: Int)
    case inputOutput
    case full
    case cantOpen
    case readOnly
    case noTable(String)
    case noColumn(table: String)
    case blank(table: String)
    case severalRows(table: String, rows: Int)
    /// The caller said stop, or its deadline has passed.
    case stopped
    case file(FileError)
    /// Anything else; the code is SQLite's extended one (https://www.sqlite.org/rescode.html).
    case other(code: Int32)
  }

  package let path: FilePath
  package let reason: Reason
  package let words: String

  package init(_ path: FilePath, _ reason: Reason, words: String = "") {
    self.path = path
    self.reason = reason
    self.words = words
  }

  package var description: String {
    let name = "the database \(path.printable)"
    return switch reason {
    case .notADatabase: "\(name) is no SQLite database\(quoted)"
    case .corrupt(let findings):
      "\(name) is damaged: \(findings.isEmpty ? words : findings.joined(separator: "; ")); "
        + "restore it from a backup, or try `sqlite3 \(path.printable) .recover`"
    case .busy(let waited):
      "\(name) stayed locked by another program for \(waited) ms\(quoted); end what uses it, and try again"
    case .busyWriter(let restarts, let tried):
      "\(name) is written to so often that no copy could be finished in \(tried) ms "
        + "(\(restarts) restarts); allow a longer lock (rehearsal: lock), or switch it to WAL"
    case .inputOutput: "\(name) cannot be read or written\(quoted); look for disk errors in `dmesg`"
    case .full: "\(name) cannot grow: the disk is full\(quoted)"
    case .cantOpen: "\(name) cannot be opened\(quoted)"
    case .readOnly: "\(name) cannot be written\(quoted)"
    case .noTable(let table): "\(name) has no table \(table)"
    case .noColumn(let table):
      "\(name): the table \(table) has neither a column version_num nor a single one"
    case .blank(let table): "\(name): the table \(table) holds no revision"
    case .severalRows(let table, let rows):
      "\(name): the table \(table) holds \(rows) revisions where one is expected"
    case .stopped: "copying \(name) was stopped"
    case .file(let error): "\(name): \(error)"
    case .other(let code): "\(name) failed with SQLite code \(code)\(quoted)"
    }
  }

  private var quoted: String { words.isEmpty ? "" : " (\(words))" }
}

/// Runs file-system calls, their failure becoming one of the database at `path`.
func files<Value: ~Copyable>(
  _ path: FilePath, _ body: () throws(FileError) -> Value
) throws(DatabaseError) -> Value {
  do { return try body() } catch {
    throw DatabaseError(path, error.isFull ? .full : .file(error), words: "\(error)")
  }
}
