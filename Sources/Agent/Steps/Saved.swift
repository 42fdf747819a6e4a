internal import Files
internal import SystemPackage
internal import Wire

/// Paths outside the install that steps change: kept before the stop, put back on undo. The copies
/// lie in the job's folder; that one exists says that the save was whole.
struct OutsidePaths {
  let profile: AppProfile
  let saved: FilePath

  /// One entry for each path of the profile: its copy is named by its number.
  private struct Record: Codable { var existed: [Bool] }

  private var folder: FilePath { saved.appending("outside") }
  private var record: FilePath { saved.appending("outside.json") }

  func save() throws(StepFailure) {
    guard !profile.outside.isEmpty else { return }
    try Stored.remove(record)
    var existed: [Bool] = []
    let store = try files { () throws(FileError) in
      let root = try Directory.open("/").makeDirectories(relative(saved))
      try root.removeTree("outside")
      return try root.makeDirectory("outside")
    }
    for (index, text) in profile.outside.enumerated() {
      let path = FilePath(text)
      guard let name = path.lastComponent, let number = FilePath.Component("\(index)") else { continue }
      let isThere = (try? FileStatus.of(path)) != nil
      existed.append(isThere)
      guard isThere else { continue }
      try files { () throws(FileError) in
        let parent = try Directory.open(path.removingLastComponent(), following: true)
        let copies = try store.makeDirectory(number)
        _ = try Files.Carry(.copy, from: parent, to: copies).run([FilePath(root: nil, components: name)])
      }
    }
    try files { () throws(FileError) in try syncFileSystem(of: saved) }
    try Stored.write(Record(existed: existed), record)
  }

  func restore() throws(StepFailure) {
    guard let record = try Stored.read(Record.self, record) else {
      // The save was cut off: nothing outside had been changed yet, and half a copy is no use.
      guard (try? FileStatus.of(saved)) != nil else { return }
      try files { () throws(FileError) in _ = try Directory.open(saved).removeTree("outside") }
      return
    }
    var failure: StepFailure?
    for (index, text) in profile.outside.enumerated() where index < record.existed.count {
      let copies = record.existed[index] ? folder.appending("\(index)") : nil
      do { try putBack(FilePath(text), from: copies) } catch {
        // A disk that errs once need not err again, and without this path the old version is not whole. The others
        // are put back in any case.
        do { try putBack(FilePath(text), from: copies) } catch { failure = failure ?? error }
      }
    }
    // What was put back is on the disk before the journal says so: then nobody looks here again.
    try synchronize()
    if let failure { throw failure }
  }

  /// - Parameter copies: the directory with the copy; nil where there was nothing.
  private func putBack(_ path: FilePath, from copies: FilePath?) throws(StepFailure) {
    guard let name = path.lastComponent else { return }
    try files { () throws(FileError) in
      let parent = try Directory.open(path.removingLastComponent(), following: true)
      guard let copies = try copies.map({ (path) throws(FileError) in try Directory.open(path) }) else {
        try parent.removeTree(name)
        return
      }
      // A file is replaced in one step. In a directory nothing may stay that was not there.
      if try copies.status(of: name).kind == .directory { try parent.removeTree(name) }
      _ = try Files.Carry(.copy, from: copies, to: parent).run([FilePath(root: nil, components: name)])
    }
  }

  /// Everything that was written to these paths is on the disk, whatever file system they are on.
  func synchronize() throws(StepFailure) {
    for text in profile.outside {
      let parent = FilePath(text).removingLastComponent()
      guard (try? FileStatus.of(parent, following: true)) != nil else { continue }
      try files { () throws(FileError) in try syncFileSystem(of: parent) }
    }
  }

  private func relative(_ path: FilePath) -> FilePath {
    FilePath(String(path.string.drop { $0 == "/" }))
  }
}

extension AppProfile {
  /// The services by their names, in start order; commands count as one, named as the app.
  var serviceNames: [String] {
    switch services {
    case .units(let units): units
    case .commands: [app]
    }
  }
}
