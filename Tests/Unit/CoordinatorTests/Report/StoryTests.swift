import Testing
import Wire

@testable import Coordinator

@Suite struct StoryTests {
  private func sentence(_ event: JobEvent) -> String? {
    Story.sentence(EventLine(event, host: "veg"))
  }

  @Test func `how long it was down is said only where it is known`() {
    #expect(sentence(JobEvent(event: .up, milliseconds: 2140))?.hasSuffix("up again after 2.1 s") == true)
    // After a loss of power the host cannot tell.
    #expect(sentence(JobEvent(event: .up))?.hasSuffix("up again") == true)
  }
}
