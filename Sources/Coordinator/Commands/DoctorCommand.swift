import Rollout
import Catalogue
import Text
import Driver
import Inventory
import Report
import Hosts
import ArgumentParser
import ByteText
import Wire

struct DoctorCommand: EachAppVerb {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look at everything that an upgrade will need, and change nothing.",
    discussion: """
      Says what is installed and where, how the app is, what marks it, what is open, which hosts are reached by your \
      own ssh and why, which entries of the inventory clash on one machine, what a stage would refuse (packages, \
      units, an overlay in memory, paths outside), and once whether the releases can be had. Exits with 2 when \
      something is bad.

      Examples:
        fleet doctor
        fleet doctor veg -o json
      """)

  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let chosen = try session.select(hosts.patterns)
    let setup = try context.setup(session.fleet)
    var found = await session.each(chosen) { await setup.examine($0, in: session.fleet) }
    let machines = SharedMachines(
      found.compactMap { host, list in list.compactMap(\.place).first.map { (host, $0) } })
    for index in found.indices {
      guard let clash = machines.objection(to: found[index].host) else { continue }
      found[index].answer.append(Diagnosis(verdict: .bad, subject: "machine", text: clash.text))
    }
    let releases = await sources(of: chosen, session)
    let rows =
      found.flatMap { host, list in
        list.map { DiagnosisRow($0, of: host, typed: session.typed) }
      }
      + releases
    try session.show(rows) {
      session.table(rows)
      guard !session.quiet else { return }
      session.print(Self.sum(rows))
      guard !rows.contains(where: { $0.verdict == .bad }) else { return }
      let step = NextSteps.Line(
        command: session.typed.command("plan"), why: "what an upgrade would do, host by host")
      NextSteps.table([step]).forEach { session.print($0) }
    }
    return rows.contains { $0.verdict == .bad } ? .failed : .good
  }

  /// Whether the releases can be had, once for each place that they come from.
  private func sources(of hosts: [Host], _ session: Session) async -> [DiagnosisRow] {
    var rows: [DiagnosisRow] = []
    var asked: [ReleaseSource] = []
    for source in hosts.flatMap(\.profiles).map(\.source) where !asked.contains(source) {
      asked.append(source)
      do {
        let list = try await session.context.catalogue(session.fleet).list(of: source)
        let count = list.entries.count
        let text = count == 1 ? "1 is offered" : "\(count) are offered"
        rows.append(DiagnosisRow(host: "", verdict: .good, subject: "releases", text: text))
      } catch {
        let text = "\(error)".textLines.joined(separator: ". ")
        rows.append(DiagnosisRow(host: "", verdict: .bad, subject: "releases", text: visible(text)))
      }
    }
    return rows
  }

  static func sum(_ rows: [DiagnosisRow]) -> String {
    func hosts(_ verdict: Diagnosis.Verdict) -> [String] {
      var names: [String] = []
      for row in rows where row.verdict == verdict && !row.host.isEmpty && !names.contains(row.host) {
        names.append(row.host)
      }
      return names
    }
    let (bad, warned) = (hosts(.bad), hosts(.warning))
    let hasReleases = !rows.contains { $0.host.isEmpty && $0.verdict == .bad }
    if !bad.isEmpty {
      return
        "Something is bad on \(Wording.list(bad))\(hasReleases ? "" : ", and the releases cannot be had")."
    }
    guard hasReleases else { return "The hosts are ready; the releases cannot be had." }
    return warned.isEmpty
      ? "All good: an upgrade will find what it needs."
      : "Nothing is bad; look at what is said of \(Wording.list(warned))."
  }
}
