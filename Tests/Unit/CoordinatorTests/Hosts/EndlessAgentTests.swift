import Programs
import Synchronization
import Testing
import Wire

@testable import Rollout
@testable import Hosts
@testable import Coordinator

/// An agent that is never done, on a stream in memory.
private final class EndlessStream: ProgramStream {
  let interrupt: @Sendable () -> Void = {}
  private var waiting: [UInt8]
  private let next: () -> [Reply]

  init(_ next: @escaping () -> [Reply]) throws {
    self.next = next
    waiting = Frame.magic
    let hello = HostHello(
      wire: 1, version: "0.1.0", architecture: "x", bootID: "b", systemd: true, user: "u", system: "s")
    waiting += try Frame.encode(Reply.hello(hello))
  }

  func read(withinSeconds: Double) throws(HostError) -> [UInt8] {
    if waiting.isEmpty { waiting = next().flatMap { (try? Frame.encode($0)) ?? [] } }
    defer { waiting = [] }
    return waiting
  }

  func write(_ bytes: [UInt8], withinSeconds: Double) throws(HostError) {}
  func endInput() throws(HostError) {}
  func end() -> ProgramEnd? { nil }
}

@Suite struct EndlessAgentTests {
  /// What following it comes to; how many events were told.
  private func follow(
    withinSeconds seconds: Double = 600, _ next: @escaping () -> [Reply]
  ) throws -> (error: HostError?, told: Int) {
    let conversation = try AgentConversation(EndlessStream(next), host: "tent", version: "0.1.0")
    let told = Counter()
    do throws(HostError) {
      _ = try conversation.follow(app: "a", job: "j", after: 0, withinSeconds: seconds) { event in
        if event.event != .heartbeat { told.add() }
      }
      return (nil, told.count)
    } catch {
      return (error, told.count)
    }
  }

  private func isNotBelieved(_ error: HostError?) -> Bool {
    if case .notBelieved = error { true } else { false }
  }

  private func event(_ name: JobEvent.Name, seq: Int = 0, text: String? = nil) -> Reply {
    .event(JobEvent(seq: seq, event: name, text: text))
  }

  @Test func `heartbeats for ever end with the job's time`() throws {
    // They come as fast as they are read, so the budget is what ends this where the time does not.
    let heard = try follow(withinSeconds: 0.05) { [event(.heartbeat)] }
    #expect(isNotBelieved(heard.error))
  }

  @Test func `heartbeats without a pause are more than a job has`() throws {
    let heard = try follow { (0..<500).map { _ in event(.heartbeat) } }
    #expect(isNotBelieved(heard.error))
  }

  @Test func `events for ever are more than a job has to tell`() throws {
    var seq = 0
    let heard = try follow {
      seq += 1
      return [event(.note, seq: seq, text: "one more")]
    }
    #expect(isNotBelieved(heard.error))
    #expect(heard.told == WireLimits.eventsPerJob)
  }

  @Test func `long texts are more than a job has to tell, before they fill the disk`() throws {
    var seq = 0
    let heard = try follow {
      seq += 1
      return [event(.note, seq: seq, text: String(repeating: "\u{7}", count: 100_000))]
    }
    #expect(isNotBelieved(heard.error))
    #expect(heard.told < 2_000)
  }

  @Test(arguments: [0, -1, Int.min, 3])
  func `events whose numbers do not go on are not told, and end`(seq: Int) throws {
    let heard = try follow { [event(.note, seq: seq), event(.note, seq: seq)] }
    #expect(isNotBelieved(heard.error))
    #expect(heard.told <= 1)
  }

  @Test func `events whose numbers go backwards from the last there is are told once`() throws {
    var seq = Int.max
    let heard = try follow {
      seq -= 1
      return [event(.note, seq: seq)]
    }
    #expect(isNotBelieved(heard.error))
    #expect(heard.told == 1)
  }

  @Test func `the wrong answer ends it at once`() throws {
    let heard = try follow { [.ok] }
    #expect(heard.error?.description.contains("does not fit") == true)
  }

  @Test func `a job's story has one budget, however often its connection breaks`() {
    var story = StoryBudget()
    let one = JobEvent(event: .note)
    let taken = (0..<2 * WireLimits.eventsPerJob).count { _ in story.take(one) }
    #expect(taken == WireLimits.eventsPerJob)
    let more = story.take(JobEvent(event: .heartbeat))
    #expect(story.isSpent && !more)
  }

  @Test func `an honest job is never out of time or words`() {
    // That this is longer than any agent works, JobLimitTests say.
    var story = StoryBudget()
    for _ in 0..<RolloutLimits.longestJobSeconds / WireLimits.heartbeatSeconds {
      _ = story.take(JobEvent(event: .heartbeat))
    }
    #expect(!story.isSpent)
  }
}

private final class Counter: Sendable {
  private let value = Mutex(0)

  var count: Int { value.withLock { $0 } }

  func add() { value.withLock { $0 += 1 } }
}
