import Testing
import Wire

@testable import Upgrade
@testable import Agent

/// What `recover` says of an old version that it has started once more.
@Suite struct OldVersionTests {
  private func step(_ task: Upgrade.Task, ok: Bool, _ text: String? = nil) -> [JobEvent] {
    [
      JobEvent(event: .stepStarted, step: task.step, text: task.words),
      JobEvent(event: .stepEnded, step: task.step, ok: ok, text: text),
    ]
  }

  @Test func `what was not put back is found in the story, and nothing else`() {
    let whole = step(.restore, ok: true) + step(.startOld, ok: false, "it did not start")
    #expect(Recovery.notPutBack(whole) == nil)
    let lost = step(.restore, ok: false, "another directory lies there") + step(.startOld, ok: false, "no")
    #expect(Recovery.notPutBack(lost) == "another directory lies there")
  }

  @Test func `what an undo could not do is not forgotten by a later proof`() {
    let cause = Cause(code: .undo, step: .undo, text: "another directory lies there")
    #expect(Upgrade.recover(from: .rolledBack, cause: nil, undoCause: cause).undoCause == cause)
    #expect(Upgrade.recover(from: .rolledBack, cause: nil).undoCause == nil)
  }
}
