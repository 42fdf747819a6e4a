import Testing
import Wire

@testable import Report
@testable import Coordinator

@Suite struct RunExitTests {
  @Test(
    arguments: [
      ([.upgraded, .current, .untouched], 0), ([.upgraded, .rolledBack, .unreachable], 2), ([.failed], 2),
      ([.refused, .deferred], 2), ([.unreachable, .deferred], 4), ([.unknown], 4), ([.interrupted], 4),
      ([.upgraded, .deferred], 5), ([], 0),
    ] as [([Outcome], Int32)])
  func `outcomes become an exit code, 2 before 4 before 5`(outcomes: [Outcome], code: Int32) {
    #expect(RunExit.of(.done, outcomes).rawValue == code)
  }

  @Test func `a halt is 2 even where all hosts are well`() {
    #expect(RunExit.of(.halted, [.upgraded, .untouched]) == .failed)
    #expect(RunExit.of(.halted, [.unreachable]) == .failed)
  }

  @Test func `an interrupted or declined run is 130`() {
    #expect(RunExit.of(.interrupted, [.upgraded, .untouched]) == .interrupted)
    #expect(RunExit.of(.interrupted, [.rolledBack]) == .interrupted)
    #expect(RunExit.of(.declined, [.untouched]) == .interrupted)
  }

  @Test func `a run whose coordinator died is not called good`() {
    #expect(RunExit.of(.open, [.upgraded, .unknown]) == .unreachable)
  }

  @Test func `of several rollouts the worst counts`() {
    #expect(RunExit.worst([.good, .deferred, .unreachable]) == .unreachable)
    #expect(RunExit.worst([.good, .failed, .unreachable]) == .failed)
    #expect(RunExit.worst([.release, .failed]) == .release)
    #expect(RunExit.worst([]) == .good)
  }

  @Test func `the codes are those of the manual`() {
    #expect(RunExit.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 64, 130])
  }
}
