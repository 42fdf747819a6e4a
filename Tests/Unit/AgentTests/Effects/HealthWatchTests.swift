import Testing
import Wire

@testable import Effects
@testable import Agent

@Suite struct HealthWatchTests {
  /// Looks that take no time, at these seconds; nil is well.
  private func verdicts(
    healthyFor: Int = 10, deadline: Int = 60, _ looks: [(Double, String?)], prints: [String] = []
  ) -> [HealthWatch.Verdict] {
    var watch = HealthWatch(
      Health(healthyForSeconds: healthyFor, deadlineSeconds: deadline), start: .seconds(100))
    return looks.enumerated().map { index, look in
      let time = Duration.milliseconds(100_000 + Int(look.0 * 1000))
      return watch.judge(
        HealthLook(
          began: time, ended: time, problem: look.1.map { HealthProblem($0) }, checked: time,
          fingerprint: index < prints.count ? [prints[index]] : []))
    }
  }

  private func isDecided(_ verdict: HealthWatch.Verdict) -> Bool {
    if case .lookAgain = verdict { false } else { true }
  }

  @Test func `what holds long enough is healthy`() {
    let all = verdicts([(0, nil), (5, nil), (9.9, nil), (10, nil)])
    #expect(all.dropLast().allSatisfy { !isDecided($0) })
    #expect(all.last == .healthy(upSince: .seconds(100)))
  }

  @Test func `a break starts the count again`() {
    let all = verdicts([(0, nil), (9, nil), (9.5, "down"), (10, nil), (19, nil), (20, nil)])
    #expect(all.dropLast().allSatisfy { !isDecided($0) })
    #expect(all.last == .healthy(upSince: .seconds(110)))
  }

  @Test func `a service that was started again is a break`() {
    let looks: [(Double, String?)] = [(0, nil), (9, nil), (10, nil), (19, nil), (20, nil)]
    let all = verdicts(looks, prints: ["a", "a", "b", "b", "b"])
    #expect(all.dropLast().allSatisfy { !isDecided($0) })
    #expect(all.last == .healthy(upSince: .seconds(110)))
  }

  @Test func `what is never well fails with its last reason`() {
    let all = verdicts([(0, "not up"), (40, "Error: Output controller"), (50.5, "Error: Output controller")])
    #expect(!isDecided(all[1]))
    #expect(all[2] == .unhealthy(HealthProblem("Error: Output controller")))
  }

  @Test func `it is given up as soon as the hold cannot be reached in time`() {
    #expect(isDecided(verdicts([(0, "down"), (50.1, "down")])[1]))
    #expect(!isDecided(verdicts([(0, "down"), (49.9, "down")])[1]))
  }

  @Test func `how far it has come is told, and when it is given up`() {
    var watch = HealthWatch(Health(healthyForSeconds: 10, deadlineSeconds: 60), start: .seconds(100))
    func progress(_ second: Int, _ problem: String?) -> HealthProgress {
      let time = Duration.seconds(100 + second)
      let look = HealthLook(
        began: time, ended: time, problem: problem.map { HealthProblem($0) }, checked: time,
        fingerprint: [])
      _ = watch.judge(look)
      return watch.progress(at: look)
    }
    let unwell = HealthProgress(problem: HealthProblem("503"), spent: .seconds(7), of: .seconds(50))
    #expect(progress(7, "503") == unwell)
    #expect(progress(20, nil) == HealthProgress(problem: nil, spent: .zero, of: .seconds(10)))
    #expect(progress(24, nil) == HealthProgress(problem: nil, spent: .seconds(4), of: .seconds(10)))
    #expect(progress(26, "503").spent == .seconds(26), "a break has not begun the wait anew")
  }

  @Test func `a hold that began in time may end at the deadline`() {
    #expect(verdicts([(50, nil), (60, nil)]).last == .healthy(upSince: .seconds(150)))
    #expect(verdicts([(50, nil), (60.5, nil)]).last == .healthy(upSince: .seconds(150)))
  }

  @Test func `a look that took too long proves nothing`() {
    var watch = HealthWatch(Health(healthyForSeconds: 10, deadlineSeconds: 60), start: .seconds(0))
    let slow = HealthLook(
      began: .seconds(5), ended: .seconds(58), checked: .seconds(58), fingerprint: [])
    #expect(
      watch.judge(slow) == .unhealthy(HealthProblem("it was not well for 10 s without a break")))
  }

  @Test func `without a hold the first good look is enough`() {
    #expect(verdicts(healthyFor: 0, [(0, "down"), (1, nil)]).last == .healthy(upSince: .seconds(101)))
  }

  @Test func `a service that has failed for good is not waited for`() {
    var watch = HealthWatch(Health(), start: .zero)
    func look(_ second: Int) -> HealthLook {
      HealthLook(
        began: .seconds(second), ended: .seconds(second), problem: HealthProblem("a.service is failed"),
        checked: .seconds(second), fingerprint: [], isOver: true)
    }
    #expect(!isDecided(watch.judge(look(0))))
    #expect(!isDecided(watch.judge(look(4))))
    #expect(watch.judge(look(5)) == .unhealthy(HealthProblem("a.service is failed")))
  }

  @Test func `pauses grow and are bounded`() {
    let pauses = verdicts(deadline: 300, (0..<7).map { (Double($0), "down") })
    #expect(
      pauses == [50, 100, 200, 400, 800, 1000, 1000].map { .lookAgain(after: .milliseconds($0)) })
  }

  @Test func `the last pause ends with the hold`() {
    let all = verdicts(deadline: 300, [(0, nil), (1, nil), (2, nil), (9.9, nil)])
    #expect(all.last == .lookAgain(after: .milliseconds(100)))
  }

  /// Of each look its second, whether the checks hold, whether the app says that all is back, and the services' print.
  @Test(
    arguments: [
      // The inputs come back late.
      ([(2, true, false, "a"), (6, true, false, "a"), (8, true, true, "a"), (18, true, true, "a")], 2.1),
      // The checks broke while they were waited for.
      (
        [
          (2, true, false, "a"), (4, false, false, "a"), (6, true, false, "a"), (8, true, true, "a"),
          (18, true, true, "a"),
        ],
        6.1
      ),
      // A service was started again while they were waited for.
      ([(2, true, false, "a"), (6, true, false, "b"), (8, true, true, "b"), (18, true, true, "b")], 6.1),
      // What the app says of itself was missing once more, which makes it prove longer, and not away longer.
      (
        [
          (2, true, true, "a"), (6, true, false, "a"), (8, true, true, "a"), (12, true, true, "a"),
          (18, true, true, "a"),
        ],
        2.1
      ),
      ([(2, true, true, "a"), (12, true, true, "a")], 2.1),
    ] as [([(second: Double, holds: Bool, isBack: Bool, print: String)], Double)])
  func `the app is up when its checks hold, and proved when what it had is back`(
    _ looks: [(second: Double, holds: Bool, isBack: Bool, print: String)], up: Double
  ) {
    var watch = HealthWatch(Health(healthyForSeconds: 9, deadlineSeconds: 60), start: .zero)
    for (index, look) in looks.enumerated() {
      let verdict = watch.judge(
        HealthLook(
          began: .seconds(look.second), ended: .seconds(look.second + 0.5),
          problem: look.holds ? nil : HealthProblem("down"), checked: .seconds(look.second + 0.1),
          lacking: look.isBack ? nil : HealthProblem("2 inputs"), fingerprint: [look.print]))
      if index < looks.count - 1 {
        #expect(!isDecided(verdict))
      } else {
        #expect(verdict == .healthy(upSince: .seconds(up)))
      }
    }
  }

  @Test func `an app that never says that all is back is up, and not proved`() {
    var watch = HealthWatch(Health(healthyForSeconds: 10, deadlineSeconds: 60), start: .zero)
    let verdicts = [1, 30, 51].map { second in
      watch.judge(
        HealthLook(
          began: .seconds(second), ended: .seconds(second), checked: .seconds(second),
          lacking: HealthProblem("2 inputs are not back"), fingerprint: []))
    }
    #expect(verdicts.last == .unhealthy(HealthProblem("2 inputs are not back")))
  }
}
