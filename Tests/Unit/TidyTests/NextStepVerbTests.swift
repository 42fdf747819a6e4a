import Testing

/// What a report says to type next is typed on real hosts: each command that it can print stands in a lab test.
@Suite struct NextStepVerbTests {
  private static func verbs(in text: String) -> Set<String> {
    let advised = text.matches(of: #/add\(\s*"([a-z]+)[ "]/#).map { String($0.1) }
    let ending = text.matches(of: #/command\("([a-z]+)[ "]/#).map { String($0.1) }
    return Set(advised + ending)
  }

  @Test func `each next step is typed in the lab`() throws {
    let steps = try #require(
      SourceFile.all(in: "Sources/Coordinator/Report").first { $0.description.hasSuffix("/NextSteps.swift") })
    let verbs = Self.verbs(in: steps.text)
    #expect(
      verbs.isSuperset(of: ["logs", "clear", "upgrade", "resume", "abort"]), "not understood: \(verbs)")
    let lab = SourceFile.all(in: "Tests/Lab").map(\.text).joined()
    for verb in verbs {
      #expect(lab.contains("only(\"\(verb)\"") || lab.contains("fleet(\"\(verb)\""), "fleet \(verb)")
    }
  }

  @Test func `one that is missing would be found`() {
    let text = "add(\n  \"trust --replace\", hosts)\nLine(command: typed.command(\"undo\", x), why: why)"
    #expect(Self.verbs(in: text) == ["trust", "undo"])
  }
}
