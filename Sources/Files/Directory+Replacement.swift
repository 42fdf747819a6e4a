import Glibc
package import SystemPackage

extension Directory {
  /// Puts `name` of another directory here, with all that is in it, in place of what has that name now; `source` nil:
  /// nothing shall have it any more.
  ///
  /// Somebody else may be able to rename what lies here at any moment. So a directory comes to be in one that only we
  /// can enter, and what it replaces is moved in there before it is looked at and removed.
  ///
  /// - Parameter owners: whose directories are removed; one of somebody else gets another name
  ///   beside it. nil: anybody's.
  /// - Returns: that other name.
  /// - Throws: EEXIST or ENOTEMPTY where somebody has put another directory there meanwhile.
  package func replace(
    _ name: FilePath.Component, from source: Directory?, owners: Set<UInt32>? = nil
  ) throws(FileError) -> FilePath? {
    let kinds = [try statusIfPresent(of: name)?.kind, try source?.status(of: name).kind]
    guard owners != nil || kinds.contains(.directory) else {
      // A file is replaced in one step.
      guard let source else {
        try unlink(name)
        return nil
      }
      _ = try TreeCarry(.copy, from: source, to: self).run([FilePath(root: nil, components: name)])
      return nil
    }
    let twin = kinds[1] == .directory ? try source?.open(name) : nil
    removeAbandonedHidden(owners)
    let hidden = try makeHidden()
    let kept: FilePath?
    do throws(FileError) {
      if let source {
        kept = try exchange(name, by: hidden, from: source, owners, twin)
      } else {
        kept = try moveAway(name, to: hidden, owners, twin)
      }
    } catch {
      _ = try? remove(hidden, owners, twin)
      throw error
    }
    try remove(hidden, owners, twin)
    return kept
  }

  private func exchange(
    _ name: FilePath.Component, by hidden: Directory, from source: Directory, _ owners: Set<UInt32>?,
    _ twin: Directory?
  ) throws(FileError) -> FilePath? {
    func copy() throws(FileError) {
      let new = try hidden.makeDirectory(Self.new)
      _ = try TreeCarry(.copy, from: source, to: new).run([FilePath(root: nil, components: name)])
    }
    func putInPlace() throws(FileError) {
      try hidden.open(Self.new).rename(name, to: name, in: self, replacing: true)
    }
    var kept: FilePath?
    do { try copy() } catch {
      // What is replaced takes the room.
      guard error.isFull else { throw error }
      try hidden.removeTree(Self.new)
      kept = try moveAway(name, to: hidden, owners, twin)
      try hidden.removeTree(Self.old)
      try copy()
    }
    do { try putInPlace() } catch {
      // A directory lies there, or a file where one is put.
      guard [.isDirectory, .notDirectory, .fileExists, .directoryNotEmpty].contains(error.errno) else {
        throw error
      }
      kept = try moveAway(name, to: hidden, owners, twin) ?? kept
      try putInPlace()
    }
    return kept
  }

  private static let new: FilePath.Component = "new"
  private static let old: FilePath.Component = "old"
  private static let hiddenSign = "hidden"

  private func makeHidden() throws(FileError) -> Directory {
    let name = Unfinished.name()
    try makeNewDirectory(name, permissions: .ownerReadWriteExecute)
    let hidden = try open(name)
    let status = try hidden.status()
    guard status.user == geteuid(), status.permissions == .ownerReadWriteExecute, try hidden.entries().isEmpty
    else {
      throw FileError(
        .makeDirectory, hidden.path, .notPermitted, detail: "somebody else has put another there")
    }
    // So that it is known again after a crash, whoever makes directories of such names.
    _ = try hidden.setSign(Self.hiddenSign, to: name.string)
    return hidden
  }

  /// Moves what has a name out of everybody's reach, and gives it another name here where it must not go.
  private func moveAway(
    _ name: FilePath.Component, to hidden: Directory, _ owners: Set<UInt32>?, _ twin: Directory?
  ) throws(FileError) -> FilePath? {
    do { try rename(name, to: Self.old, in: hidden) } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw error
    }
    guard try holdsForeign(hidden, owners, twin) else { return nil }
    return try giveBack(hidden, as: name)
  }

  /// Whether what was moved away is, or holds, a directory of somebody else's with something in it, which its twin,
  /// what is put there, has not: its owner alone could have removed that.
  private func holdsForeign(
    _ hidden: Directory, _ owners: Set<UInt32>?, _ twin: Directory?
  ) throws(FileError) -> Bool {
    guard let owners, let status = try hidden.statusIfPresent(of: Self.old), status.kind == .directory else {
      return false
    }
    let old = try hidden.open(Self.old)
    if !owners.contains(status.user) { return try !old.entries().isEmpty }
    var found = false
    try TreeWalk(old).visit { (entry) throws(FileError) in
      guard !found, entry.status.kind == .directory, !owners.contains(entry.status.user) else { return .goOn }
      if try twin?.statusIfPresent(at: entry.path)?.user == entry.status.user { return .goOn }
      found = try !entry.parent.open(entry.name).entries().isEmpty
      return .goOn
    }
    return found
  }

  private func giveBack(_ hidden: Directory, as name: FilePath.Component) throws(FileError) -> FilePath? {
    let suffix = Array(".not-removed-\(String(UInt32.random(in: 0 ... .max), radix: 36))".utf8)
    guard let other = FilePath.Component(bytes: name.bytes.prefix(200) + suffix) else { return nil }
    try hidden.rename(Self.old, to: other, in: self)
    return path.appending(other)
  }

  /// By what is open: its name may lead elsewhere by now. Where it holds somebody else's directory, after a failure or
  /// a crash, that is given back, or all of it stays.
  private func remove(
    _ hidden: Directory, _ owners: Set<UInt32>?, _ twin: Directory?
  ) throws(FileError) {
    if try holdsForeign(hidden, owners, twin) { _ = try giveBack(hidden, as: Self.old) }
    for name in try hidden.entries() { try hidden.removeTree(name) }
    if let name = hidden.path.lastComponent { try removeIfEmpty(name) }
  }

  /// Those of a process that is gone.
  private func removeAbandonedHidden(_ owners: Set<UInt32>?) {
    guard let names = try? entries() else { return }
    for name in names where Unfinished.isAbandoned(name.string) {
      guard let hidden = try? open(name), owners == nil || (try? hidden.sign(Self.hiddenSign)) == name.string
      else {
        continue
      }
      _ = try? remove(hidden, owners, nil)
    }
  }
}
