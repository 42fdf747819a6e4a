import Testing

/// What a report says to type next is typed on real hosts: each command that it can print stands in a lab test.
@Suite struct NextStepVerbTests {
  /// With their options, without the hosts.
  private static func commands(in text: String) -> Set<String> {
    let advised = text.matches(of: #/add\(\s*"([a-z]+(?: --[a-z]+)*)[ "]/#).map { String($0.1) }
    let ending = text.matches(of: #/command\("([a-z]+(?: --[a-z]+)*)[ "]/#).map { String($0.1) }
    return Set(advised + ending)
  }

  @Test func `each next step is typed in the lab`() throws {
    let steps = try #require(
      SourceFile.all(in: "Sources/Coordinator/Report").first { $0.description.hasSuffix("/NextSteps.swift") })
    let commands = Self.commands(in: steps.text)
    #expect(
      commands.isSuperset(of: ["logs", "clear", "upgrade", "upgrade --retry", "resume", "abort"]),
      "not understood: \(commands)")
    let lab = SourceFile.all(in: "Tests/Lab").map(\.text).joined()
    for command in commands {
      let words = command.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ", ")
      #expect(lab.contains("only(\"\(command)\"") || lab.contains("fleet(\(words)"), "fleet \(command)")
    }
  }

  @Test func `one that is missing would be found`() {
    let text = "add(\n  \"trust --replace\", hosts)\nLine(command: typed.command(\"undo\", x), why: why)"
    #expect(Self.commands(in: text) == ["trust --replace", "undo"])
  }
}
