/// Failed calls that change nothing of how a job ends, and why that is right.
enum Absorbed {
  /// Of the agent's own calls, by the call and the path that it is about; the first that fits.
  nonisolated(unsafe) private static let table:
    [(call: Regex<Substring>, path: Regex<Substring>, reason: String)] = [
      (#/.*/#, #/.*\/lock/#, "the lock's text is for people; the lock itself needs no disk"),
      (#/write|fdatasync/#, #/.*\/events\.jsonl/#, "the story; its last word is in the journal too"),
      (#/write/#, #/.*\/jobs\/[^\/]*\/log/#, "the log is for people"),
      (#/openat/#, #/.*\/app-output/#, "what the app prints is for people"),
      (
        #/unlinkat/#, #/.*\/\.fleet-growroom\/(?:trash-|scratch).*/#,
        "waste that cannot be deleted: the next job on this host does it"
      ),
      (
        #/.*/#, #/.*\/backups\/(?:\.fleet-trash-|growroom-backup-).*/#,
        "an old backup, or what is noted of it, that cannot be removed is told, and goes after the next upgrade"
      ),
      (
        #/unlinkat/#, #/.*\/artifacts\/.*/#,
        "an old archive that cannot be removed goes after the next upgrade"
      ),
      (#/.*/#, #/.*\/outside\/.*/#, "what the steps changed outside of the install is put back once more"),
      (
        #/.*/#, #/.*\/\.fleet-growroom(?:\/reserve|\/tree(?:\/\.fleet-release\.json|\/\.fleet-tmp-.*)?)?/#,
        "a backup's marker is written once more, beside the room that was set aside for it"
      ),
      (
        #/.*/#, #/.*\/jobs\/[^\/]*(?:\/facts\.json|\/\.fleet-tmp-.*)?/#,
        "facts for the report stay in memory until the next ones are written"
      ),
      (
        #/openat|pwrite64|fdatasync/#, #/.*\/journal/#,
        "on the way back a state that cannot be recorded is passed over: from the one before it recovery does the same"
      ),
      (#/unlinkat/#, #/.*\/\.fleet-try-.*/#, "what was tried is gone already, and taken away once more"),
      (
        #/unlinkat/#, #/.*\/\.fleet-carry-tmp/#,
        "a copy's name until it is whole, taken away once more: it has its own by then"
      ),
      (#/openat/#, #/.*\/growroom\.db/#, "SQLite opens for reading what it cannot open for writing"),
      (
        #/openat|pwrite64|ftruncate|fchown|fchmod|unlink/#, #/.*\/growroom\.db(?:\.fleet-copy)?-(?:shm|wal)/#,
        "SQLite's own files beside a database that is only read, or closed: it does without, or rows stay uncounted"
      ),
      (#/mkdir|symlink/#, #/\/[a-z]+(?:\/.*)?/#, "a name of the confined place that is there already"),
      (#/mount/#, #/.*/#, "no overlay: a bind mount, or a copy, stands in for it"),
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
