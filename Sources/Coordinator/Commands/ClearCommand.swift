import Driver
import Text
import Hosts
import Inventory
import Report
import ArgumentParser
import Wire

struct ClearCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "clear",
    abstract: "Say that a host is mended: takes its mark away, or what it remembers.",
    discussion: """
      Look first: fleet logs HOST. That the host is mended does not mend a release: what had failed there goes there \
      again with --retry only (of upgrade or resume). Where there is no mark, clear takes away what is held back \
      after a rollback and which releases were refused or had failed, so a second clear forgets that, too. A claim \
      that an own fleet left behind goes in any case. It says which of that it did.

      Examples:
        fleet clear flower-1
        fleet clear @failed
      """)

  @Argument(help: ArgumentHelp("Hosts or groups; at least one.", valueName: "host"))
  var hosts: [String]
  @OptionGroup var common: CommonOptions

  struct Row: Encodable {
    var host: String
    var cleared: Bool
    var problem: String?
    /// The release whose mark is gone.
    var mark: String?
    /// Releases that go there again only with `--retry`.
    var remembered: [String] = []
    /// Releases that were held back or remembered, and are not any more.
    var forgotten: [String] = []
    /// The rollout whose claim is gone.
    var claim: String?
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let chosen = try session.select(hosts)
    let answers = await session.each(chosen) { host -> Result<Row, HostBackups.Trouble> in
      do { return .success(try await clear(host, session)) } catch {
        return .failure(HostBackups.Trouble(error, at: host))
      }
    }
    var codes: [RunExit] = []
    let rows = answers.map { host, answer -> Row in
      switch answer {
      case .success(let row): return row
      case .failure(let trouble):
        codes.append(trouble.code)
        return Row(host: host.name, cleared: false, problem: trouble.text)
      }
    }
    try session.show(rows) {
      for row in rows { session.print("\(row.host): \(row.problem ?? text(row))") }
    }
    return RunExit.worst(codes)
  }

  private func clear(_ host: Host, _ session: Session) async throws -> Row {
    let app = host.key(of: session.fleet.app)
    // Where it cannot be read, that is what is to be mended.
    let before = try? await status(host, app, session)
    _ = try await session.ask(host, .clear(app: app))
    var row = Row(host: host.name, cleared: true)
    row.mark = before?.mark.map { visible($0.tag, limit: 80) }
    // It is cleared by now: who is told that it failed would type it again, and the second time says more.
    if let claim = before?.claim, (try? await giveBack(claim, host, app, session)) == true {
      row.claim = visible(claim.rollout, limit: 200)
    }
    guard let after = try? await status(host, app, session) else { return row }
    func tags(_ status: HostStatus?) -> [String] {
      (status?.refusals.map(\.tag) ?? []) + (status?.heldTag.map { [$0] } ?? [])
    }
    row.remembered = after.refusals.map { visible($0.tag, limit: 80) }
    row.forgotten = tags(before).filter { !tags(after).contains($0) }.map { visible($0, limit: 80) }
    return row
  }

  private func status(_ host: Host, _ app: String, _ session: Session) async throws -> HostStatus {
    guard case .status(let status) = try await session.ask(host, .status(app: app)) else {
      throw HostError.protocolFault("the agent gave no status")
    }
    return status
  }

  private func giveBack(
    _ claim: Claim, _ host: Host, _ app: String, _ session: Session
  ) async throws -> Bool {
    guard session.leftClaims.isLeft(claim) else { return false }
    _ = try await session.ask(host, .unclaim(app: app, rollout: claim.rollout))
    return true
  }

  private func text(_ row: Row) -> String {
    var parts: [String] = []
    if let mark = row.mark {
      let again = row.remembered.contains(mark)
      parts.append(
        "the mark of \(mark) is gone"
          + (again ? "; it goes there again only with --retry (a second clear forgets that)" : ""))
    }
    if !row.forgotten.isEmpty { parts.append("\(Wording.list(row.forgotten)) may go there again") }
    if let claim = row.claim { parts.append("the claim that \(claim) left is gone") }
    return parts.isEmpty ? "there was nothing to clear" : "cleared: " + parts.joined(separator: "; ")
  }
}
