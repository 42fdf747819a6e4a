import Report
import ArgumentParser

struct UpgradeCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "upgrade",
    abstract: "Upgrade hosts to the newest release on their track.",
    discussion: """
      Asks all hosts what they have, shows the plan and asks you, fetches and verifies the release once, stages all \
      hosts side by side (no downtime), then cuts over: canary, then batches. More failures than max_failures halt \
      it; whoever is not cut over by then is untouched.

      It can always be repeated: it goes on with an open rollout of the same release; for a newer one it closes the \
      open one, and says so. A release that has failed, and runs on no host, goes nowhere else by --yes alone (2): \
      so cron does not take one host down every night. --retry takes it there.

      Where the way leads over a stepping stone of the profile, that is a rollout of its own; once all went well, it \
      goes on to what lies behind.

      Ctrl-C once: what is in its cutover is finished, nothing new begins. Twice: fleet lets go at once; cutovers \
      end by themselves on their hosts, and fleet resume follows them.

      Examples:
        fleet upgrade --track v4
        fleet upgrade flower:!flower-2
        fleet upgrade --to 5.0.0 veg          cross a major, on one host
        fleet upgrade -y -q                   from cron: silent when nothing is to do
        fleet upgrade --check                 only look, as fleet plan
      """)

  @OptionGroup var target: TargetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  @Flag(name: [.customShort("C"), .long], help: "Only show the plan, as fleet plan.")
  var check = false

  @Flag(name: .long, help: "Cut over also hosts that are outside their window now.")
  var ignoreWindow = false

  func run(on context: CommandContext) async throws -> RunExit {
    var flow = try target.flow(check ? .plan : .upgrade, context, common)
    flow.ignoreWindow = ignoreWindow
    return try await flow.run(hosts.patterns)
  }
}

extension TargetOptions {
  func flow(_ mode: UpgradeFlow.Mode, _ context: CommandContext, _ common: CommonOptions) throws
    -> UpgradeFlow
  {
    var flow = UpgradeFlow(
      session: try Session(context, common), mode: mode, wishes: try wishes(), leave: leave, repair: repair)
    flow.typedOptions = words
    return flow
  }

  /// As a person would type them.
  private var words: [String] {
    let values = [("--track", track), ("--to", to)].flatMap { name, value in value.map { [name, $0] } ?? [] }
    let flags = [
      ("--allow-downgrade", allowDowngrade), ("--retry", retry), ("--leave", leave), ("--repair", repair),
    ]
    return values + flags.filter(\.1).map(\.0)
  }
}
