import Files
import Foundation
import SystemPackage
import TestSupport
import Wire

@testable import Agent

/// What tests of jobs do to a room beside upgrading it.
extension Room {
  /// The staged tree.
  var staged: URL { folder.appending(path: ".fleet-growroom/tree") }

  /// For a version that will not be well: each look at it would be waited out.
  static func givesUpSoon(_ profile: inout AppProfile) { profile.health.deadlineSeconds = 6 }

  func put(_ text: String, at path: String) throws {
    let file = install.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// What stands in a file of the install; nil where there is none.
  func text(_ path: String) -> String? {
    try? String(contentsOf: install.appending(path: path), encoding: .utf8)
  }

  func has(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: install.appending(path: path).path)
  }

  /// Runs Python in the install, to its end; what it prints.
  @discardableResult
  func python(_ code: String) throws -> String {
    try Shell.output("/usr/bin/env", "-C", install.path, "/usr/bin/python3", "-c", code)
  }

  /// Starts Python in `/`, with the install's path as its argument, and waits for the line `ready`.
  func startPython(_ code: String) throws -> TalkingChild {
    let child = try TalkingChild(["/usr/bin/python3", "-c", code, install.path], in: "/")
    guard child.readLine() == "ready" else { throw Shell.Failed("not ready:\n\(code)") }
    return child
  }

  /// A database beside the app's own, of which fleet knows no revision.
  static let books = Carry(kind: .sqlite, path: "books/*.db")

  /// Makes `books/a.db` with rows in it.
  func makeBook(journal: String = "delete", rows: Int = 2_000) throws {
    try python(
      """
      import os, sqlite3
      os.makedirs('books', exist_ok=True)
      db = sqlite3.connect('books/a.db')
      db.execute('PRAGMA journal_mode=\(journal)')
      db.execute('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)')
      db.executemany('INSERT INTO rows (text) VALUES (?)', [('x' * 500,)] * \(rows))
      db.commit()
      db.close()
      """)
  }

  /// How many rows are in `books/a.db`, and how sound it is.
  func book() throws -> String {
    try python(
      """
      import sqlite3
      db = sqlite3.connect('books/a.db', timeout=10)
      print(db.execute('SELECT count(*) FROM rows').fetchone()[0],
            db.execute('PRAGMA integrity_check').fetchone()[0])
      """)
  }

  var agentPaths: AgentPaths { AgentPaths(app: "growroom", root: FilePath(state.path)) }

  func lastJob() throws -> String { try Stored.read(String.self, agentPaths.lastJob) ?? "" }

  func jobFolder(_ job: String) -> JobFolder { JobFolder(agentPaths, job) }

  /// Orders a cutover, and does not start its process.
  func orderOnly(job: String, bootID: String? = nil) throws {
    let folder = jobFolder(job)
    let ordered = OrderedCutover(
      bootID: try bootID ?? BootClock.bootID(), expiresMilliseconds: BootClock.milliseconds() + 300_000)
    try Stored.write(ordered, folder.cutoverFile)
    try JobEventLog(folder.events).append(JobEvent(event: .note, text: "the cutover was ordered"))
  }

  /// Nothing of a job is left: the journal rests, no mark but where one is due, nothing beside the install.
  func leftovers() throws -> [String] {
    var left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasPrefix(".fleet-") }
    let state = try hostStatus().state
    if state != "idle" { left.append("the journal says \(state)") }
    return left
  }
}
