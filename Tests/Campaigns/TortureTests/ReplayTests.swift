import Foundation
import Testing

/// One trial again, as an issue printed it: `FLEET_TORTURE_TRIAL='cutover job:120:crash-exit'`.
@Suite struct ReplayTests {
  private static let text = TortureCampaign.environment["FLEET_TORTURE_TRIAL"]

  @Test(.enabled(if: text != nil, "names no trial: FLEET_TORTURE_TRIAL"))
  func `the trial that was asked for`() throws {
    let trial = try #require(Self.text.flatMap { TortureTrial($0) }, "this is no trial")
    let result = try TrialRun(trial, Template.shared.get(), name: "replay", listing: true).run()
    for hit in result.hits {
      print("\(hit.what) at \(hit.phase) \(hit.number): \(hit.call) \(hit.path) (\(hit.program))")
    }
    print("outcome: \(result.outcome), \(result.seconds) s")
    #expect(result.problems == [])
    if let file = TortureCampaign.environment["FLEET_TORTURE_CALLS"] {
      let lines = result.calls.map { "\($0.phase) \($0.number) \($0.call) \($0.program) \($0.path)" }
      try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    }
  }

  @Test func `a trial is printed as it can be read`() {
    let trial = TortureTrial(
      .cutoverUnwell, [Plan(.job, 12, .cutExit), Plan(.bootFiles, 3, .crashEntry)], appStartsLate: true)
    #expect(TortureTrial("\(trial)") == trial)
    #expect("\(trial)" == "cutoverUnwell job:12:cut-exit boot-files:3:crash-entry late")
    #expect(TortureTrial("cutover job:12:explode") == nil)
  }
}
