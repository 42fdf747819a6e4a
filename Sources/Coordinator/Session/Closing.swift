import Driver
import Hosts
import Inventory
import Report
import Rollout
import Store
import Text
import Wire

/// Gives a rollout up: staged orders are taken back, claims too. What is in its cutover goes on.
struct Closing {
  let session: Session
  let connector: any HostConnector

  struct Closed {
    /// Hosts that could not be told.
    var missed: [String]
    /// Hosts that stay marked.
    var marked: [String]
    /// Why its report is not kept.
    var fault: StoreError?
  }

  func close(_ record: RolloutRecord) async throws -> Closed {
    let id = record.header.rollout
    let (log, read) = try session.store.open(id)
    var now = read ?? record
    let told = await tell(now)
    var line = EventLine(name: .closed)
    line.seq = now.lastSeq + 1
    line.time = UTC.text(session.context.time.nowMilliseconds())
    try log.append(line, durable: true)
    _ = now.add(line)
    let fault = session.keep(Report(now))
    return Closed(
      missed: Self.missed(told),
      marked: told.filter { $0.answer?.mark != nil }.map(\.host.name), fault: fault)
  }

  /// Takes back what is staged of a rollback that was not begun, and says where that is not known.
  func takeBack(_ record: RolloutRecord) async {
    say(missed: Self.missed(await tell(record)))
  }

  func say(missed hosts: [String]) {
    guard !hosts.isEmpty else { return }
    session.warn("Not told, their claims end by themselves within half an hour: \(Wording.list(hosts)).")
  }

  private static func missed(_ told: [(host: Host, answer: HostStatus?)]) -> [String] {
    told.filter { $0.answer == nil }.map(\.host.name)
  }

  /// What is staged and not taken is taken back, and the claim; how each host is then, nil where it could not be told.
  private func tell(_ record: RolloutRecord) async -> [(host: Host, answer: HostStatus?)] {
    let hosts = session.fleet.hosts.filter { record.header.hosts.contains($0.name) }
    return await session.each(hosts) { [connector] host in
      await Self.tell(
        host, app: host.key(of: record.header.app), job: record.rollout.job(of: host.name),
        of: record.header.rollout, connector)
    }
  }

  private static func tell(
    _ host: Host, app: String, job: String, of rollout: String, _ connector: any HostConnector
  ) async -> HostStatus? {
    guard let connection = try? await connector.connect(to: host) else { return nil }
    _ = try? await connection.ask(.cancel(app: app, job: job))
    var status = HostStatus(app: app, state: .idle)
    if case .status(let found)? = try? await connection.ask(.status(app: app)) { status = found }
    // An earlier try may have left its own.
    let claim = status.claim.flatMap { LeftClaims.is($0, of: rollout) ? $0.rollout : nil }
    let reply = try? await connection.ask(.unclaim(app: app, rollout: claim ?? job))
    await connection.close()
    return reply == .ok ? status : nil
  }
}
