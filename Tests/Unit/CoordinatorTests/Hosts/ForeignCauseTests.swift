import Testing
import Wire

@testable import Hosts

/// A host says what happened there. What becomes of a rollout, and what is to be typed here, is not its to say.
@Suite struct ForeignCauseTests {
  @Test(arguments: [
    Cause.Code.gone, .staged, .letGo, .onFailure, .turnedUnwell, .notBelieved, .canary, .failedElsewhere,
    .hostKey,
    Cause.Code(rawValue: "marked\u{1B}[2J"), Cause.Code(rawValue: ""),
  ])
  func `a code that is not an agent's counts as none`(code: Cause.Code) {
    let cause = Cause(code: code, step: .stop, text: "why", next: "rm -rf ~")
    #expect(Reply.refused(cause).bounded == .refused(Cause(code: .other, step: .stop, text: "why")))
  }

  @Test(arguments: Cause.Code.ofAgents)
  func `an agent's own is kept`(code: Cause.Code) {
    let cause = Cause(code: code, step: .stop, text: "why")
    #expect(Reply.refused(cause).bounded == .refused(cause))
  }
}
