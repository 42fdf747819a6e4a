import ByteText
import Files
import Glibc
import SystemPackage
import Wire

/// The dated backups: former installs, each with its marker.
struct Backups {
  let profile: AppProfile
  let records: BackupRecords

  init(_ paths: AgentPaths, profile: AppProfile) {
    self.profile = profile
    records = BackupRecords(paths)
  }

  var folder: FilePath { FilePath(profile.backups) }

  /// Directories that are looked at in the backups' folder.
  static let maxEntries = 10_000

  /// `Mycodo-backup-2026-11-22_10-15-00-8.16.0`, by the wall clock.
  static func name(profile: AppProfile, version: String) -> String {
    let plain = profile.name.unicodeScalars.allSatisfy { $0.isASCIILetter || $0.isDigit || $0 == "-" }
    let name = plain && !profile.name.isEmpty ? profile.name : profile.app
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%d_%H-%M-%S", &parts)
    let date = String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let safe = version.unicodeScalars.map {
      $0.isASCIILetter || $0.isDigit || [".", "-", "+"].contains($0) ? $0 : "_"
    }
    return "\(name)-backup-\(date)-\(String(String.UnicodeScalarView(safe)))"
  }

  /// Moves the old tree among the backups, as the newest of them. Done twice, it does nothing the second time.
  ///
  /// - Parameter spare: see ``Marker/write(in:using:)``.
  func keep(
    _ tree: FilePath, as name: String, note: Marker.BackupNote, using spare: FilePath? = nil
  ) throws(StepFailure) {
    guard let target = FilePath.Component(name), let source = tree.lastComponent else {
      throw .fault("\(name) cannot be a backup's name")
    }
    let backups = try files { () throws(FileError) in
      try Directory.open("/").makeDirectories(FilePath(root: nil, folder.components))
    }
    if try files({ () throws(FileError) in try backups.statusIfPresent(of: target) }) != nil { return }
    // The tree stays: nothing of ours that a crash left may go with it.
    (try? Directory.open(tree))?.removeUnfinished()
    // What is no marker any more is none: the app can write to it.
    var marker =
      (try? Marker.read(in: tree))
      ?? Marker(job: note.job, release: nil, timeMilliseconds: note.timeMilliseconds, backup: nil)
    marker.backup = note
    try marker.write(in: tree, using: spare)
    try files { () throws(FileError) in
      let work = try Directory.open(tree.removingLastComponent())
      try work.rename(source, to: target, in: backups)
      try backups.synchronize()
      try work.synchronize()
    }
  }

  /// When the next backup is made, later than all others whatever the clock says, which a Pi may have wrong after a
  /// boot.
  func nextTimeMilliseconds(now: Int64 = WallClock.milliseconds()) -> Int64 {
    let newest = (try? notes().map(\.note.timeMilliseconds).max()) ?? 0
    return max(now, newest < .max ? newest + 1 : newest)
  }

  /// fleet's own backups and the trees from before it that fleet keeps, the newest first.
  func list() throws(StepFailure) -> [Backup] {
    try all().map(\.backup)
  }

  /// A backup by name; the newest where none is named.
  func find(_ name: String?) throws(StepFailure) -> Backup {
    let all = try list()
    guard let name else {
      guard let newest = all.first else {
        throw .because(.install, "there is no backup in \(folder)")
      }
      return newest
    }
    guard let found = all.first(where: { $0.name == name }) else {
      throw .because(
        .install,
        "there is no backup \(visible(name, limit: 100)) in \(folder); fleet backups HOST lists them")
    }
    return found
  }

  /// Deletes the oldest of fleet's own, over so many or over so many bytes together. A tree from before fleet is
  /// never deleted, nor anything that has no marker. What a crash left of an earlier pruning goes first.
  func prune(keep: Int, bytes: Int64? = nil) throws(StepFailure) {
    try removeTrash()
    let own = try all().filter { !$0.note.isFromBeforeFleet }
    let facts = own.map { (bytes: $0.backup.bytes, works: $0.note.wasHealthy ?? true) }
    for index in Self.superfluous(facts, keep: keep, bytes: bytes) {
      let entry = own[index]
      guard let name = FilePath.Component(entry.backup.name),
        let trash = FilePath.Component(Self.trashPrefix + entry.backup.name)
      else { continue }
      try files { () throws(FileError) in
        let backups = try Directory.open(folder)
        try backups.rename(name, to: trash)
        try backups.synchronize()
        try backups.removeTree(trash)
      }
      try records.forget(entry.backup.name)
    }
  }

  /// Which backups go, of those given newest first. The newest stays whatever is asked, and so does the newest that
  /// worked: it may be the last way home.
  static func superfluous(
    _ backups: [(bytes: Int64, works: Bool)], keep: Int, bytes: Int64?
  ) -> [Int] {
    let spared = [backups.startIndex, backups.firstIndex { $0.works }]
    var kept = 0
    var sum: Int64 = 0
    var isOver = false
    return backups.indices.filter { index in
      // Once the bound is crossed all that is older goes, however small: no holes in the row.
      isOver = isOver || kept >= max(keep, 1) || bytes.map { sum + backups[index].bytes > $0 } ?? false
      if isOver, !spared.contains(index) { return true }
      kept += 1
      sum += backups[index].bytes
      return false
    }
  }

  /// A backup has this name from the moment that it is given up.
  private static let trashPrefix = ".fleet-trash-"

  private func removeTrash() throws(StepFailure) {
    let backups: Directory
    do { backups = try Directory.open(folder) } catch {
      if error.isMissing { return }
      throw .io(error)
    }
    try files { () throws(FileError) in
      for name in try backups.entries(maxEntries: Self.maxEntries)
      where name.string.begins(with: Self.trashPrefix) {
        try backups.removeTree(name)
      }
    }
  }

  private func all() throws(StepFailure) -> [(backup: Backup, note: Marker.BackupNote)] {
    let found = try notes().map { name, tag, note in
      let backup = Backup(
        name: name.string, version: note.version, tag: tag, timeMilliseconds: note.timeMilliseconds,
        bytes: (try? DiskUsage.of(folder.appending(name)).ownBytes) ?? 0, wasHealthy: note.wasHealthy,
        isFromBeforeFleet: note.isFromBeforeFleet)
      return (backup: backup, note: note)
    }
    return found.sorted {
      ($0.backup.timeMilliseconds, $0.backup.name) > ($1.backup.timeMilliseconds, $1.backup.name)
    }
  }

  /// What is noted of each backup, and the tag of its release: in root's record, else in its marker.
  private func notes() throws(StepFailure) -> [(
    name: FilePath.Component, tag: String?, note: Marker.BackupNote
  )] {
    let backups: Directory
    do { backups = try Directory.open(folder) } catch {
      if error.isMissing { return [] }
      throw .io(error)
    }
    let names = try files { () throws(FileError) in try backups.entries(maxEntries: Self.maxEntries) }
    return names.filter { !$0.string.begins(with: ".") }.compactMap { name in
      if let record = try? records.record(of: name.string) { return (name, record.release?.tag, record.note) }
      guard let marker = try? Marker.read(in: folder.appending(name)), let note = marker.backup else {
        return nil
      }
      return (name, marker.release?.tag, note)
    }
  }
}
