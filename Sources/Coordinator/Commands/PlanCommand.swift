import Report
import ArgumentParser

struct PlanCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what an upgrade would do, and change nothing.",
    discussion: """
      Asks the hosts and the release source, fetches nothing and claims nothing. What would stay behind on a \
      host is listed in groups, each with what it likely is. With --adopt, what the installed release consists of is \
      fetched where it is not in the cache, lines of fleet.yaml are proposed for these groups, shown, and written once \
      you say yes.

      Examples:
        fleet plan
        fleet plan --track v4 -o json
        fleet plan --to 5.0.0 veg
        fleet plan --adopt veg
      """)

  @Flag(help: "Propose lines of fleet.yaml for what would stay behind, and write them after asking.")
  var adopt = false

  @OptionGroup var target: TargetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  func run(on bench: Workbench) async throws -> RunExit {
    var flow = try target.flow(.plan, bench, common)
    if adopt { flow.adopting = common }
    return try await flow.run(hosts.patterns)
  }
}
