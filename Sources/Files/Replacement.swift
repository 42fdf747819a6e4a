import Glibc
public import SystemPackage

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
  public func replace(
    _ name: FilePath.Component, from source: Directory?, owners: Set<UInt32>? = nil
  ) throws(FileError) -> FilePath? {
    let kinds = [try statusIfPresent(of: name)?.kind, try source?.status(of: name).kind]
    guard kinds.contains(.directory) else {
      // A file is replaced in one step.
      guard let source else {
        try unlink(name)
        return nil
      }
      _ = try Carry(.copy, from: source, to: self).run([FilePath(root: nil, components: name)])
      return nil
    }
    removeAbandonedHidden(trusted: owners == nil)
    let hidden = try makeHidden()
    var kept: FilePath?
    do throws(FileError) {
      let new = try hidden.makeDirectory(Self.new)
      if let source {
        _ = try Carry(.copy, from: source, to: new).run([FilePath(root: nil, components: name)])
      }
      kept = try moveAway(name, to: hidden, owners: owners)
      if source != nil { try new.rename(name, to: name, in: self, replacing: true) }
    } catch {
      _ = try? remove(hidden)
      throw error
    }
    try remove(hidden)
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
    _ name: FilePath.Component, to hidden: Directory, owners: Set<UInt32>?
  ) throws(FileError) -> FilePath? {
    do { try rename(name, to: Self.old, in: hidden) } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw error
    }
    let status = try hidden.status(of: Self.old)
    guard status.kind == .directory, let owners, !owners.contains(status.user) else { return nil }
    let suffix = Array(".not-removed-\(String(UInt32.random(in: 0 ... .max), radix: 36))".utf8)
    guard let other = FilePath.Component(bytes: name.bytes.prefix(200) + suffix) else { return nil }
    try hidden.rename(Self.old, to: other, in: self)
    return path.appending(other)
  }

  /// By what is open: its name may lead elsewhere by now.
  private func remove(_ hidden: Directory) throws(FileError) {
    for name in try hidden.entries() { try hidden.removeTree(name) }
    if let name = hidden.path.lastComponent { try removeIfEmpty(name) }
  }

  /// Those of a process that is gone.
  private func removeAbandonedHidden(trusted: Bool) {
    guard let names = try? entries() else { return }
    for name in names where Unfinished.isAbandoned(name.string) {
      guard let hidden = try? open(name), trusted || (try? hidden.sign(Self.hiddenSign)) == name.string else {
        continue
      }
      _ = try? remove(hidden)
    }
  }
}
