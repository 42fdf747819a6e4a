package import Rollout
package import Hosts
package import Catalogue
package import Inventory
package import Store
import Wire

/// Performs what ``Rollout`` decides: one loop takes the news, writes it down, asks the machine and
/// starts what it says. Each host is worked on by a ``HostWorker`` of its own.
package struct RolloutRunner {
  let hosts: [String: Host]
  /// The verified release, where some host may have to be staged.
  let release: FetchedRelease?
  let connector: any HostConnector
  let renewal: AgentRenewal
  let leftClaims: LeftClaims
  let time: TimeSource
  let display: any Display
  /// Each element is one Ctrl-C.
  let interrupts: AsyncStream<Void>
  /// Whether a host may be cut over now.
  let gate: CutoverGate
  let installed: InstalledReleases

  package init(
    hosts: [Host], release: FetchedRelease?, connector: any HostConnector, renewal: AgentRenewal,
    leftClaims: LeftClaims, time: TimeSource, display: any Display, interrupts: AsyncStream<Void>,
    gate: CutoverGate, installed: InstalledReleases
  ) {
    self.hosts = Dictionary(uniqueKeysWithValues: hosts.map { ($0.name, $0) })
    self.release = release
    self.connector = connector
    self.renewal = renewal
    self.leftClaims = leftClaims
    self.time = time
    self.display = display
    self.interrupts = interrupts
    self.gate = gate
    self.installed = installed
  }

  /// How a run begins.
  package enum Start: Sendable {
    /// With a plan that was shown and agreed to: how each of its hosts was found.
    case plan([PlanEntry])
    /// Where an earlier run left it.
    case resume(Resumption)
  }

  /// What going on with a rollout asks for.
  package struct Resumption: Sendable {
    /// Those that may go on; nil: all.
    let hosts: [String]?
    let stageOnly: Bool
    /// Asks a host, and says what that means for this release and its job on that host.
    let probe: @Sendable (_ host: Host, _ job: String) async -> PlanEntry
    /// Shows the plan and asks for it: for the hosts of the rollout, as it is, that are to be asked for.
    let askPlan: @Sendable (Rollout) async -> Bool

    package init(
      hosts: [String]?, stageOnly: Bool,
      probe: @escaping @Sendable (_ host: Host, _ job: String) async -> PlanEntry,
      askPlan: @escaping @Sendable (Rollout) async -> Bool
    ) {
      self.hosts = hosts
      self.stageOnly = stageOnly
      self.probe = probe
      self.askPlan = askPlan
    }
  }

  /// What a run came to.
  package struct Ended {
    package var record: RolloutRecord
    /// Ctrl-C, or "no" to the plan, before anything was begun or followed.
    package var isGivenUp: Bool
    /// `fleet abort` on this machine ended it, and closes it.
    package var isAborted: Bool
    /// Why not all of it is written down.
    package var fault: StoreError?
  }

  /// Runs to its end, or to the second Ctrl-C. Where one is gone on with and given up before anything is begun, or had
  /// ended and nothing comes of it, its log and record stay as they are.
  ///
  /// - Parameter record: where it stands.
  package func run(_ record: RolloutRecord, log: EventLog, from start: Start) async -> Ended {
    let (stream, continuation) = AsyncStream.makeStream(of: News.self)
    let tell: @Sendable (News) -> Void = { continuation.yield($0) }
    let requests = StopRequest.Kind.allCases.map { ($0, log.request($0)) }
    // One that came too late for the run before.
    for (_, request) in requests { _ = request.take() }
    var run = RolloutRun(self, record, log, start, tell)
    // Not a task group: after the second Ctrl-C nothing is waited for any more.
    var tasks = watches(requests, run.workers, tell)
    for news in opening(start) { tell(news) }
    for await news in stream {
      tasks += run.take(news)
      if run.book.hasEnded { break }
    }
    tasks.forEach { $0.cancel() }
    await withTaskGroup(of: Void.self) { group in
      for worker in run.workers.values { group.addTask { await worker.release() } }
    }
    return Ended(
      record: run.book.record, isGivenUp: run.book.isGivenUp, isAborted: run.book.isAborted,
      fault: run.book.fault)
  }

  private func opening(_ start: Start) -> [News] {
    switch start {
    case .plan(let entries):
      let now = time.nowMilliseconds()
      return [.event(.begun)] + entries.map { .event(News.Event($0, now: now)) } + [.event(.planApproved)]
    case .resume(let resumption):
      return [.event(.resumed(resumption.hosts, stageOnly: resumption.stageOnly, asks: true))]
    }
  }

  /// What goes on beside the loop for as long as it runs.
  private func watches(
    _ requests: [(StopRequest.Kind, StopRequest)], _ workers: [String: HostWorker],
    _ tell: @escaping @Sendable (News) -> Void
  ) -> [RolloutRun.Work] {
    [
      Task { [interrupts] in
        for await _ in interrupts { tell(.event(.interrupted)) }
      },
      // As the first Ctrl-C, wherever that terminal is; who repeats it wants no more than that.
      Task { [time] in
        while (try? await time.sleep(RolloutLimits.stopPollMilliseconds)) != nil {
          guard let (kind, _) = requests.first(where: { $0.1.take() }) else { continue }
          tell(kind == .abort ? .aborted : .event(.interrupted))
          return
        }
      },
      Task { [time] in
        while (try? await time.sleep(Int64(RolloutLimits.claimRenewalSeconds) * 1000)) != nil {
          // Side by side: a host that does not answer must not let the claims of the others run out.
          await withTaskGroup(of: Void.self) { group in
            for worker in workers.values { group.addTask { await worker.renew() } }
          }
        }
      },
    ]
  }
}
