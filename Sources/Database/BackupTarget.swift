import Files
import SystemPackage

/// Where a copy comes to be: under a name of its own until it is whole.
struct BackupTarget {
  let directory: Directory
  let name: FilePath.Component
  let unfinishedName: FilePath.Component
  let unfinished: FilePath

  init(_ target: FilePath) throws(FileError) {
    guard let name = target.lastComponent, target.isAbsolute,
      let unfinishedName = FilePath.Component(
        bytes: name.bytes + Array(SQLiteBackup.unfinishedSuffix.utf8))
    else {
      throw FileError(.write, target, .invalidArgument, detail: "an absolute path to a file is needed")
    }
    directory = try Directory.open(target.removingLastComponent(), following: true)
    self.name = name
    self.unfinishedName = unfinishedName
    unfinished = target.removingLastComponent().appending(unfinishedName)
  }

  /// Removes what an earlier try left, and makes the empty file that SQLite will fill: here, since
  /// SQLite would make it readable for all, and follow a symbolic link.
  func prepare() throws(FileError) {
    try discard()
    _ = try directory.openFile(unfinishedName, .writeOnly, options: [.create, .exclusiveCreate])
  }

  func discard() throws(FileError) {
    try directory.unlink(unfinishedName)
    try removeSides(of: unfinishedName)
  }

  /// Puts the metadata of the original on the copy, and gives it its name.
  func finish(like source: FilePath) throws(FileError) -> (sizeBytes: Int64, notes: [String]) {
    let copy = try directory.openFile(unfinishedName, .readWrite)
    let notes = try copy.becomeOwned(like: OpenFile.open(source))
    let size = try copy.status().sizeBytes
    for side in sides(of: unfinishedName) {
      if let status = try directory.statusIfPresent(of: side), status.sizeBytes > 0 {
        throw FileError(
          .write, directory.path.appending(side), .resourceBusy, detail: "it should be gone by now")
      }
    }
    try removeSides(of: unfinishedName)
    // Those of a former file of that name would be taken for the copy's.
    try removeSides(of: name)
    try directory.rename(unfinishedName, to: name, replacing: true)
    return (size, notes)
  }

  private func sides(of name: FilePath.Component) -> [FilePath.Component] {
    SQLiteBackup.sideSuffixes.compactMap { FilePath.Component(bytes: name.bytes + Array($0.utf8)) }
  }

  private func removeSides(of name: FilePath.Component) throws(FileError) {
    for side in sides(of: name) { try directory.unlink(side) }
  }
}
