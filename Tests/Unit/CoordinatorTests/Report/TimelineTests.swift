import CoordinatorSupport
import Testing
import Wire

@testable import Rollout
@testable import Text
@testable import Driver
@testable import Report
@testable import Coordinator

@Suite struct TimelineTests {
  /// Lines at so many seconds after the first.
  private func timeline(_ lines: [(Int64, EventLine)]) -> Timeline {
    Timeline(
      lines.map { seconds, line in
        var line = line
        line.time = UTC.text(1_795_342_500_000 + seconds * 1000)
        return line
      })
  }

  private func step(_ name: JobEvent.Name, _ step: Step, _ milliseconds: Int? = nil) -> EventLine {
    EventLine(JobEvent(event: name, step: step, milliseconds: milliseconds), host: "veg")
  }

  private var whole: [(Int64, EventLine)] {
    let rests = SampleRecord.result(.upgraded, now: "4.2.0", downtime: 4000)
    return [
      (0, EventLine(SampleRecord.header(["veg"]))), (1, EventLine(name: .stageBegan, host: "veg")),
      (10, step(.stepStarted, .rehearse)), (14, step(.stepEnded, .rehearse, 4000)),
      (20, EventLine(.staged("veg", SampleRecord.result(nil, now: "4.1.16")))),
      (30, EventLine(name: .cutoverOrdered, host: "veg")), (31, step(.down, .stop)),
      (33, step(.stepStarted, .prove)), (35, step(.stepEnded, .prove, 2000)), (35, step(.up, .prove, 4000)),
      (36, EventLine(.cutoverRested("veg", rests))), (40, EventLine(name: .finished)),
    ]
  }

  private func seconds(_ timeline: Timeline) -> [String] {
    (timeline.spans["veg"] ?? []).map {
      "\($0.kind) \(($0.start - timeline.start) / 1000)-\(($0.end - timeline.start) / 1000)\($0.isOpen ? "+" : "")"
    }
  }

  @Test func `the log tells when a host staged, rehearsed, was down and proved`() {
    #expect(
      seconds(timeline(whole))
        == ["staging 1-20", "rehearsal 10-14", "cutover 30-36", "downtime 31-35", "proof 33-35"])
  }

  @Test func `what is heard all at once, after a lost connection, still took its time`() {
    let late = whole.map { ($0.0 > 30 && $0.0 < 36 ? 36 : $0.0, $0.1) }
    #expect(
      seconds(timeline(late)).suffix(3) == ["cutover 30-36", "downtime 32-36", "proof 34-36"])
  }

  @Test func `a downtime that is over before it is heard of ends when it was over`() {
    var watched = whole
    watched[8].1.milliseconds = 2000
    watched[9].0 = 39
    watched[9].1.milliseconds = 4000
    #expect(seconds(timeline(watched)).suffix(2) == ["downtime 31-35", "proof 33-35"])
  }

  @Test func `what has not ended goes on to the end of the log`() {
    #expect(seconds(timeline(Array(whole.prefix(7)))).suffix(2) == ["cutover 30-31+", "downtime 31-31+"])
  }

  @Test func `a night between a halt and its resume is drawn short, and said`() {
    var lines = Array(whole.prefix(5))
    lines += whole.dropFirst(5).map { ($0.0 + 30_000, $0.1) }
    let long = timeline(lines)
    let axis = TimeAxis(long)
    #expect(axis.breaks.count == 1)
    let places = (long.spans["veg"] ?? []).map { axis.place(of: $0.start) }
    #expect(places == places.sorted() && places[0] < 10 && places[2] > 40 && places[2] < 85)
    #expect(TimeAxis(timeline(whole)).breaks.isEmpty)
    #expect(TimeAxis(timeline([])).place(of: 5) == 0)
  }

  @Test func `places run from 0 to 100`() {
    let timeline = timeline(whole)
    let axis = TimeAxis(timeline)
    #expect(axis.place(of: timeline.start) == 0)
    #expect(abs(axis.place(of: timeline.end) - 100) < 0.001)
    #expect(abs(axis.place(of: timeline.start + 20_000) - 50) < 0.001)
  }
}
