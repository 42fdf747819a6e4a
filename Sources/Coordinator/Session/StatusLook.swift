import Catalogue
import Driver
import Hosts
import Inventory
import Report
import Wire

/// All hosts, asked once what is on them, beside what the source has for them.
struct StatusLook {
  var rows: [StatusRow]
  /// nil where nobody knows the releases.
  var plan: Plan?
  var tags: Tags
  /// Why nobody does.
  var sourceTrouble: (any Error)?
  var answers: [(host: Host, answer: SurveyAnswer)]
  /// Hosts that clash with another entry of the inventory.
  var clashing: Set<String>

  /// - Parameter meet: how the hosts are asked.
  static func take(
    _ asked: [(host: Host, answer: (answer: SurveyAnswer, hello: HostHello?))],
    _ catalogue: any ReleaseCatalogue, _ session: Session
  ) async -> StatusLook {
    let answers = asked.map { (host: $0.host, answer: $0.answer.answer) }
    var look = StatusLook(rows: [], plan: nil, tags: Tags(), answers: answers, clashing: [])
    do {
      look.tags = try await Tags.read(answers, from: catalogue)
      let tags = look.tags
      look.plan = try Plan.make(answers, skip: session.fleet.skip, wishes: PlanWishes()) { tags.of($0) }
    } catch { look.sourceTrouble = error }
    let machines = SharedMachines(answers)
    look.rows = asked.map { host, met in
      let clash = machines.objection(to: host)
      if clash != nil { look.clashing.insert(host.name) }
      var row = StatusRow(host, met.answer, agent: met.hello?.version, in: look.plan, clash: clash)
      if case .probe(let probe, _) = met.answer, let claim = probe.status.claim,
        session.leftClaims.isLeft(claim)
      {
        row.claimLeft = true
      }
      return row
    }
    return look
  }
}
