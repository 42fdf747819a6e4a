import Hosts
import Inventory
import Report
import ByteText
import Synchronization
import Wire

/// What `bootstrap`, `trust` and `remove` have in common: host after host, since they may ask; the
/// next one goes on when one fails.
struct HostBatch {
  let session: Session

  struct Row: Encodable {
    var host: String
    var done: Bool
    var notes: [String]
    var problem: String?
  }

  /// - Parameters:
  ///   - next: what it leads to, by the hosts where it is done and those where it is not.
  ///   - body: says what it did through its last parameter.
  func each(
    _ hosts: [Host], next: (_ done: [String], _ left: [String], _ session: Session) -> [NextSteps.Line],
    _ body: (Host, any HostSetup, @escaping @Sendable (SetupNote) -> Void) async throws(SetupError) -> Void
  ) async throws -> RunExit {
    let setup = try session.context.setup(session.fleet)
    var rows: [Row] = []
    var codes: [RunExit] = []
    for host in hosts {
      let notes = Mutex<[SetupNote]>([])
      let (output, session) = (session.output, session)
      if output == .text { session.aside("\(host.name):") }
      do throws(SetupError) {
        try await body(host, setup) { note in
          notes.withLock { $0.append(note) }
          if output == .text { session.aside("  \(note.changed ? "*" : " ") \(note.text)") }
        }
        rows.append(Row(host: host.name, done: true, notes: notes.withLock { $0.map(\.text) }))
      } catch {
        rows.append(
          Row(
            host: host.name, done: false, notes: notes.withLock { $0.map(\.text) },
            problem: session.typed.words(error.description)))
        codes.append(FleetProgram.code(ofSetup: error))
        if output == .text {
          session.aside("  ! " + (error.isDeclined ? "left out" : "not done; why is said below"))
        }
        // Nobody to ask, or Ctrl-C: the next host would fare no better.
        if case .prompt = error { break }
      }
    }
    try session.show(rows) {
      for row in rows where row.problem != nil || !session.quiet {
        let problem = row.problem.map { $0.without(prefix: "\(row.host): ").map { String($0) } ?? $0 }
        session.print("\(row.host): \(problem ?? "done")")
      }
      guard !session.quiet || !codes.isEmpty else { return }
      let done = rows.filter(\.done).map(\.host)
      let left = hosts.map(\.name).filter { !done.contains($0) }
      NextSteps.table(next(done, left, session)).forEach { session.print($0) }
    }
    return RunExit.worst(codes)
  }
}
