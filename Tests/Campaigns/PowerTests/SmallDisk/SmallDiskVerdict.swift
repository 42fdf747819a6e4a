import Wire

/// Judges an upgrade on a disk that ran out of something.
extension SmallDiskBench {
  func problems(_ upgrading: Upgrading) -> [String] {
    let (told, sight) = (upgrading.told, upgrading.sight)
    var promised = upgrading.promised
    promised.heard = told.outcome?.rawValue
    var problems = verdict.problems(sight, promised, looks: Verdict.looksAtTheEnd)
    guard let ending = SmallDiskTrial.ending(told) else { return problems + ["it ended so: \(told)"] }
    let wanted = ending == .upgraded ? verdict.newVersion : verdict.oldVersion
    let seen = verdict.version(Tree(sight.lines("tree settled") ?? []))
    if seen != wanted { problems.append("it was told \(told), and \(seen ?? "no whole version") is there") }
    if case .rested(let result) = told, ending != .refused, result.now != wanted || result.healthy != true {
      problems.append("it was told \(told), healthy \(result.healthy.map { "\($0)" } ?? "unknown")")
    }
    if ending == .refused { problems += problemsOfRefused(upgrading) }
    let status = sight.lines("status") ?? []
    if let journal = status.first(where: { $0.contains("journal") }), !journal.hasSuffix(" idle") {
      problems.append("the journal is not at rest: \(journal)")
    }
    let left = Set(sight.lines("left") ?? []).subtracting(["pocket", "pocket-backups"])
    if !left.isEmpty { problems.append("left beside the install: \(left.sorted())") }
    return problems
  }

  /// What was refused before the stop has not disturbed anything.
  private func problemsOfRefused(_ upgrading: Upgrading) -> [String] {
    var problems: [String] = []
    let lock = upgrading.sight.lines("lock") ?? []
    if lock.count != 2 || lock.first != lock.last { problems.append("another process runs now: \(lock)") }
    let last = upgrading.story.split { $0.event == .rested && $0.result?.outcome == .upgraded }.last ?? []
    if last.contains(where: { $0.event == .down }) { problems.append("it was stopped, and told refused") }
    if upgrading.sight.lines("status")?.contains(where: { $0.contains("MARKED") }) == true {
      problems.append("it was refused, and is marked")
    }
    return problems
  }

  /// As long as the disk stays read-only: the coordinator hears something, and a whole version runs; or what it hears
  /// is that the host needs hands.
  func problemsWhileReadOnly(_ upgrading: Upgrading) -> [String] {
    var problems: [String] = []
    if case .nothing = upgrading.told { problems.append("nobody was told") }
    let version = verdict.version(Tree(upgrading.sight.lines("tree settled") ?? []))
    if version == nil { problems.append("read-only: no whole version") }
    if upgrading.told.outcome != .failed, upgrading.sight.lines("well") != ["GOOD"] {
      problems.append("read-only: the app is unwell: \(upgrading.sight.lines("well") ?? [])")
    }
    return problems
  }
}
