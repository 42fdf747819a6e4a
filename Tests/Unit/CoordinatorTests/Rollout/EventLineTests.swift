import CoordinatorSupport
import Testing
import Wire

@testable import Text
@testable import Driver
@testable import Coordinator

@Suite struct EventLineTests {
  @Test func `every event of the rollout comes back out of its line`() throws {
    for event in EventLineSamples.events {
      let line = EventLine(event)
      #expect(line.rolloutEvent == event)
      #expect(try EventLine(decoding: line.encoded()).rolloutEvent == event)
    }
  }

  @Test func `every line is read back as it was written, names of variables and headers too`() throws {
    for line in EventLineSamples.all {
      #expect(try EventLine(decoding: line.encoded()) == line)
    }
  }

  @Test func `a line is one line, with its keys in snake case`() throws {
    for line in EventLineSamples.all {
      let text = String(decoding: try line.encoded(), as: UTF8.self)
      #expect(!text.contains("\n"))
      #expect(!text.contains("\"jobSeq\"") && !text.contains("\"logTail\""))
    }
  }

  @Test func `times are UTC and come back`() {
    #expect(UTC.text(0) == "1970-01-01T00:00:00.000Z")
    #expect(UTC.text(951_782_399_999) == "2000-02-28T23:59:59.999Z")
    #expect(UTC.text(951_868_799_000) == "2000-02-29T23:59:59.000Z")
    #expect(UTC.text(4_107_542_400_000) == "2100-03-01T00:00:00.000Z")
    #expect(UTC.rolloutID(1_795_342_500_000, tag: "v4.2.0") == "20261122-101500-v4.2.0")
    for milliseconds: Int64 in [0, 1_795_342_500_123, 951_782_400_000, 4_107_542_399_999] {
      #expect(UTC.milliseconds(UTC.text(milliseconds)) == milliseconds)
    }
    for wrong in ["", "2026-11-22", "2026-13-22T10:15:00.000Z", "2026-11-22T10:15:00.000+01"] {
      #expect(UTC.milliseconds(wrong) == nil)
    }
  }
}
