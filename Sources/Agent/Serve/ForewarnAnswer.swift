import Effects
import Wire

/// What the profile's `forewarn` commands say of the host, for somebody who is about to say yes. Changes nothing.
struct ForewarnAnswer {
  let profile: AppProfile

  /// In words, at most as many as travel.
  func lines() throws(StepFailure) -> [String] {
    let services = AppServices(outsideOfJobs: profile, at: try InstallSite.find(profile))
    var lines: [String] = []
    let end = Monotonic.now() + .seconds(WireLimits.forewarnSeconds)
    for var run in profile.forewarn ?? [] {
      // Together they stay within what the other side waits for an answer.
      run.timeoutSeconds = max(1, min(run.timeoutSeconds, (end - Monotonic.now()).wholeMilliseconds / 1000))
      let result: CommandResult
      do {
        let command = try StepCommand(run, environment: services.environment, owner: services.owner)
        result = try services.runner.run(command, log: nil) { nil }
      } catch {
        throw .because(.notNow, "\(error)")
      }
      guard result.succeeded else {
        let said = result.reasonLine.map { ", said \"\($0)\"" } ?? ""
        throw .because(
          .notNow, "`\(visible(run.command.text, limit: 160))`: \(result.summary)\(said)")
      }
      lines += result.tail
    }
    return Array(lines.prefix(WireLimits.forewarnLines))
  }
}
