import ByteText
import Files
import Wire

/// A claim as it stands on the disk: bound to the boot, since wall clocks jump.
struct StoredClaim: Codable, Equatable {
  var claim: Claim
  var bootID: String
  var expiresMilliseconds: Int64

  /// A claim of another boot, or one that has run out, keeps nobody out.
  func isInForce(bootID: String, now: Int64) -> Bool {
    self.bootID == bootID && now < expiresMilliseconds
  }
}

extension Claim {
  /// A job is named as its rollout; a further try has a dot and a number behind that.
  func covers(job: String) -> Bool { job == rollout || job.begins(with: rollout + ".") }

  /// Whether both were made by the same coordinator for the same rollout, and the same entry of its inventory.
  fileprivate func isRenewed(by other: Claim) -> Bool {
    (rollout, who, inventory) == (other.rollout, other.who, other.inventory)
      && (host == nil || other.host == nil || host == other.host)
  }
}

/// Who may work on the app: one rollout at a time.
struct Claims {
  let paths: AgentPaths
  let bootID: String

  /// No claim is longer, in seconds.
  static let longestSeconds = 3600
  /// How long one waits for another that claims at the same moment, in milliseconds.
  static let lockMilliseconds = 5_000

  func inForce() throws(StepFailure) -> Claim? {
    guard let stored = try Stored.read(StoredClaim.self, paths.claim),
      stored.isInForce(bootID: bootID, now: BootClock.milliseconds())
    else { return nil }
    return stored.claim
  }

  /// Takes or renews; returns the claim of another that is in the way. The same rollout driven from
  /// another machine, or for another inventory, is another.
  func take(_ claim: Claim) throws(StepFailure) -> Claim? {
    let lock = try lock(claim.who)
    // Used to the very end, so that nobody claims between the look and the word.
    let other = try takeAlone(claim)
    lock.release()
    return other
  }

  /// Not the lock of whoever works on the app: a claim is renewed while its job runs.
  private func lock(_ who: String) throws(StepFailure) -> FileLock {
    do {
      return try FileLock.take(paths.claimLock, owner: visible(who), waitMilliseconds: Self.lockMilliseconds)
    } catch { throw .io(error) }
  }

  private func takeAlone(_ claim: Claim) throws(StepFailure) -> Claim? {
    if let held = try inForce(), !held.isRenewed(by: claim) { return held }
    let seconds = min(max(claim.lifetimeSeconds, 1), Self.longestSeconds)
    let stored = StoredClaim(
      claim: claim, bootID: bootID,
      expiresMilliseconds: BootClock.milliseconds() + Int64(seconds) * 1000)
    try Stored.write(stored, paths.claim)
    return nil
  }

  func release(rollout: String) throws(StepFailure) {
    func held() throws(StepFailure) -> Bool {
      try Stored.read(StoredClaim.self, paths.claim)?.claim.rollout == rollout
    }
    guard try held() else { return }
    let lock = try lock("a claim given back")
    // It may have run out, and another's be there by now.
    if try held() { try Stored.remove(paths.claim) }
    lock.release()
  }
}
