import Testing

@testable import Rollout
@testable import Agent
@testable import Coordinator

/// What only holds of coordinator and agent together.
@Suite struct JobLimitTests {
  @Test func `a coordinator follows a job for longer than an agent works on it`() {
    #expect(RolloutLimits.longestJobSeconds > Launcher.longestJobSeconds)
  }
}
