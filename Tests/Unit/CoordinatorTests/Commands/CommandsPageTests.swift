import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Coordinator

/// docs/commands.md is made from the help, so that it is written once.
@Suite struct CommandsPageTests {
  private func page() throws -> String {
    try String(contentsOf: Repository.file("docs/commands.md"), encoding: .utf8)
  }

  private func said(_ argument: String) async throws -> String {
    let text = Mutex("")
    var world = try TestBench().bench()
    world.terminal.write = { more in text.withLock { $0 += more } }
    try #require(await FleetProgram.run([argument], on: world) == 0)
    return text.withLock { $0 }
  }

  @Test func `the page says what the help says, and is renewed by make commands-page`() async throws {
    let help = try await said("--experimental-dump-help")
    let script = try TalkingChild(
      [Repository.file("scripts/commands-page").path, "-"], mergingErrors: true)
    try script.write(help.utf8)
    script.endInput()
    let made = script.readAll()
    try #require(script.wait() == 0, "\(made)")
    let lines = try page().components(separatedBy: "\n")
    let changed = made.components(separatedBy: "\n").difference(from: lines)
    #expect(changed.isEmpty, "docs/commands.md is not what the help says; type: make commands-page")
  }

  @Test func `each command stands below the heading of its group`() async throws {
    var told: [String] = []
    for line in try await said("--help").split(separator: "\n") {
      if let group = line.firstMatch(of: #/^([A-Z ]+) SUBCOMMANDS:$/#) {
        told.append("## \(group.1.lowercased())")
      } else if !told.isEmpty, let verb = line.firstMatch(of: #/^  ([a-z]+) /#) {
        told.append("### `fleet \(verb.1)`")
      }
    }
    let headings = try page().split(separator: "\n").filter { $0.hasPrefix("##") && !$0.hasPrefix("####") }
      .map { $0.lowercased() }
    let groups = headings.drop { $0 != told.first }.filter {
      !["### while it runs", "## programs"].contains($0)
    }
    #expect(told.count > 20)
    #expect(Array(groups) == told)
  }
}
