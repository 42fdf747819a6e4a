internal import Wire

/// What rollouts that are over, or of which nothing is kept here any more, have left on hosts: a staged release that
/// waits for nobody, and claims.
struct Leavings {
  let session: Session
  let connector: any HostConnector

  private struct Left {
    var host: Host
    /// What is staged.
    var job: String?
    var claim: Claim?
  }

  func takeBack() async throws -> RunExit {
    let answers = await session.survey(session.fleet.hosts, over: connector)
    let left = answers.compactMap { find($0.host, $0.answer) }
    for case (let host, .probe(let probe, _)) in answers where probe.isInCutover {
      session.aside(
        "\(host.name): \(probe.status.openJob ?? "a job") is in its cutover; fleet resume follows it.")
    }
    guard !left.isEmpty else {
      session.aside("There is no open rollout.")
      return .good
    }
    let names = Wording.list(left.map(\.host.name))
    let jobs = Set(left.compactMap { $0.job ?? $0.claim?.rollout }).sorted().map { visible($0, limit: 200) }
    guard
      try await session.prompter.confirm(
        "There is no open rollout. Take back what \(Wording.list(jobs)) left on \(names)?")
    else { return .interrupted }
    let told = await session.each(left.map(\.host)) { [connector, app = session.fleet.app] host -> Bool in
      guard let one = left.first(where: { $0.host.name == host.name }),
        let connection = try? await connector.connect(to: host)
      else { return false }
      let key = host.key(of: app)
      if let job = one.job { _ = try? await connection.ask(.cancel(app: key, job: job)) }
      let reply: Reply? =
        if let claim = one.claim {
          try? await connection.ask(.unclaim(app: key, rollout: claim.rollout))
        } else { .ok }
      await connection.close()
      return reply == .ok
    }
    let missed = told.filter { !$0.answer }.map(\.host.name)
    guard missed.isEmpty else {
      session.warn("Not told: \(Wording.list(missed)).")
      return .unreachable
    }
    session.aside("Taken back on \(names).")
    return .good
  }

  /// nil where there is nothing, or somebody else's.
  private func find(_ host: Host, _ answer: SurveyAnswer) -> Left? {
    guard case .probe(let probe, _) = answer, !probe.isInCutover else { return nil }
    let status = probe.status
    if let claim = status.claim, !session.leftClaims.isOwn(claim, inventory: session.fleet.folder) {
      return nil
    }
    let job = status.state == "staged" ? status.openJob : nil
    guard job != nil || status.claim != nil else { return nil }
    return Left(host: host, job: job, claim: status.claim)
  }
}
