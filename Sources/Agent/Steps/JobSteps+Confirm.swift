import Upgrade
import Effects
import Files
import SystemPackage
import Wire

/// *confirm*: the new version is proved, and stays only if the coordinator comes back in over a fresh
/// connection. So a release that takes the host off the network is taken back.
extension JobSteps {
  /// How often the confirmation is looked for, in milliseconds.
  private static let confirmPollMilliseconds = 200
  /// How often the app's health is looked at meanwhile, in milliseconds.
  private static let confirmHealthMilliseconds: Int64 = 10_000

  func confirm() throws(StepFailure) {
    guard let ordered = try Stored.read(OrderedCutover.self, folder.cutoverFile),
      let seconds = ordered.confirmWithinSeconds
    else { return }
    var wait = facts.confirmation ?? ConfirmationWait(withinSeconds: seconds, bootID: bootID)
    wait.begin(at: BootClock.milliseconds())
    try note { $0.confirmation = wait }
    say(
      "proved; it stays if the coordinator comes back in over a fresh connection within "
        + "\(wait.withinSeconds) s")
    var lookedAt = BootClock.milliseconds()
    while !folder.isConfirmed {
      if Termination.isWanted { throw .shutdown }
      let now = BootClock.milliseconds()
      guard !wait.isOver(at: now) else { throw unconfirmed(wait) }
      if now - lookedAt >= Self.confirmHealthMilliseconds {
        if let problem = problemNow() {
          throw .because(.prove, "while it waited to be confirmed: \(problem.text)", tail: [problem.detail])
        }
        lookedAt = BootClock.milliseconds()
      }
      pause(milliseconds: Self.confirmPollMilliseconds)
    }
  }

  private func unconfirmed(_ wait: ConfirmationWait) -> StepFailure {
    .because(
      .unconfirmed,
      "the new version was well, but the coordinator did not come back in over a fresh connection within "
        + "\(wait.withinSeconds) s (undo_unless_reachable)")
  }

  /// After a boot systemd has started what is enabled; whatever does not run by now is started.
  func startNew() throws(StepFailure) {
    try services.lift()
    let names = services.names
    guard try services.notUp(names) != nil else { return }
    try services.start(names, .restart)
  }
}

extension Recovery {
  /// Whether a version that was proved may wait to be confirmed once more: after a boot, within
  /// ``ConfirmationWait/mostBoots``. What cannot be noted could be repeated for ever, so it is a no.
  func mayWaitAgain(_ record: JournalRecord, _ folder: JobFolder) -> Bool {
    guard record.state == .proved, when != .live || record.bootID != bootID else { return false }
    if folder.isConfirmed { return true }
    do {
      var facts = try folder.facts()
      guard var wait = facts.confirmation, wait.goOn(in: bootID) else { return false }
      if wait != facts.confirmation {
        facts.confirmation = wait
        try Stored.write(facts, folder.factsFile)
      }
      return true
    } catch {
      return false
    }
  }

  /// The reason for going back where only boots came in between.
  func unconfirmed(_ record: JournalRecord) -> Cause? {
    guard record.state == .proved, when != .live || record.bootID != bootID else { return nil }
    return Cause(
      code: .unconfirmed, step: .confirm,
      text: "the new version was well, but the host booted twice before the coordinator came back in "
        + "(undo_unless_reachable)")
  }
}
