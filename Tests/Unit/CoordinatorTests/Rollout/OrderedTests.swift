import CoordinatorSupport
import Testing
import Wire

@testable import Rollout
@testable import Driver
@testable import Coordinator

/// What an agent reports, held against what was ordered.
@Suite struct OrderedTests {
  private let ordered = Ordered(job: "r", target: "4.2.0", from: "4.1.16")

  private func result(
    _ outcome: Outcome?, now: String?, change: (inout JobResult) -> Void = { _ in }
  ) -> JobResult {
    var result = JobResult(job: "r", outcome: outcome, from: "4.1.16", target: "4.2.0")
    result.now = now
    change(&result)
    return result
  }

  @Test func `what was ordered is believed`() {
    #expect(ordered.doubt(result(nil, now: nil), in: .stage) == nil)
    #expect(ordered.doubt(result(nil, now: "4.1.16"), in: .stage) == nil)
    #expect(ordered.doubt(result(.upgraded, now: "4.2.0") { $0.healthy = true }, in: .cutover) == nil)
    for outcome in [Outcome.rolledBack, .interrupted, .refused, .deferred] {
      #expect(ordered.doubt(result(outcome, now: "4.1.16"), in: .cutover) == nil, "\(outcome)")
      #expect(ordered.doubt(result(outcome, now: nil), in: .cutover) == nil, "\(outcome)")
    }
    for outcome in [Outcome.interrupted, .refused, .deferred] {
      #expect(ordered.doubt(result(outcome, now: nil), in: .stage) == nil, "\(outcome)")
    }
  }

  @Test func `that a host needs hands is believed whatever else is said`() {
    for now in [nil, "4.1.16", "4.2.0", "9.9.9"] {
      #expect(ordered.doubt(result(.failed, now: now), in: .cutover) == nil)
      #expect(ordered.doubt(result(.failed, now: now), in: .stage) == nil)
    }
  }

  @Test func `a job that ended before it read anything says no versions`() {
    let bare = JobResult(job: "r", outcome: .refused, target: "")
    #expect(ordered.doubt(bare, in: .stage) == nil)
    #expect(ordered.doubt(bare, in: .cutover) == nil)
  }

  @Test func `upgraded with another version, none, or one that is not well is not`() {
    let other = ordered.doubt(result(.upgraded, now: "9.9.9"), in: .cutover)
    #expect(other == "it says upgraded, and that 9.9.9 runs there, not 4.2.0")
    #expect(ordered.doubt(result(.upgraded, now: "4.1.16"), in: .cutover) != nil)
    #expect(ordered.doubt(result(.upgraded, now: nil), in: .cutover) != nil)
    #expect(ordered.doubt(result(.upgraded, now: ""), in: .cutover) != nil)
    #expect(ordered.doubt(result(.upgraded, now: "4.2.0-rc.1"), in: .cutover) != nil)
    #expect(ordered.doubt(result(.upgraded, now: "4.2.0") { $0.healthy = false }, in: .cutover) != nil)
    let nowhere = Ordered(job: "r", target: nil, from: nil)
    #expect(nowhere.doubt(result(.upgraded, now: "9.9.9"), in: .cutover) != nil)
  }

  @Test func `another job, another target, another beginning is not`() {
    for outcome in [Outcome.upgraded, .rolledBack, nil] {
      let now = outcome == .upgraded ? "4.2.0" : "4.1.16"
      #expect(ordered.doubt(result(outcome, now: now) { $0.job = "s" }, in: .cutover) != nil)
      #expect(ordered.doubt(result(outcome, now: now) { $0.job = "" }, in: .cutover) != nil)
      #expect(ordered.doubt(result(outcome, now: now) { $0.target = "4.3.0" }, in: .cutover) != nil)
      #expect(ordered.doubt(result(outcome, now: now) { $0.from = "4.0.0" }, in: .cutover) != nil)
    }
  }

  @Test func `a host that was asked after its swap said the new version`() {
    let late = Ordered(job: "r", target: "4.2.0", from: "4.2.0")
    #expect(late.doubt(result(.upgraded, now: "4.2.0"), in: .cutover) == nil)
  }

  @Test func `put back, put off or refused with another version is not`() {
    for outcome in [Outcome.rolledBack, .interrupted, .refused, .deferred, nil] {
      #expect(ordered.doubt(result(outcome, now: "4.2.0"), in: .cutover) != nil)
      #expect(ordered.doubt(result(outcome, now: "9.9.9"), in: .stage) != nil)
    }
  }

  @Test func `an outcome that only a cutover has is none of a stage`() {
    #expect(ordered.doubt(result(.upgraded, now: "4.2.0"), in: .stage) != nil)
    #expect(ordered.doubt(result(.rolledBack, now: "4.1.16"), in: .stage) != nil)
  }

  @Test func `an outcome that only a coordinator gives is none`() {
    for outcome in [Outcome.current, .unreachable, .untouched, .unknown] {
      for now in [nil, "4.1.16", "4.2.0"] {
        #expect(ordered.doubt(result(outcome, now: now), in: .cutover) != nil, "\(outcome)")
        #expect(ordered.doubt(result(outcome, now: now), in: .stage) != nil, "\(outcome)")
      }
    }
  }

  @Test func `an upgrade restores nothing`() {
    #expect(ordered.doubt(result(.restored, now: "4.2.0"), in: .cutover) != nil)
    #expect(ordered.doubt(result(.restored, now: "4.2.0"), in: .stage) != nil)
  }

  @Test func `a way back is held against what the host had before`() throws {
    let record = SampleRecord.halted()
    var back = JobResult(
      job: record.rollout.rollbackJob(of: "veg-1"), outcome: .restored, from: "4.2.0", target: "4.1.16")
    back.now = "4.1.16"
    #expect(record.believed(.wentBack("veg-1", back)) == .wentBack("veg-1", back))
    back.now = "4.2.0"
    guard case .notBelieved("veg-1", let cause) = record.believed(.wentBack("veg-1", back)) else {
      Issue.record("it was believed")
      return
    }
    #expect(cause.code == .notBelieved)
    #expect(cause.text.contains("4.2.0 runs there, not 4.1.16"))
  }

  /// Where it is the version of before as well, it is how it ended: nobody would hear another end.
  @Test(
    arguments: [
      (.interrupted, "4.2.0", "4.1.16", true), (.interrupted, "4.1.16", "4.1.16", false),
      (.interrupted, "4.2.0", "4.2.0", false), (.interrupted, nil, "4.1.16", false),
      (.upgraded, "4.2.0", "4.1.16", false), (.interrupted, "4.2.0", nil, true),
    ] as [(Outcome, String?, String?, Bool)])
  func `who goes down with what was ordered running is heard of again`(
    outcome: Outcome, now: String?, from: String?, isCutShort: Bool
  ) {
    var result = JobResult(job: "j", outcome: outcome, from: from, target: "4.2.0")
    result.now = now
    #expect(result.isCutShort == isCutShort)
  }
}
