internal import ArgumentParser

struct PlanCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what an upgrade would do, and change nothing.",
    discussion: """
      Asks the hosts and the release source, fetches nothing and claims nothing.

      Examples:
        fleet plan
        fleet plan --track v4 -o json
        fleet plan --to 5.0.0 veg
      """)

  @OptionGroup var target: TargetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  func run(on bench: Workbench) async throws -> RunExit {
    try await target.flow(.plan, bench, common).run(hosts.patterns)
  }
}
