import Testing
import Wire

/// A full disk, a broken disk, a read-only one, a short write, at every system call that changes something: the
/// job refuses, undoes, or ends as if nothing had been; and then ``Absorbed`` says why it may.
@Suite(.serialized) struct FailingCallTests {
  private static let scenarios: [Scenario] = [
    .cutover, .cutoverUnwell, .cutoverRollback, .stage, .stageRollback,
  ]

  /// The calls of each scenario, those together that do the same in the same folder, as for the files of an archive.
  private static func kinds() throws -> [(scenario: Scenario, calls: [KillReport.Call])] {
    try scenarios.flatMap { scenario in
      let wanted = Set(try Undisturbed.numbers(scenario, .job))
      let all = try Undisturbed.result(scenario).calls.filter { $0.phase == Plan.Phase.job.rawValue }
      // Until the exchange, an upgrade that will be unwell is like any other.
      let first = scenario == .cutoverUnwell ? all.firstIndex { $0.call == "renameat2" } ?? 0 : 0
      let calls = all[first...].filter { wanted.contains($0.number) }
      let kinds = Dictionary(grouping: calls) { call in
        let folder = call.path.replacing(#/[^\/]*$/#, with: "").replacing(#/[0-9]+/#, with: "N")
        return "\(call.isOfAgent) \(call.call) \(folder)"
      }
      return kinds.values.map { (scenario, $0) }
    }
  }

  /// Each call fails, and each kind of call in every way: of many, each way has its turn. So it has for those of a
  /// command, of which all that the agent sees is that the command fails, or does not.
  @Test func `one call that fails is refused, undone or absorbed for a reason`() throws {
    let trials = try Self.kinds().flatMap { scenario, calls in
      calls.enumerated().flatMap { index, call in
        let ways: [Plan.What] = [.noSpace, .ioError, .readOnly] + (call.writesBytes ? [.short] : [])
        let chosen = call.isOfAgent && calls.count <= ways.count ? ways : [ways[index % ways.count]]
        return chosen.map { TortureTrial(scenario, [Plan(.job, call.number, $0)]) }
      }
    }
    var reasons: [String: Int] = [:]
    try TortureCampaign.run("one fault", trials, sample: 10) { result in
      // Refused or undone for this: another end, another reason for the same one, or trouble on the way that is told.
      guard let undisturbed = try? Undisturbed.result(result.trial.scenario), let hit = result.hits.first,
        result.rested?.outcome == undisturbed.rested?.outcome,
        result.rested?.reason?.code == undisturbed.rested?.reason?.code,
        result.rested?.undoReason?.code == undisturbed.rested?.undoReason?.code
      else { return [] }
      guard let reason = Absorbed.reason(hit, result, undisturbed) else {
        return ["absorbed, and nobody knows why: \(hit.what) of \(hit.call) \(hit.path) by \(hit.program)"]
      }
      reasons[reason, default: 0] += 1
      return []
    }
    for (reason, count) in reasons.sorted(by: { $0.key < $1.key }) {
      print("torture, one fault: \(count) absorbed: \(reason)")
    }
  }

  @Test func `a disk that stays full, or fails from some moment on, is survived`() throws {
    let ways: [Plan.What] = [.noSpaceFromHere, .ioErrorFromHere, .readOnlyFromHere]
    let trials = try Self.kinds().flatMap { scenario, calls in
      calls.enumerated().map { TortureTrial(scenario, [Plan(.job, $1.number, ways[$0 % ways.count])]) }
    }
    try TortureCampaign.run("lasting fault", trials, sample: 5)
  }

  @Test func `a disk that stays full through recovery is survived`() throws {
    let trials = try Self.kinds().flatMap { scenario, calls in
      Set([calls.first, calls.last].compactMap(\.self)).map {
        TortureTrial(
          scenario, [Plan(.job, $0.number, .noSpaceFromHere), Plan(.recover, 1, .noSpaceFromHere)])
      }
    }
    try TortureCampaign.run("full to the end", trials, sample: 5)
  }
}
