import Database
import Files
import SystemPackage
import Wire

/// *carry early* and *carry*: what is the user's goes into the new tree; early what takes long, and
/// for good once the app is stopped.
extension JobSteps {
  func carryEarly() throws(StepFailure) {
    let tree = try files { () throws(FileError) in try Directory.openReal(work.tree) }
    for method in methods {
      let result = try carry(method, into: tree, after: CarryRecord())
      try files { () throws(FileError) in
        try writeDurably(result.record.encoded(), to: folder.carryRecord(method.rawValue))
      }
    }
    try work.reserve()
    let bootID = bootID
    let stamp = SystemStamp.now()
    let digest = try digestStagedTree()
    try note {
      $0.stagedDigest = digest
      $0.stagedBootID = bootID
      $0.stagedMilliseconds = BootClock.milliseconds()
      $0.systemStamp = stamp
    }
  }

  /// Runs all rules of one kind. What a database rule carries is left out.
  @discardableResult
  func carry(
    _ method: CarryMethod, into tree: Directory, after record: CarryRecord
  ) throws(StepFailure) -> CarryResult {
    let kind: Carry.Kind = method == .copy ? .copy : .link
    var paths: [FilePath] = []
    for rule in profile.carry where rule.kind == kind { paths += try matches(of: rule, in: install) }
    // What is carried as a database, but is none.
    if method == .copy {
      for rule in profile.carry where rule.kind == .sqlite {
        let databases = Set(try databases(of: rule, in: install))
        paths += try matches(of: rule, in: install).filter { !databases.contains($0) }
      }
    }
    let databases = Set(try databaseFiles())
    let sides = Set(
      databases.flatMap { path in SQLiteBackup.sideSuffixes.map { FilePath(path.string + $0) } })
    do {
      let old = try Directory.openReal(install)
      var carry = TreeCarry(method, from: old, to: tree)
      carry.excluding = { databases.contains($0) || sides.contains($0) }
      let interruptions = interruptions
      carry.goOn = { _ in interruptions() == nil }
      let result = try carry.run(paths, after: record)
      for note in result.notes { say("not carried: \(note)") }
      return result
    } catch {
      try throwIfInterrupted()
      throw .because(.carry, "\(error)")
    }
  }

  /// What a rollback takes from the tree it leaves is only what both share; databases and copies are
  /// the backup's.
  private var methods: [CarryMethod] {
    if case .upgrade = order { [.copy, .link] } else { [.link] }
  }

  func carry() throws(StepFailure) {
    let tree = try files { () throws(FileError) in try Directory.openReal(work.tree) }
    if case .upgrade = order {
      try copyDatabases(
        databaseFiles(), of: install, into: tree, lockMilliseconds: nil, step: .carry, code: .carry)
    }
    for method in methods {
      let early: CarryRecord
      do {
        early = try CarryRecord(
          decoding: readBounded(
            folder.carryRecord(method.rawValue), maxBytes: JobLimits.carryRecordBytes))
      } catch {
        throw .because(.carry, "\(error)")
      }
      try carry(method, into: tree, after: early)
    }
  }
}
