import ByteText
import Archive
import Database
import Files
import SystemPackage
import Wire

/// The profile's globs, ready to be matched: what is carried and what may stay behind.
struct Globs {
  let carried: [Glob]
  let ignored: [Glob]

  init(_ profile: AppProfile) throws(StepFailure) {
    do {
      carried = try profile.carry.map { (rule) throws(Glob.Malformed) in try Glob(rule.path) }
      ignored = try profile.ignore.map { (text) throws(Glob.Malformed) in
        try Glob(text, bareNameAtAnyDepth: true)
      }
    } catch {
      throw .fault("\(error)")
    }
  }

  func cover(_ path: FilePath) -> Bool { ignores(path) || carries(path) }

  /// A path that matches, or lies below one that does.
  func ignores(_ path: FilePath) -> Bool { ignored.contains { $0.covers(path) } }

  /// The same, of what is carried; and SQLite's own files beside a database.
  func carries(_ path: FilePath) -> Bool {
    if carried.contains(where: { $0.covers(path) }) { return true }
    let text = path.string
    for suffix in SQLiteBackup.sideSuffixes {
      guard let database = text.without(suffix: suffix).map({ FilePath(String($0)) }) else { continue }
      if carried.contains(where: { $0.covers(database) }) { return true }
    }
    return false
  }
}
