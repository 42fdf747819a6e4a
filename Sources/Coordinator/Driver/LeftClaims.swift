import ByteText
import Synchronization
import SystemPackage
package import Wire

/// Claims that this person's own fleets left on hosts: what they were made for is over, or nobody drives it any more.
/// They keep others out until they run out, and never oneself.
package struct LeftClaims: Sendable {
  /// user@machine.
  package let who: String
  /// Of this machine: whoever drives a rollout here has its log.
  let store: RolloutStore
  /// The folder of ours. A log that is lost is written anew from what agents tell, under the same name: then only this
  /// tells whether a claim is not another fleet's of the same person.
  let inventory: String
  private let hands = Hands()

  package init(who: String, store: RolloutStore, inventory: String) {
    (self.who, self.store, self.inventory) = (who, store, inventory)
  }

  /// A claim that nobody is behind, as long as this lives: its rollout cannot be taken up meanwhile.
  package struct Left {
    fileprivate let log: EventLog?
  }

  /// The logs that are held just now: hosts that one dead rollout left its claims on are taken side by side, and must
  /// not take each other for somebody at work.
  private final class Hands: Sendable {
    private struct Held {
      weak var log: EventLog?
    }

    private let held = Mutex<[String: Held]>([:])

    func holds(_ id: String) -> Bool { held.withLock { $0[id]?.log != nil } }

    /// nil where somebody else has it.
    func take(_ id: String, from store: RolloutStore) -> EventLog? {
      held.withLock {
        if let log = $0[id]?.log { return log }
        let log = try? store.open(id).0
        $0[id] = Held(log: log)
        return log
      }
    }
  }

  /// nil where somebody may be at work: another person or machine, or another fleet on this one.
  ///
  /// - Parameters:
  ///   - driving: the rollout whose log is in our own hands.
  ///   - host: the inventory's name of it, where the claim may be one of that rollout.
  package func take(_ claim: Claim, driving: String? = nil, as host: String? = nil) -> Left? {
    switch home(of: claim, driving: driving, as: host) {
    case .inHand?: Left(log: nil)
    case .kept(let id)?: hands.take(id, from: store).map { Left(log: $0) }
    case nil: nil
    }
  }

  /// The same for who only looks.
  package func isLeft(_ claim: Claim, driving: String? = nil) -> Bool {
    switch home(of: claim, driving: driving) {
    case .inHand?: true
    case .kept(let id)?: hands.holds(id) || !store.isDriven(id)
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
    if let driving, Self.is(claim, of: driving), isOfOurs(claim) {
      // Of two names that lead to one install it may be the other one's.
      return claim.host == nil || host == nil || claim.host == host ? .inHand : nil
    }
    return rollout(of: claim).map { .kept($0) }
  }

  /// What is known here of whose a job is.
  package enum Owner {
    /// Of a rollout that is over: nobody will go on with it.
    case over
    /// Of one that somebody goes on with.
    case open
    /// Of a rollout that is not kept here: another person's, or one's own whose state is lost.
    case unknown
  }

  package func owner(of job: String) -> Owner {
    guard let id = rollout(of: job) else { return .unknown }
    guard !store.isDriven(id), let record = try? store.record(id), !record.isOpen else { return .open }
    return .over
  }

  /// The rollout that a claim was made for; nil where that is none of those that are kept here.
  private func rollout(of claim: Claim) -> String? { rollout(of: claim.rollout) }

  private func rollout(of job: String) -> String? {
    let ids = ((try? store.ids()) ?? []).filter { Self.is(job, of: $0) }
    return ids.max { $0.utf8.count < $1.utf8.count }
  }

  /// Made by this person for this inventory.
  package func isOfOurs(_ claim: Claim) -> Bool {
    claim.who == who && (claim.inventory == nil || claim.inventory == inventory)
  }

  package static func `is`(_ claim: Claim, of rollout: String) -> Bool { Self.is(claim.rollout, of: rollout) }

  /// Jobs are named as their rollout, further ones with a dot behind that.
  package static func `is`(_ job: String, of rollout: String) -> Bool {
    job == rollout || job.begins(with: rollout + ".")
  }
}
