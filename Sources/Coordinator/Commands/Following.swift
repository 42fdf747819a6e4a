import Rollout
import Text
import Driver
import Inventory
import Hosts
import Synchronization
import Wire

/// Follows a single job to its end, over as many connections as it takes.
struct Following {
  let session: Session
  let connector: any HostConnector
  let host: Host
  let display: any Display
  /// The last event that was heard.
  private(set) var seq = 0
  /// What was heard and not taken yet.
  private var heard: [EventLine] = []

  init(session: Session, connector: any HostConnector, host: Host, display: any Display) {
    self.session = session
    self.connector = connector
    self.host = host
    self.display = display
  }

  mutating func toRest(app: String, job: String) async throws(HostError) -> JobResult {
    let seen = Mutex(seq)
    let told = Mutex<(lines: [EventLine], budget: StoryBudget)>(([], StoryBudget()))
    let (name, display) = (host.name, display)
    defer {
      seq = seen.withLock { $0 }
      heard += told.withLock(\.lines)
    }
    let time = session.bench.time
    let limit = JobLimit(time)
    while true {
      do throws(HostError) {
        let connection = try await connector.connect(to: host)
        do throws(HostError) {
          let result = try await connection.follow(
            app: app, job: job, after: seen.withLock { $0 }, withinSeconds: limit.secondsLeft
          ) {
            let event = $0
            guard event.event != .heartbeat else { return }
            seen.withLock { $0 = max($0, event.seq) }
            var line = EventLine(event, host: name)
            line.time = UTC.text(time.nowMilliseconds())
            told.withLock { if $0.budget.take(event) { $0.lines.append(line) } }
            display.show(line)
          }
          await connection.close()
          return result
        } catch {
          await connection.close()
          throw error
        }
      } catch {
        guard error.isAway, !limit.isOver else { throw error }
        display.note("\(host.name): \(error.text(at: host.name)); trying again")
        guard (try? await time.sleep(RolloutLimits.lastRetryMilliseconds)) != nil else { throw error }
      }
    }
  }

  mutating func takeHeard() -> [EventLine] {
    defer { heard = [] }
    return heard
  }
}
