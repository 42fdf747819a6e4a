import Testing
import Wire

/// A full disk, a broken disk, a read-only one, a short write, at every system call that changes something: the
/// job refuses, undoes, or ends as if nothing had been; and then the table below says why it may.
@Suite(.serialized) struct FaultTests {
  private static let scenarios: [Scenario] = [
    .cutover, .cutoverUnwell, .cutoverRollback, .stage, .stageRollback,
  ]
  private static let writes: Set<String> = ["write", "pwrite64", "writev", "copy_file_range", "sendfile"]

  private static func trials(_ faults: [Plan.What], inRecoveryToo: Bool = false) throws -> [Trial] {
    var trials: [Trial] = []
    for scenario in scenarios {
      let wanted = Set(try Undisturbed.numbers(scenario, .job))
      for call in try Undisturbed.result(scenario).calls
      where call.phase == "job" && wanted.contains(call.number) {
        let fitting = faults.filter { $0 != .short || writes.contains(call.call) }
        // However a call of a command fails, all that the agent sees is that the command fails, or does not: there
        // each kind has its turn.
        let isCommand = !call.program.hasSuffix("/fleet-agent")
        for fault in isCommand ? [fitting[call.number % fitting.count]] : fitting {
          let more = inRecoveryToo ? [Plan(.recover, 1, fault)] : []
          trials.append(Trial(scenario, [Plan(.job, call.number, fault)] + more))
        }
      }
    }
    return trials
  }

  @Test func `one call that fails is refused, undone or absorbed for a reason`() throws {
    try Campaign.run("one fault", try Self.trials([.noSpace, .ioError, .readOnly, .short]), sample: 10) {
      result in
      // Refused or undone for this: another end, or another reason for the same one.
      let undisturbed = try? Undisturbed.result(result.trial.scenario).rested
      guard let hit = result.hits.first, result.rested?.outcome == undisturbed?.outcome,
        result.rested?.reason?.code == undisturbed?.reason?.code
      else { return [] }
      guard Absorbed.reason(hit) == nil else { return [] }
      // The table is complete only where a whole campaign says so; a sample tells what it lacks.
      let words = "absorbed, and nobody knows why: \(hit.what) of \(hit.call) \(hit.path) by \(hit.program)"
      guard Campaign.isWhole else {
        print("torture: \(words)")
        return []
      }
      return [words]
    }
  }

  @Test func `a disk that stays full, or fails from some moment on, is survived`() throws {
    try Campaign.run(
      "lasting fault", try Self.trials([.noSpaceFromHere, .ioErrorFromHere, .readOnlyFromHere]), sample: 5)
  }

  @Test func `a disk that stays full through recovery is survived`() throws {
    try Campaign.run(
      "full to the end", try Self.trials([.noSpaceFromHere], inRecoveryToo: true), sample: 5)
  }
}

/// Failed calls that change nothing of how a job ends, and why that is right.
enum Absorbed {
  /// By the call and the path that it is about; the first that fits.
  nonisolated(unsafe) static let table: [(call: Regex<Substring>, path: Regex<Substring>, reason: String)] = [
    (#/.*/#, #/.*\/lock/#, "the lock's text is for people; the lock itself needs no disk"),
    (#/write/#, #/.*\/events\.jsonl/#, "the story; its last word is in the journal too"),
    (#/fdatasync/#, #/.*\/events\.jsonl/#, "the story; its last word is in the journal too"),
    (#/write/#, #/.*\/jobs\/[^\/]*\/log/#, "the log is for people"),
    (
      #/unlink|fchown|fchmod/#, #/.*-(?:shm|wal)/#,
      "SQLite's own files beside a closed database; taken away before the copy is named"
    ),
    (#/unlinkat/#, #/.*\/(?:\.fleet-)?trash-.*/#, "the recovery that follows the job goes on with settle"),
    (#/renameat/#, #/.*\/held\.json/#, "the recovery that follows the job goes on with settle"),
    (#/mkdir/#, #/\/[a-z]+(?:\/.*)?/#, "a directory of the confined place that is there already"),
    (#/openat/#, #/.*\/app-output/#, "what the app prints is for people"),
    (#/write|pwrite64|copy_file_range|writev|sendfile/#, #/.*/#, "a short write is gone on with"),
  ]

  static func reason(_ hit: KillReport.Call) -> String? {
    if !hit.program.hasSuffix("/fleet-agent") {
      return "a command of the app or of its profile: its own affair"
    }
    let entries = hit.what == "short" ? table[...] : table.dropLast()
    return entries.first {
      (try? $0.call.wholeMatch(in: hit.call)) != nil && (try? $0.path.wholeMatch(in: hit.path)) != nil
    }?
    .reason
  }
}
