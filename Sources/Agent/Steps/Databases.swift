internal import Database
internal import Files
internal import SystemPackage
internal import Wire

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

  func databases(of rule: Wire.Carry, in tree: FilePath) throws(StepFailure) -> [FilePath] {
    let matching = try matches(of: rule, in: tree)
    var databases: [FilePath] = []
    for path in matching {
      do {
        if try Integrity.isSQLite(tree.appending(path.components)) {
          databases.append(path)
          continue
        }
      } catch {
        throw .because(.carry, "\(error)")
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
  func matches(of rule: Wire.Carry, in tree: FilePath) throws(StepFailure) -> [FilePath] {
    let found: [FilePath]
    do { found = try Glob(rule.path).expand(in: Directory.open(tree)) } catch {
      throw .because(.carry, "\(rule.path): \(error)")
    }
    guard !rule.required || !found.isEmpty else {
      throw .because(.carry, "\(rule.path) is required, and is not in \(tree)")
    }
    // SQLite's own files beside a database never travel.
    return found.filter { path in
      !SQLiteBackup.sideSuffixes.contains { path.string.hasSuffix($0) }
    }
  }

  /// Copies the databases of the old tree into `target` by SQLite's backup, with the directories
  /// above them. The bytes copied.
  @discardableResult
  func copyDatabases(
    into target: Directory, policy: BackupPolicy, step: Step, code: Reason.Code
  ) throws(StepFailure) -> Int64 {
    let old = try files { () throws(FileError) in try Directory.open(install) }
    let all = try databaseFiles()
    var bytes: Int64 = 0
    for (index, path) in all.enumerated() {
      try files { () throws(FileError) in
        _ = try Files.Carry(.copy, from: old, to: target).makeParents(of: path)
      }
      do {
        let result = try SQLiteBackup.copy(
          from: install.appending(path.components), to: target.path.appending(path.components),
          policy: policy)
        bytes += result.sizeBytes
        log.note(
          "\(path): \(result.sizeBytes) bytes, \(result.journalMode), \(result.durationMilliseconds) ms")
      } catch {
        throw .because(code, "\(error)")
      }
      progress(step, Int64(index + 1), of: Int64(all.count))
    }
    return bytes
  }

  /// Before a migration: exactly one revision, not blank. After it: the one that the release wants,
  /// and a sound database.
  func requireRevision(
    in tree: FilePath, wantedBy newTree: FilePath?, code: Reason.Code
  ) throws(StepFailure) {
    for rule in profile.carry where rule.kind == .sqlite {
      for path in try databases(of: rule, in: tree) {
        let file = tree.appending(path.components)
        do {
          if newTree != nil { try Integrity.check(file) }
          guard let revision = rule.revision else { continue }
          let found = try Revision.only(of: file, table: revision.table)
          guard let newTree else { continue }
          let wanted = try Install.version(revision.wanted, in: newTree)
          guard found == wanted else {
            throw StepFailure.because(
              code,
              "after the migration \(path) is at revision \(visible(found)), "
                + "the release wants \(wanted)")
          }
        } catch let error as DatabaseError {
          throw .because(code, "\(error)")
        } catch {
          throw .from(error)
        }
      }
    }
  }

  /// All rows of all databases in a tree; nil where they cannot be counted.
  func rows(in tree: FilePath) -> Int? {
    guard let all = try? databaseFiles(in: tree) else { return nil }
    var sum = 0
    for path in all {
      guard let count = try? RowCount.all(in: tree.appending(path.components)) else { return nil }
      sum += count
    }
    return sum
  }
}
