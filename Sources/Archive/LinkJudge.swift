import ByteText

/// Proves that no symlink of an archive leads out of its tree, links through links included.
///
/// Looking at the text of one target is not enough: `d -> a/b/..` and `e -> d/../x` can each look harmless
/// while the second one, followed, leaves. So each link is followed as Linux would (path_resolution(7)).
struct LinkJudge {
  private let table: EntryTable
  private let limits: ArchiveLimits

  init(table: EntryTable, limits: ArchiveLimits) {
    self.table = table
    self.limits = limits
  }

  /// The first link that is refused, if any, with the reason.
  func firstRefused() -> (entry: String, reason: ArchiveRefusal)? {
    for entry in table.entries {
      guard let target = entry.target, let reason = refusal(of: entry.path, target: target) else { continue }
      return (entry.path, reason)
    }
    return nil
  }

  private func refusal(of path: String, target: String) -> ArchiveRefusal? {
    var place = path.pieces(by: "/").dropLast().map(String.init)
    var pending = Self.reversedComponents(target)
    var steps = 1
    while let next = pending.popLast() {
      if next == ".." {
        guard place.popLast() != nil else { return .targetLeaves(target) }
        continue
      }
      place.append(next)
      // What is not in the archive, as a file that a later step makes, is taken for a directory: nothing
      // can be less inside than that.
      guard let through = table.entry(at: place.joined(separator: "/"))?.target else { continue }
      steps += 1
      guard steps <= limits.maxLinkSteps else { return .targetCircular(target) }
      place.removeLast()
      pending += Self.reversedComponents(through)
      // A chain that multiplies itself would otherwise grow without bound.
      guard pending.count <= limits.maxPathBytes else { return .targetCircular(target) }
    }
    return nil
  }

  private static func reversedComponents(_ target: String) -> [String] {
    target.pieces(by: "/").filter { $0 != "." }.reversed().map(String.init)
  }
}
