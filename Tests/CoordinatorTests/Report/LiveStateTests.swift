import Testing
import Wire

@testable import Coordinator

@Suite struct LiveStateTests {
  private let plain = LiveStyle(color: false, unicode: false)

  private func state(_ lines: [EventLine]) -> LiveState {
    var state = LiveState()
    state.apply(EventLine(SampleRecord.header(["veg", "flower-1"])), now: 0)
    for (index, line) in lines.enumerated() { state.apply(line, now: Int64(index) * 100) }
    return state
  }

  @Test func `a host shows its step, its bytes and the clock of its downtime`() {
    var sending = EventLine(EventLine.uploading, host: "veg")
    (sending.done, sending.total) = (1_700_000, 6_800_000)
    let down = EventLine(JobEvent(seq: 1, event: .down), host: "flower-1")
    let migrate = EventLine(JobEvent(seq: 2, event: .stepStarted, step: .migrate), host: "flower-1")
    let frame = state([sending, down, migrate]).frame(width: 80, height: 20, style: plain, now: 1_100)
    #expect(
      frame == [
        "Mycodo v4.2.0 (track v4)   0 of 2 done",
        "| veg       sending  1.7 MB of 6.8 MB, 25 %",
        "| flower-1  migrate  down 1.0 s",
      ])
  }

  @Test func `no line is wider and no frame higher than the terminal`() {
    var state = LiveState()
    let names = (1...40).map { "a-rather-long-name-for-a-host-\($0)" }
    state.apply(EventLine(SampleRecord.header(names)), now: 0)
    state.apply(EventLine(EventLine.stageBegan, host: names[30]), now: 0)
    let frame = state.frame(width: 30, height: 10, style: plain, now: 0)
    #expect(frame.count <= 10)
    #expect(frame.allSatisfy { $0.count <= 30 })
    #expect(frame[1].contains("a-rather-long-name"))
    #expect(frame.last == "and 33 more")
  }

  @Test func `colour and Unicode only where they are wanted`() {
    let good = EventLine(
      .cutoverRested("veg", SampleRecord.result(.upgraded, now: "4.2.0", downtime: 900)))
    let coloured = state([good]).frame(width: 80, height: 20, style: LiveStyle(), now: 0)
    #expect(coloured[1].hasPrefix("\u{1B}[32m✓ veg"))
    let bare = state([good]).frame(width: 80, height: 20, style: plain, now: 0)
    #expect(bare.joined().unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) })
    #expect(LiveStyle(environment: ["NO_COLOR": "1", "LANG": "C"]) == plain)
    #expect(LiveStyle(environment: ["LANG": "en_GB.UTF-8"]) == LiveStyle())
    #expect(LiveStyle(environment: ["LANG": "en_GB.UTF-8", "LC_ALL": "POSIX"]).unicode == false)
  }
}
