import Wire

/// What another coordinator left is taken up.
extension Rollout {
  /// Cutovers are followed, all others are probed and staged again (the agent knows what it has done by
  /// the job's name). Where it had ended, all that is not at the release may try again, and earlier
  /// failures no longer count.
  ///
  /// - Parameter asks: where something new is to be begun, that is asked for first.
  mutating func resume(_ chosen: [String]?, asks: Bool) -> [Action] {
    let hadEnded = ending != nil
    if asks { (isApproved, wasApproved) = (false, isApproved || wasApproved) }
    ending = nil
    interruptions = 0
    if hadEnded {
      halt = nil
      wave = nil
      // None has shown anything: one has to go first again.
      if !canaryHasGone { isCanaryDone = false }
    }
    var actions: [Action] = []
    for index in members.indices {
      members[index].isForgiven = hadEnded && members[index].outcome != nil
      if !(chosen?.contains(members[index].name) ?? true), !members[index].place.isInCutover {
        if members[index].outcome == nil { settle(index, .untouched, nil) }
        continue
      }
      switch members[index].place {
      case .cutover, .lost: actions.append(follow(index))
      case .goingBack: actions.append(followBack(index))
      case .staged where halt != nil, .clearing where halt != nil: break  // It only remains to say so.
      case .unseen, .probing, .planned, .staging, .staged, .clearing: members[index].place = .unseen
      case .settled(.unknown) where hadEnded && members[index].rollback == .underWay:
        actions.append(followBack(index))
      case .settled(.unknown) where hadEnded && members[index].isDoubtedBeforeOrder: tryAgain(index)
      case .settled(.unknown) where hadEnded: actions.append(follow(index))
      case .settled(.unreachable): members[index].place = .unseen
      // It was left out of the run before, or the log was written anew from what the agents told.
      case .settled(.untouched) where !hadEnded && members[index].cause == nil: members[index].place = .unseen
      case .settled(let outcome) where hadEnded && !outcome.isAtRelease: tryAgain(index)
      case .settled: break
      }
    }
    // Who went back, or tries again, is not watched any more: nobody would hear how that ends.
    let watched = (soakDue ?? []).filter { self[$0]?.outcome == .upgraded }
    soakDue = watched.isEmpty ? nil : watched
    watchCanaryAgain()
    phase = .following
    return actions + advance()
  }

  private mutating func follow(_ index: Int) -> Action {
    members[index].place = .lost
    members[index].isForgiven = false
    return .follow(members[index].name)
  }

  /// The agent knows its rollback too; what never arrived there is ordered now.
  private mutating func followBack(_ index: Int) -> Action {
    members[index].place = .goingBack
    return .goBack(members[index].name, mayBeUnderWay: true)
  }

  private mutating func tryAgain(_ index: Int) {
    members[index].before = Try(members[index])
    if members[index].result?.outcome != nil { members[index].attempt += 1 }
    members[index].place = .unseen
    members[index].cause = nil
    members[index].result = nil
    members[index].orders = 0
    members[index].isForgiven = false
    members[index].isDoubtedBeforeOrder = false
    members[index].unwell = nil
    members[index].rollback = .none
    members[index].rollbackResult = nil
    members[index].rollbackTrouble = nil
    // A canary that no longer runs the release has shown nothing: another has to go first.
    guard let canary = canaries.firstIndex(of: members[index].name) else { return }
    canaries.remove(at: canary)
    if canaries.isEmpty { isCanaryDone = false }
  }

  /// The others waited for the canary so that it could show what is wrong: it is looked at before they go.
  private mutating func watchCanaryAgain() {
    let upgraded = canaries.filter { self[$0]?.outcome == .upgraded }
    if policy.canaryForSeconds > policy.soakSeconds, batchesBegun == 0, !upgraded.isEmpty {
      soakDue = upgraded
    }
  }
}
