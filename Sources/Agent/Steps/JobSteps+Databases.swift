import Effects
import ByteText
import Archive
import Database
import Files
import Glibc
import SystemPackage
import Wire

/// The databases that the profile carries, and what must be true of each.
extension JobSteps {
  /// Relative paths of the databases in a tree.
  func databaseFiles(in tree: FilePath? = nil) throws(StepFailure) -> [FilePath] {
    var found: [FilePath] = []
    for rule in profile.carry where rule.kind == .sqlite {
      found += try databases(of: rule, in: tree ?? install)
    }
    return found
  }

  func databases(of rule: Carry, in tree: FilePath) throws(StepFailure) -> [FilePath] {
    let matching = try matches(of: rule, in: tree)
    var databases: [FilePath] = []
    for path in matching {
      do {
        let file = try Directory.openReal(tree).openFile(at: path)
        if try Integrity.isSQLite(file) {
          databases.append(path)
          continue
        }
      } catch {
        throw .io(error)
      }
      guard rule.revision == nil else {
        // It may have been one: then the app does not run on it, neither the new version nor the old one.
        throw .because(
          .carry, "\(path) is no SQLite database, and its revision must be known; mend it, or move it away")
      }
      say("\(path) is carried as a database, but is none; it is copied as it is")
    }
    return databases
  }

  /// What a rule of the profile finds in a tree; nothing is a refusal where it is required.
  func matches(of rule: Carry, in tree: FilePath) throws(StepFailure) -> [FilePath] {
    let found: [FilePath]
    do { found = try Glob(rule.path).expand(in: Directory.openReal(tree)) } catch {
      throw .because(.carry, "\(rule.path): \(error)")
    }
    guard !rule.required || !found.isEmpty else {
      throw .because(.carry, "\(rule.path) is required, and is not in \(tree)")
    }
    // SQLite's own files beside a database never travel.
    return found.filter { path in
      !SQLiteBackup.sideSuffixes.contains { path.string.ends(with: $0) }
    }
  }

  /// Copies databases of a directory into `target` by SQLite's backup, with the directories above them. The bytes
  /// copied.
  ///
  /// The copies come to be in a folder that only root and the process which makes them can reach, and are put in their
  /// places through open directories: the folders on the way, in either tree, are the app's user's.
  ///
  /// - Parameter lockMilliseconds: see ``DatabaseWork/backup(_:copy:lockMilliseconds:)``.
  @discardableResult
  func copyDatabases(
    _ all: [FilePath], of directory: FilePath, into target: Directory, lockMilliseconds: Int?,
    step: Step, code: Cause.Code
  ) throws(StepFailure) -> Int64 {
    guard !all.isEmpty else { return 0 }
    let old = try files { () throws(FileError) in try Directory.openReal(directory) }
    let store = try makeStore()
    var bytes: Int64 = 0
    for (index, path) in all.enumerated() {
      guard let copy = FilePath.Component("\(index)") else { continue }
      let answers = try work(
        on: [
          .backup(
            PathText(directory.appending(path.components)), copy: PathText(store.path.appending(copy)),
            lockMilliseconds: lockMilliseconds)
        ], in: store.path, code: code)
      bytes = bytes.addingSaturated(max(0, answers.first?.number ?? 0))
      log.note("\(path): \(answers.first.map { "\($0.number) bytes, \($0.text)" } ?? "")")
      do { try put(copy, of: store, as: path, like: old, into: target) } catch {
        throw .because(code, "the copy of \(path): \(error)")
      }
      progress(step, Int64(index + 1), of: Int64(all.count))
    }
    try files { () throws(FileError) in
      _ = try Directory.openReal(work.path).removeTree(WorkFolder.databasesName)
    }
    return bytes
  }

  private func makeStore() throws(StepFailure) -> Directory {
    let folder = try work.prepare()
    return try files { () throws(FileError) in
      try folder.removeTree(WorkFolder.databasesName)
      let store = try folder.makeDirectory(WorkFolder.databasesName, permissions: .ownerReadWriteExecute)
      if geteuid() == 0 { try store.setOwner(user: site.owner.userID, group: site.owner.groupID) }
      return store
    }
  }

  /// Gives a copy owner, mode and attributes of its original, as far as the app's user can give them too, and moves it
  /// into its place. Of root it can never be: what is in it, the app's user says.
  private func put(
    _ copy: FilePath.Component, of store: Directory, as path: FilePath, like old: Directory,
    into target: Directory
  ) throws(FileError) {
    guard let name = path.lastComponent else { return }
    let file = try store.openFile(copy, .readWrite)
    let status = try file.status()
    guard status.kind == .regular, status.links == 1, geteuid() != 0 || status.user == site.ownerID else {
      throw FileError(.read, file.path, .invalidArgument, detail: "it is no file of its own any more")
    }
    let original = try old.openFile(at: path)
    try file.becomeData(like: original, insteadOfRoot: (site.owner.userID, site.owner.groupID))
    let parent = try TreeCarry(.copy, from: old, to: target).makeParents(of: path)
    // Those of a former file of that name would be taken for the copy's.
    for suffix in SQLiteBackup.sideSuffixes {
      try parent.unlink(name.adding(suffix))
    }
    if try parent.statusIfPresent(of: name)?.kind == .directory { try parent.removeTree(name) }
    try store.rename(copy, to: name, in: parent, replacing: true)
  }

  /// Has works done by the app's user, who sees of the work folder only the part in `place`, and no confinement.
  ///
  /// - Parameter lastMayFail: then its answer is returned with its failure.
  private func work(
    on works: [DatabaseWork], in place: FilePath, code: Cause.Code, lastMayFail: Bool = false,
    atMostSeconds seconds: Int = JobLimits.databaseSeconds
  ) throws(StepFailure) -> [DatabaseWork.Answer] {
    let result: CommandResult
    do {
      let user = try RunUser.named(ownerName)
      var command = StepCommand(
        words: try DatabaseVerb.words(works), environment: [:], directory: "/", user: user,
        timeoutSeconds: seconds)
      if geteuid() == 0, place.starts(with: work.path) {
        command.covers = [
          Cover(path: work.path.string), Cover(path: place.string, source: place.string, isWritable: true),
        ]
      }
      let isStage = facts.stoppedMilliseconds == nil
      result = try runner.run(command, log: nil) { [self] in
        isStage ? interruption : (Termination.isWanted ? .shutdown : nil)
      }
    } catch { throw .because(code, "\(error)") }
    if case .interrupted(let why) = result.end { throw failure(why) }
    guard result.succeeded, let answers = DatabaseVerb.answers(in: result.output, to: works) else {
      throw .because(code, "what looks after databases: \(result.summary)", tail: result.tail)
    }
    if let failure = answers.last?.failure, !(lastMayFail && answers.count == works.count) {
      let user = geteuid() == site.ownerID ? "" : " (looked at as the app's user, \(site.ownerName))"
      throw .because(code, visible(failure) + user)
    }
    return answers
  }

  /// Before a migration: exactly one revision, not blank. After it: the one that the release wants,
  /// and a sound database.
  ///
  /// - Returns: all rows of all databases, where they were to be counted.
  @discardableResult
  func requireRevision(
    in tree: FilePath, wantedBy newTree: FilePath?, countingRows: Bool = false, code: Cause.Code
  ) throws(StepFailure) -> Int? {
    var rows: Int64? = countingRows ? 0 : nil
    for rule in profile.carry where rule.kind == .sqlite {
      for path in try databases(of: rule, in: tree) {
        let file = PathText(tree.appending(path.components))
        var works: [DatabaseWork] = newTree == nil ? [] : [.integrity(file)]
        if let revision = rule.revision { works.append(.revision(file, table: revision.table)) }
        guard !works.isEmpty else { continue }
        // Counted by the same process, since the app is down.
        let counts = rows != nil
        if counts { works.append(.rows(file)) }
        var answers = try work(on: works, in: tree, code: code, lastMayFail: counts)
        if let sum = rows, let counted = answers.popLast() {
          // Only told: that they cannot be counted is no reason to go back.
          rows = counted.failure == nil ? sum.addingSaturated(max(0, counted.number)) : nil
        }
        guard let revision = rule.revision, let newTree, let found = answers.last?.text else { continue }
        let wanted = try Install.version(revision.wanted, in: newTree)
        guard found == wanted else {
          throw .because(
            code,
            "after the migration \(path) is at revision \(visible(found)), the release wants \(wanted)")
        }
      }
    }
    return rows.map { Int(clamping: $0) }
  }

  /// Of databases whose revision nobody knows: what is left of them after a migration is whole.
  func requireSound(_ databases: [FilePath], in directory: FilePath, code: Cause.Code) throws(StepFailure) {
    for path in databases {
      let file = directory.appending(path.components)
      // The migration may have taken one away.
      guard (try? FileStatus.of(file))?.kind == .regular else { continue }
      _ = try work(on: [.integrity(PathText(file))], in: directory, code: code)
    }
  }

  private func count(
    _ file: PathText, in tree: FilePath, atMostSeconds seconds: Int = JobLimits.databaseSeconds
  ) throws(StepFailure) -> Int64 {
    max(0, try work(on: [.rows(file)], in: tree, code: .carry, atMostSeconds: seconds).first?.number ?? 0)
  }

  /// All rows of all databases in a tree; nil where they cannot be counted.
  func rows(in tree: FilePath) -> Int? {
    guard let all = try? databaseFiles(in: tree) else { return nil }
    return rows(of: all.map { tree.appending($0.components) })
  }

  /// All rows of databases, by their paths; nil where they cannot be counted.
  ///
  /// - Parameter seconds: for each of them; a number is not worth more downtime.
  func rows(of databases: [FilePath], atMostSeconds seconds: Int = JobLimits.databaseSeconds) -> Int? {
    var sum: Int64 = 0
    for path in databases {
      guard let count = try? count(PathText(path), in: path.removingLastComponent(), atMostSeconds: seconds)
      else {
        return nil
      }
      sum = sum.addingSaturated(count)
    }
    return Int(clamping: sum)
  }
}

extension Int64 {
  fileprivate func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

extension FilePath.Component {
  /// A name with more behind it.
  func adding(_ suffix: String) -> FilePath.Component {
    FilePath.Component(bytes: bytes + Array(suffix.utf8)) ?? self
  }
}
