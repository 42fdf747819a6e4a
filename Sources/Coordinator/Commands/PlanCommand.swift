import Report
import ArgumentParser

struct PlanCommand: EachAppVerb {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what an upgrade would do, and change nothing.",
    discussion: """
      Asks the hosts and the release source, fetches nothing and claims nothing. It says who goes and in which \
      order, who does not and why, and the downtime to expect: "about 2.1 s" where the release is staged and was \
      rehearsed, else what the last upgrade took that stayed, else "unknown". It ends with the next command. Its \
      exit code is that of the hosts that would not go: 2, 4, 5, else 0.

      What would stay behind on a host is listed in groups, each with what it likely is. --adopt fetches the \
      installed release where it is not in the cache, proposes lines of fleet.yaml for these groups, shows what \
      would change in the file, writes it once you say yes, and plans again.

      --notes tells what is new, too: what the app's makers wrote of each release between what the hosts have and \
      where they go, the newest first, as plain text.

      Examples:
        fleet plan
        fleet plan --notes
        fleet plan --track v4 -o json
        fleet plan --to 5.0.0 veg
        fleet plan --adopt veg
      """)

  @Flag(help: "Propose lines of fleet.yaml for what would stay behind, and write them after asking.")
  var adopt = false

  @Flag(help: "Tell what is new in the releases that lie between, too.")
  var notes = false

  @OptionGroup var target: TargetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    var flow = try target.flow(.plan, context, common)
    if adopt { flow.adopting = common }
    flow.showsNotes = notes
    return try await flow.run(hosts.patterns)
  }
}
