/// Failed calls that change nothing of how a job ends, and why that is right.
enum Absorbed {
  /// Of the agent's own calls, by the call and the path that it is about; the first that fits.
  nonisolated(unsafe) private static let table:
    [(call: Regex<Substring>, path: Regex<Substring>, reason: String)] = [
      (#/.*/#, #/.*\/lock/#, "the lock's text is for people; the lock itself needs no disk"),
      (#/write|fdatasync/#, #/.*\/events\.jsonl/#, "the story; its last word is in the journal too"),
      (#/write/#, #/.*\/jobs\/[^\/]*\/log/#, "the log is for people"),
      (
        #/unlink|fchown|fchmod/#, #/.*-(?:shm|wal)/#,
        "SQLite's own files beside a closed database; taken away before the copy is named"
      ),
      (#/mkdir/#, #/\/[a-z]+(?:\/.*)?/#, "a directory of the confined place that is there already"),
      (#/openat/#, #/.*\/app-output/#, "what the app prints is for people"),
    ]

  static func reason(_ hit: KillReport.Call, _ result: TrialResult, _ undisturbed: TrialResult) -> String? {
    if hit.what == Plan.What.short.rawValue {
      return hit.writesBytes ? "a short write is gone on with" : "it writes no bytes that could be fewer"
    }
    if !hit.isOfAgent { return "a command of the app or of its profile: its own affair" }
    if result.counts[.recover, default: 0] > undisturbed.counts[.recover, default: 0] {
      return "the recovery that follows the job goes on with it"
    }
    return table.first {
      (try? $0.call.wholeMatch(in: hit.call)) != nil && (try? $0.path.wholeMatch(in: hit.path)) != nil
    }?
    .reason
  }
}
