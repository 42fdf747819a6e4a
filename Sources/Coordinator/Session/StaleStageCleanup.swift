import Text
import Driver
import Report
import Inventory
import Hosts
import Wire

/// What rollouts that are over have left on hosts: a staged release that waits for nobody, and claims. What somebody
/// else may have left is not touched.
struct StaleStageCleanup {
  let session: Session
  let connector: any HostConnector

  private struct Left {
    var host: Host
    /// What is staged.
    var job: String?
    var claim: Claim?
    /// Something of it is of a rollout that is not kept here.
    var isDoubtful = false
  }

  func takeBack() async throws -> RunExit {
    let answers = await session.survey(session.fleet.hosts, over: connector)
    // Whose that is that is not kept here only a person can say.
    let left = answers.compactMap { find($0.host, $0.answer) }.filter { !$0.isDoubtful || !session.yes }
    for case (let host, .probe(let probe, _)) in answers where probe.isInCutover {
      let job = probe.status.openJob ?? "a job"
      session.aside("\(host.name): \(job) is in its cutover; \(session.typed.command("resume")) follows it.")
    }
    let away = answers.filter { if case .error = $0.answer { true } else { false } }.map(\.host.name)
    if !away.isEmpty { session.aside("Not reached: \(Wording.list(away)).") }
    guard !left.isEmpty else {
      session.aside("There is no open rollout.")
      return .good
    }
    let names = Wording.list(left.map(\.host.name))
    let jobs = Set(left.compactMap { $0.job ?? $0.claim?.rollout }).sorted().map { visible($0, limit: 200) }
    let doubtful = left.filter(\.isDoubtful).map(\.host.name)
    let doubt =
      doubtful.isEmpty
      ? ""
      : " Of what is on \(Wording.list(doubtful)) nothing is kept here: another fleet may be at work with it."
    guard
      try await session.prompter.confirm(
        "There is no open rollout. Take back what \(Wording.list(jobs)) left on \(names)?\(doubt)")
    else { return .interrupted }
    let told = await session.each(left.map(\.host)) { [connector, app = session.fleet.app] host -> Bool in
      guard let one = left.first(where: { $0.host.name == host.name }),
        let connection = try? await connector.connect(to: host)
      else { return false }
      let key = host.key(of: app)
      var replies: [Reply?] = []
      if let job = one.job { replies.append(try? await connection.ask(.cancel(app: key, job: job))) }
      if let claim = one.claim {
        replies.append(try? await connection.ask(.unclaim(app: key, rollout: claim.rollout)))
      }
      await connection.close()
      return replies.allSatisfy { $0 == .ok }
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
    let claims = session.leftClaims
    var left = Left(host: host)
    if let claim = status.claim {
      guard claim.who == claims.who else { return nil }
      left.isDoubtful = !claims.isLeft(claim)
      if left.isDoubtful, claims.owner(of: claim.rollout) != .unknown { return nil }
      left.claim = claim
    }
    if status.jobState == .staged, let job = status.openJob {
      switch claims.owner(of: job) {
      case .over: left.job = job
      case .open: break
      case .unknown: (left.job, left.isDoubtful) = (job, true)
      }
    }
    return left.job == nil && left.claim == nil ? nil : left
  }
}
