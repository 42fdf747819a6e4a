import Effects
import Upgrade
import Wire

/// What the app says of itself: read before the stop, and compared with that in the proof of the new version.
extension JobSteps {
  private var parityReader: ParityReader {
    ParityReader(environment: environment(scratch: nil, old: nil), owner: ownerName, runner: runner)
  }

  /// Of an app that is unwell nobody can tell what ought to be there. And a backup has its own inputs: a rollback
  /// compares nothing.
  private var parityChecks: [ParityCheck] {
    guard case .upgrade = order, facts.wasHealthy else { return [] }
    return profile.parity ?? []
  }

  /// What each says now. What cannot be read could not be proved to be back, so nothing is stopped for it; with
  /// `--repair` it is not compared, and said so.
  func readParity() throws(StepFailure) -> (readings: [ParityReading], untold: [String]) {
    var readings: [ParityReading] = []
    var untold: [String] = []
    var isRepair = false
    if case .upgrade(let order) = order { isRepair = order.repair }
    let checks = parityChecks
    for (check, answer) in zip(checks, parityReader.ask(checks, interruption: { [self] in interruption })) {
      switch answer {
      case .said(let reading):
        log.note("parity: \(visible(check.name, limit: 100)): \(reading.number)")
        readings.append(reading)
      case .interrupted(let why): throw failure(why)
      case .unreadable(let why) where isRepair:
        untold.append(
          "\(visible(check.name, limit: 100)): not compared, since they could not be read before (\(why))")
      case .unreadable(let why):
        throw .because(
          .parity,
          "what the app says of its \(visible(check.name, limit: 100)) cannot be read (\(why)), so nobody could tell "
            + "whether they are back; mend it, or parity: in the profile; --repair upgrades without comparing them"
        )
      }
    }
    return (readings, untold)
  }

  /// As late as can be: what is there now has to be there again. On the disk, since the proof may come after a power
  /// cut.
  func noteParity() throws(StepFailure) {
    let (readings, untold) = try readParity()
    for text in untold { say(text) }
    try note {
      $0.parity = readings
      $0.warnings = ($0.warnings ?? []).filter { !untold.contains($0) } + untold
    }
  }

  /// Asked in the proof of the new version, once all else is well; `hears` what was found to be back.
  func parityFinding(
    hears: @escaping ([ParityRecord]) -> Void
  ) -> (InterruptionCheck) -> HealthProver.Finding {
    let before = facts.parity ?? []
    let checks = before.isEmpty ? [] : parityChecks
    let reader = parityReader
    return { interruption in
      let (finding, records) = reader.compare(checks, with: before, interruption: interruption)
      hears(records)
      return finding
    }
  }

  /// What the old version, put back and well, does not say again either is told: it is no fault of the release, and
  /// nobody shall be calm for that.
  func tellWhatOldLacks() {
    let finding = parityFinding { _ in }
    let end = Monotonic.now() + .seconds(JobLimits.oldParitySeconds)
    while true {
      guard case .unwell(let problem) = finding({ Termination.isWanted ? .shutdown : nil }) else { return }
      guard Monotonic.now() < end else {
        let text = "with the old version, too: \(problem.text)"
        say(text)
        return noteForTheReport { $0.warnings = ($0.warnings ?? []) + [text] }
      }
      Monotonic.sleep(.milliseconds(EffectLimits.longestHealthPauseMilliseconds))
    }
  }
}
