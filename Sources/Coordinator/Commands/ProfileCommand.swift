import ArgumentParser

/// What is done with profiles alone.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Explain and check a profile, or write a first one.",
    discussion: """
      A profile is apps/APP.yaml: it says how one app is upgraded.

      Examples:
        fleet profile new growroom
        fleet profile check
      """,
    subcommands: [ProfileCheckCommand.self, ProfileNewCommand.self])
}
