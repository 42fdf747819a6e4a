import Report
import ArgumentParser

struct StageCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "stage",
    abstract: "Do all of an upgrade that needs no downtime, and stop there.",
    discussion: """
      Pushes and extracts the release, prepares its environment and rehearses the migration on a copy of the live \
      databases. The old version runs on. fleet upgrade or fleet resume then cuts over. What is staged is good for \
      24 hours, until the host boots, until its Debian packages change or until the app does; then it is staged \
      again.

      Examples:
        fleet stage --track v4
        fleet stage --to 4.2.0 veg flower
      """)

  @OptionGroup var target: TargetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    try await target.flow(.stage, context, common).run(hosts.patterns)
  }
}
