import Foundation

/// What a host's own agent wrote down of its jobs, read past fleet.
struct HostStory: Sendable {
  struct Result: Decodable, Sendable {
    var outcome: String?
    var now: String?
    var downtimeMilliseconds: Int?
    var backup: String?
  }
  struct Event: Decodable, Sendable {
    var event: String
    var timeMilliseconds: Int64
    var step: String?
    var result: Result?
  }
  struct Job: Sendable {
    var id: String
    var events: [Event]

    /// How it ended; nil while it has not.
    var end: Result? { events.last { $0.event == "rested" && $0.result?.outcome != nil }?.result }

    func began(_ step: String) -> Int { events.count { $0.event == "step_started" && $0.step == step } }

    var downtimes: [Downtime] {
      var found: [Downtime] = []
      var down: Int64?
      for event in events {
        if event.event == "down" { down = event.timeMilliseconds }
        if event.event == "up", let began = down {
          found.append(Downtime(down: began, up: event.timeMilliseconds))
          down = nil
        }
      }
      return found
    }
  }
  /// In the order in which they began.
  var jobs: [Job]

  subscript(job: String) -> Job? { jobs.first { $0.id == job } }

  /// The jobs of one rollout: its tries, each followed by its way back, where it has one.
  func of(_ rollout: String) -> [Job] {
    jobs.filter { $0.id == rollout || $0.id.hasPrefix("\(rollout).") }
  }

  static func read(_ host: String, _ lab: Lab) async throws -> HostStory {
    let text = try await lab.on(
      host,
      """
      for story in /var/lib/fleet-agent/growroom/jobs/*/events.jsonl; do
        [ ! -e "$story" ] || { echo "JOB $(basename "$(dirname "$story")")"; cat "$story"; }
      done
      """)
    var jobs: [Job] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("JOB ") {
        jobs.append(Job(id: String(line.dropFirst(4)), events: []))
      } else if let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)), !jobs.isEmpty {
        jobs[jobs.count - 1].events.append(event)
      }
    }
    return HostStory(
      jobs: jobs.sorted {
        ($0.events.first?.timeMilliseconds ?? 0) < ($1.events.first?.timeMilliseconds ?? 0)
      })
  }
}
