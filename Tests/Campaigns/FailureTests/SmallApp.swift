import CSQLite
import Foundation
import SystemPackage
import TestSupport
import Wire

@testable import Effects
@testable import Agent

/// The smallest app that has everything which an upgrade touches, and the commands of its profile, done here
/// instead of by processes: nothing is started, so that thousands of jobs can be run.
///
/// Version 2.0 wants another schema than 1.0. The app is well when code and database belong together.
final class SmallApp: CommandRunning {
  let install: String
  let outside: String
  /// 2.0 can be started.
  let startsNew: Bool
  /// The version that runs.
  var running: String?
  /// How often it was told to start or to stop, and which of these times it did not obey.
  private(set) var orders = 0
  var disobeyed: ClosedRange<Int>?
  /// The disk of the process that gives the commands: where that is over, they do nothing.
  var disk: FailingDisk?

  init(install: String, outside: String, startsNew: Bool) {
    self.install = install
    self.outside = outside
    self.startsNew = startsNew
  }

  /// Also what the machine does at boot. What runs already is left as it is.
  func start() {
    guard running == nil else { return }
    let version = Self.text("\(install)/version")
    running = version == "2.0" && !startsNew ? nil : version
  }

  /// One whose tree was taken from under it has all of it open still, and is well by its own lights.
  var isWell: Bool {
    guard let running else { return false }
    return running != Self.text("\(install)/version")
      || Self.schema("\(install)/data/app.db") == Self.text("\(install)/schema")
  }

  func run(_ command: StepCommand, log: StepLog?, interruption: InterruptionCheck) throws(CommandError)
    -> CommandResult
  {
    if disk?.isOver == true { return result(.interrupted(.shutdown)) }
    if let works = DatabaseVerb.works(in: Array(command.words.dropFirst(2))) {
      return result(.exited(0), DatabaseVerb.answer(to: works) ?? "")
    }
    if ["start", "stop"].contains(command.words.last) {
      orders += 1
      if disobeyed?.contains(orders) == true { return result(.exited(1)) }
    }
    switch command.words.last {
    case "start":
      start()
      return result(.exited(running == nil ? 1 : 0))
    case "stop": running = nil
    case "status": return result(.exited(running == nil ? 3 : 0))
    case "check": return result(.exited(isWell ? 0 : 1), isWell ? "GOOD" : "Error: output controller")
    case "prepare": return result(write("built\n", "\(tree(command))/built"))
    case "migrate": return result(Self.migrate("\(tree(command))/data/app.db"))
    case "finish": return result(write("for 2.0\n", outside))
    default: break
    }
    return result(.exited(0))
  }

  /// Where a command finds the tree that it may change.
  private func tree(_ command: StepCommand) -> String {
    guard let isolation = command.isolation else { return install }
    if case .overlay(let upper, _) = isolation.mode { return upper }
    return isolation.tree
  }

  private func result(_ end: CommandResult.End, _ output: String = "") -> CommandResult {
    CommandResult(end: end, milliseconds: 1, output: output, tail: [output])
  }

  private func write(_ text: String, _ file: String) -> CommandResult.End {
    .exited((try? text.write(toFile: file, atomically: false, encoding: .utf8)) == nil ? 1 : 0)
  }

  // MARK: Its files

  static func text(_ file: String) -> String? {
    (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .newlines)
  }

  static func makeDatabase(_ file: String) -> Bool {
    sql(
      file,
      """
      PRAGMA journal_mode=WAL; CREATE TABLE revision (version_num TEXT); INSERT INTO revision VALUES ('one');
      CREATE TABLE rows (id INTEGER PRIMARY KEY); INSERT INTO rows VALUES (1), (2), (3);
      """) != nil
  }

  private static func migrate(_ file: String) -> CommandResult.End {
    .exited(
      sql(file, "UPDATE revision SET version_num = 'two'; ALTER TABLE rows ADD COLUMN text TEXT;") == nil
        ? 1 : 0)
  }

  static func schema(_ file: String) -> String? { sql(file, "SELECT version_num FROM revision") }
  static func rows(_ file: String) -> String? { sql(file, "SELECT count(*) FROM rows") }

  /// The last value that the statements give, empty where they give none; nil where they fail.
  private static func sql(_ file: String, _ statements: String) -> String? {
    var handle: OpaquePointer?
    defer { sqlite3_close_v2(handle) }
    guard sqlite3_open_v2(file, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil) == SQLITE_OK else {
      return nil
    }
    var value = ""
    let code = withUnsafeMutablePointer(to: &value) { value in
      sqlite3_exec(
        handle, statements,
        { context, _, values, _ in
          if let text = values?[0] {
            context?.assumingMemoryBound(to: String.self).pointee = String(cString: text)
          }
          return 0
        }, value, nil)
    }
    return code == SQLITE_OK ? value : nil
  }
}
