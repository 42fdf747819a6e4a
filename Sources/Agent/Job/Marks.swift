import Files
import Wire

/// What earlier jobs left to be remembered: the mark, the hold after a rollback by hand, and the
/// releases that were refused.
struct Marks {
  let paths: AgentPaths

  init(_ paths: AgentPaths) { self.paths = paths }

  /// Refusals that are remembered.
  static let keptRefusals = 20

  func mark() throws(StepFailure) -> Mark? { try Stored.read(Mark.self, paths.mark) }
  func set(_ mark: Mark) throws(StepFailure) { try Stored.write(mark, paths.mark) }

  /// The tag that is not offered again.
  func held() throws(StepFailure) -> String? { try Stored.read(String.self, paths.held) }
  func hold(_ tag: String) throws(StepFailure) { try Stored.write(tag, paths.held) }

  func refusals() throws(StepFailure) -> [Refusal] {
    try Stored.read([Refusal].self, paths.refusals) ?? []
  }

  func remember(_ refusal: Refusal) throws(StepFailure) {
    let others = try refusals().filter { $0.sha256 != refusal.sha256 }
    try Stored.write((others + [refusal]).suffix(Self.keptRefusals), paths.refusals)
  }

  func forget(sha256: String) throws(StepFailure) {
    let all = try refusals()
    let others = all.filter { $0.sha256 != sha256 }
    if others.count != all.count { try Stored.write(others, paths.refusals) }
  }

  /// What ``clear()`` did.
  enum Cleared: Equatable {
    /// The mark is gone; its release is remembered as refused, where it was one.
    case mark(remembered: String?)
    /// What was held back and the refusals are gone.
    case memory
    case nothing
  }

  /// `fleet clear`: a person has looked. That says that the host is mended, not that the release is: it goes there
  /// again only when that is said, too. Where there is no mark, what is held back and the refusals go. What cannot be
  /// read goes in any case: to mend that is what this is for.
  func clear() throws(StepFailure) -> Cleared {
    let isBroken = (try? refusals()) == nil
    if isBroken { try Stored.remove(paths.refusals) }
    let isMarked = try files { () throws(FileError) in try FileStatus.ifPresent(paths.mark) != nil }
    guard isMarked else {
      let isHeld = try files { () throws(FileError) in try FileStatus.ifPresent(paths.held) != nil }
      let remembered = try refusals()
      for file in [paths.held, paths.refusals] { try Stored.remove(file) }
      return isBroken || isHeld || !remembered.isEmpty ? .memory : .nothing
    }
    let refusal = (try? mark()).flatMap { self.refusal(of: $0) }
    // First: in between the host refuses for both reasons.
    if let refusal { try remember(refusal) }
    try Stored.remove(paths.mark)
    if (try? held()) == nil { try Stored.remove(paths.held) }
    return .mark(remembered: refusal?.tag)
  }

  /// Of the release that failed; nil where it was a rollback, or nobody can tell any more which release it was.
  private func refusal(of mark: Mark) -> Refusal? {
    if let sha256 = mark.sha256 { return Refusal(tag: mark.tag, sha256: sha256, reason: mark.reason) }
    // A mark of an older fleet.
    guard AgentPaths.isName(mark.job), case .upgrade(let order)? = try? JobFolder(paths, mark.job).order()
    else { return nil }
    return Refusal(tag: mark.tag, sha256: order.release.sha256, reason: mark.reason)
  }
}
