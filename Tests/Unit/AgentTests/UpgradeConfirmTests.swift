import Testing
import Wire

@testable import Upgrade
@testable import Agent

/// `undo_unless_reachable` in the table: a version that is proved waits to be confirmed, or goes back.
@Suite struct UpgradeConfirmTests {
  @Test func `a cutover that must be confirmed waits between prove and commit`() {
    let run = Drive(.cutover(confirmed: true))
    #expect(
      run.trace.suffix(7) == ["prove", "=proved", "confirm", "commit", "=committed", "settle", "=idle"])
    #expect(run.outcome == .upgraded)
  }

  @Test func `whoever asks for no confirmation does not wait`() {
    #expect(!Drive(.cutover()).trace.contains { $0 == "confirm" || $0 == "=proved" })
  }

  @Test(arguments: ["confirm", "=proved"])
  func `an unconfirmed version takes the whole way back`(moment: String) {
    let run = Drive(.cutover(confirmed: true), failing: [moment: .unconfirmed])
    #expect(run.outcome == .rolledBack)
    #expect(run.trace.suffix(wholeUndo.count + 1) == [moment] + wholeUndo)
    #expect(run.machine.firstCause?.code == .unconfirmed)
  }

  @Test func `after a boot it starts proves and waits again`() {
    let run = Drive(.recover(from: .proved, cause: nil, waitsAgain: true))
    #expect(
      run.trace == [
        "startNew", "prove", "confirm", "commit", "=committed", "settle", "=idle",
      ])
    #expect(run.outcome == .upgraded)
  }

  @Test(arguments: ["startNew", "prove", "confirm", "commit", "=committed"])
  func `what fails in the second wait goes back`(moment: String) {
    let run = Drive(
      .recover(from: .proved, cause: nil, waitsAgain: true), failing: [moment: .unconfirmed])
    #expect(run.outcome == .rolledBack)
    #expect(run.trace.suffix(wholeUndo.count + 1) == [moment] + wholeUndo)
  }

  @Test func `after a crash it never waits again`() {
    let crash = Cause(code: .crashed, step: .undo, text: "crashed")
    let run = Drive(.recover(from: .proved, cause: crash, waitsAgain: true))
    #expect(run.trace == wholeUndo)
    #expect(run.outcome == .rolledBack)
  }
}

@Suite struct ConfirmationWaitTests {
  @Test func `the time runs from the first beginning`() {
    var wait = ConfirmationWait(withinSeconds: 300, bootID: "a")
    #expect(!wait.isOver(at: 1_000_000), "it has not begun")
    wait.begin(at: 5_000)
    wait.begin(at: 200_000)
    #expect(!wait.isOver(at: 304_999))
    #expect(wait.isOver(at: 305_000))
  }

  @Test func `a boot begins it anew once`() {
    var wait = ConfirmationWait(withinSeconds: 300, bootID: "a")
    wait.begin(at: 5_000)
    let second = wait.goOn(in: "b")
    #expect(second)
    #expect(!wait.isOver(at: 1_000_000), "it begins when the new version is proved in that boot")
    wait.begin(at: 9_000)
    let sameAgain = wait.goOn(in: "b")
    #expect(sameAgain, "asked twice in one boot")
    #expect(wait.isOver(at: 309_000))
    let third = wait.goOn(in: "c")
    #expect(!third)
  }

  @Test func `only a connection made after the proof is fresh`() {
    var wait = ConfirmationWait(withinSeconds: 300, bootID: "a")
    #expect(!wait.isFresh(openedIn: "a", at: 9_000))
    wait.begin(at: 5_000)
    #expect(!wait.isFresh(openedIn: "a", at: 4_999))
    #expect(wait.isFresh(openedIn: "a", at: 5_000))
    #expect(wait.isFresh(openedIn: "b", at: 1), "of a later boot")
    _ = wait.goOn(in: "b")
    #expect(wait.isFresh(openedIn: "b", at: 1))
  }

  @Test func `no host stays undecided for ever`() {
    #expect(ConfirmationWait(withinSeconds: 1_000_000, bootID: "a").withinSeconds == 3_600)
  }
}
