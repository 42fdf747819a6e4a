package import SystemPackage

/// How files get into the new tree. Directories are always made anew.
package enum CarryMethod: String, Sendable {
  /// Bytes, owner, mode, times, extended attributes, holes, and hard links among what is carried.
  case copy
  /// A second name for the same file: for files written once. Never changed in owner or mode, since
  /// that would change the live one.
  case link
}

/// Something that was not carried as it was, in words.
package struct CarryNote: Sendable, Equatable, CustomStringConvertible {
  package let path: FilePath
  package let reason: String
  package var description: String { "\(path.printable): \(reason)" }
}

package struct CarryResult: Sendable {
  /// To be given to the next `run` with the same rule.
  package internal(set) var record = CarryRecord()
  package internal(set) var added = 0
  package internal(set) var changed = 0
  package internal(set) var deleted = 0
  package internal(set) var unchanged = 0
  package internal(set) var bytesCopied: Int64 = 0
  /// Asked for and not there.
  package internal(set) var missing: [FilePath] = []
  /// The first `TreeCarry.maxNotes` of them.
  package internal(set) var notes: [CarryNote] = []
}

/// Carries what is the user's from the old tree to the new one. The same `run` does it early, beside
/// the living app, and for good once that has stopped: then, with the record of the early run, it
/// adds, copies again and takes away until the new tree has what the old one has. It can be repeated.
///
/// A carried file wins over the release's; a carried directory is merged over the release's, whose
/// other files stay. Parents that the release lacks are made like the old ones. Symbolic links are
/// copied, and never followed on either side. Sockets, FIFOs and devices are left out with a note.
package struct TreeCarry: Sendable {
  package static let maxNotes = 200

  package let method: CarryMethod
  package let old: Directory
  package let new: Directory
  package var limits = TreeLimits.standard
  /// Relative paths to leave out, with all below: what another rule carries.
  package var excluding: @Sendable (FilePath) -> Bool = { _ in false }
  /// Asked before each entry and after each 8 MiB with the bytes copied so far; false ends the run
  /// with ECANCELED.
  package var goOn: @Sendable (_ bytesCopied: Int64) -> Bool = { _ in true }

  package init(_ method: CarryMethod, from old: Directory, to new: Directory) {
    self.method = method
    self.old = old
    self.new = new
  }

  /// Carries files and directories, given relative to the trees. With the record of an earlier run,
  /// what that carried and is no longer in the old tree goes from the new one.
  package func run(
    _ paths: [FilePath], after record: CarryRecord = CarryRecord()
  ) throws(FileError) -> CarryResult {
    let run = try CarryRun(self, record)
    for path in paths { try run.carry(path) }
    try run.removeVanished()
    try run.finishDirectories()
    return run.result
  }

  /// Makes the directories above a path in the new tree as they are in the old one, where they are
  /// missing, and opens the last. What the release has there stays as it is.
  @discardableResult
  package func makeParents(of path: FilePath) throws(FileError) -> Directory {
    var from = old
    var to = new
    for name in try old.components(of: path.removingLastComponent()) {
      from = try from.open(name)
      if try to.statusIfPresent(of: name) == nil {
        to = try to.makeDirectory(name, permissions: [.ownerReadWriteExecute])
        _ = try setMetadata(to.fd, to.path, like: from.fd, try from.status())
      } else {
        to = try to.open(name)
      }
    }
    return to
  }
}
