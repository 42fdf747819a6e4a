import Report
import Hosts
import Store
import Text
import Rollout
import Inventory
import Driver
import SystemPackage
import Wire

/// The log of a rollback by hand, kept as that of a rollout of one host: so it is told, followed to its end by
/// `resume`, given up by `abort`, and stands in the history.
struct RollbackStory {
  private let session: Session
  private let host: String
  private let log: EventLog
  private(set) var record: RolloutRecord
  private var isBroken = false

  /// nil where it cannot be kept: that is said, and keeps nobody from going back.
  init?(of backup: Backup, with profile: AppProfile, on host: Host, _ session: Session) {
    self.session = session
    self.host = host.name
    var policy = Rollout.Policy()
    policy.canary = .first(0)
    policy.soakSeconds = 0
    let now = session.bench.time.nowMilliseconds()
    let id = UTC.rolloutID(now, tag: "rollback")
    do {
      for attempt in 1...100 {
        let name = attempt == 1 ? id : "\(id)_\(attempt)"
        guard let log = try session.store.make(name) else { continue }
        var header = RolloutHeader(
          rollout: name, app: session.fleet.app, name: session.fleet.name, track: "",
          tag: visible(backup.version, limit: 80), release: nil, verified: [], policy: policy,
          hosts: [host.name], inventory: session.fleet.folder.string, who: session.bench.who)
        header.restores = visible(backup.name, limit: 200)
        self.log = log
        record = RolloutRecord(header, at: UTC.text(now))
        write(record.firstLine, durable: true)
        write(EventLine(Rollout.Event.begun))
        var probed = EventLine(.hostProbed(host.name, .goes(from: nil)))
        probed.profile = profile
        write(probed)
        write(EventLine(Rollout.Event.planApproved), durable: true)
        return
      }
      throw StoreError(path: session.store.folder, action: "make \(id)", cause: "taken too often")
    } catch {
      session.warn("the rollback goes on, and is not written down: \(error)")
      return nil
    }
  }

  var id: String { record.header.rollout }

  mutating func begun() {
    var line = EventLine(name: .stageBegan, host: host)
    line.text = id
    write(line)
  }

  /// What was heard of its job until it rested, and how.
  mutating func staged(_ result: JobResult, _ heard: [EventLine]) {
    heard.forEach { write($0) }
    write(.staged(host, result))
  }

  /// From here on the host may go back, whatever is heard of it.
  mutating func ordered(lifetimeSeconds: Int) {
    write(.cleared(host, lifetimeSeconds: lifetimeSeconds))
    write(EventLine(name: .cutoverOrdered, host: host), durable: true)
  }

  mutating func rested(_ result: JobResult, _ heard: [EventLine]) {
    heard.forEach { write($0) }
    write(.cutoverRested(host, result))
  }

  /// The order to cut over was not taken.
  mutating func refused(_ reason: Cause) {
    var result = JobResult(job: id, outcome: .refused, target: record.header.tag)
    result.reason = reason
    write(.cutoverRested(host, result))
  }

  /// It could not be begun.
  mutating func failed(_ error: any Error) {
    switch error {
    case let error as HostError where error.isAway:
      write(.hostUnreachable(host, Cause(error, at: host)))
    case let error as HostError: write(.stageFailed(host, Cause(error, at: host)))
    case let error as AgentRefusal: write(.stageFailed(host, error.reason))
    case let error: write(.stageFailed(host, Cause(code: .fault, text: "\(error)")))
    }
  }

  /// Where its end is known, it is over; else it stays open.
  mutating func finish() {
    guard let ending = record.rollout.ending else { return }
    var line = EventLine(name: .finished)
    line.ending = ending
    write(line, durable: true)
    guard !isBroken else { return }
    if let fault = session.keep(Report(record)) { session.warn("its report is not kept: \(fault)") }
  }

  private mutating func write(_ event: Rollout.Event) {
    write(EventLine(record.believed(event)), durable: true)
  }

  private mutating func write(_ news: EventLine, durable: Bool = false) {
    var line = news
    line.seq = record.lastSeq + 1
    line.time = UTC.text(session.bench.time.nowMilliseconds())
    if !isBroken, !line.isProgress {
      do throws(StoreError) {
        try log.append(line, durable: durable)
      } catch {
        isBroken = true
        session.warn("the rollback goes on, and is not written down any more: \(error)")
      }
    }
    _ = record.add(line)
  }
}
