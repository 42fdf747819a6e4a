package import Inventory
import Rollout
import Wire

extension Rollout.Policy {
  package init(_ policy: RolloutPolicy) {
    self.init()
    switch policy.canary {
    case .count(let count): canary = .first(count)
    case .hosts(let names): canary = .hosts(names)
    }
    batches = policy.batches.map {
      switch $0 {
      case .count(let count): .hosts(count)
      case .percent(let percent): .percent(percent)
      }
    }
    maxParallel = policy.maxParallel
    stageParallel = policy.stageParallel
    maxFailures = policy.maxFailures
    haltOnUnreachable = policy.unreachable == .halt
    rollsBack = policy.onFailure == .rollback
    soakSeconds = policy.soakSeconds
    canaryForSeconds = policy.canaryForSeconds
    neverTogether = policy.neverTogether
    if policy.oneMachine == .together { together = true }
    confirmWithinSeconds = policy.undoUnlessReachableSeconds
  }
}
