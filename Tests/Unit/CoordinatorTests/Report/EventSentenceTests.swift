import Testing
import Wire

@testable import Driver
@testable import Report
@testable import Coordinator

@Suite struct EventSentenceTests {
  private func sentence(_ event: JobEvent) -> String? {
    EventSentence.sentence(EventLine(event, host: "veg"))
  }

  @Test func `how long it was down is said only where it is known`() {
    #expect(sentence(JobEvent(event: .up, milliseconds: 2140))?.hasSuffix("up again after 2.1 s") == true)
    // After a loss of power the host cannot tell.
    #expect(sentence(JobEvent(event: .up))?.hasSuffix("up again") == true)
  }

  @Test func `what a proof waits for is said, how long, and what comes then`() {
    func wait(_ step: Step, ok: Bool, _ text: String?) -> JobEvent {
      JobEvent(event: .stepProgress, step: step, ok: ok, done: 4, total: 50, text: text)
    }
    #expect(
      sentence(wait(.prove, ok: false, "/status answers 503"))
        == "veg: not well yet, 50 s at most, then it goes back: /status answers 503")
    #expect(
      sentence(wait(.undo, ok: false, "it is not up")) == "veg: not well yet, 50 s at most: it is not up")
    #expect(sentence(wait(.prove, ok: true, nil)) == "veg: well; it has to stay so for 50 s")
    #expect(sentence(wait(.check, ok: true, nil)) == nil, "nothing is down, and it lasts seconds")
    #expect(sentence(JobEvent(event: .stepProgress, step: .receive, done: 4, total: 50)) == nil)
  }
}
