internal import ByteText
internal import SystemPackage
internal import Wire

/// Claims that this person's own fleets left on hosts: what they were made for is over, or nobody drives it any more.
/// They keep others out until they run out, and never oneself.
struct LeftClaims: Sendable {
  /// user@machine.
  let who: String
  /// Of this machine: whoever drives a rollout here has its log.
  let store: RolloutStore

  /// A claim that nobody is behind, as long as this lives: its rollout cannot be taken up meanwhile.
  struct Left {
    fileprivate let log: EventLog?
  }

  /// nil where somebody may be at work: another person or machine, or another fleet on this one.
  ///
  /// - Parameters:
  ///   - driving: the rollout whose log is in our own hands.
  ///   - host: the inventory's name of it, where the claim may be one of that rollout.
  func take(_ claim: Claim, driving: String? = nil, as host: String? = nil) -> Left? {
    switch home(of: claim, driving: driving, as: host) {
    case .inHand?: Left(log: nil)
    case .kept(let id)?: (try? store.open(id).0).map { Left(log: $0) }
    case nil: nil
    }
  }

  /// The same for who only looks.
  func isLeft(_ claim: Claim, driving: String? = nil) -> Bool {
    switch home(of: claim, driving: driving) {
    case .inHand?: true
    case .kept(let id)?: !store.isDriven(id)
    case nil: false
    }
  }

  /// Where the log of the rollout is that a claim was made for.
  private enum Home {
    case inHand
    case kept(String)
  }

  private func home(of claim: Claim, driving: String? = nil, as host: String? = nil) -> Home? {
    guard claim.who == who else { return nil }
    if let driving, Self.is(claim, of: driving) {
      // Of two names that lead to one install it may be the other one's.
      return claim.host == nil || host == nil || claim.host == host ? .inHand : nil
    }
    return rollout(of: claim).map { .kept($0) }
  }

  /// Whether a person may say that it is left: it was made for this inventory, and no fleet here is behind it. The
  /// rollout that it was made for may be kept nowhere any more.
  func isOwn(_ claim: Claim, inventory: FilePath) -> Bool {
    guard claim.who == who else { return false }
    guard let id = rollout(of: claim) else {
      return claim.inventory == nil || claim.inventory == inventory.string
    }
    return !store.isDriven(id)
  }

  /// The rollout that it was made for, by the name of its job; nil where that is none of those that are kept here.
  private func rollout(of claim: Claim) -> String? {
    let ids = ((try? store.ids()) ?? []).filter { Self.is(claim, of: $0) }
    return ids.max { $0.utf8.count < $1.utf8.count }
  }

  /// Jobs are named as their rollout, further ones with a dot behind that.
  static func `is`(_ claim: Claim, of rollout: String) -> Bool {
    claim.rollout == rollout || claim.rollout.begins(with: rollout + ".")
  }
}
