import Testing
import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// What a person answers, and what is made of it.
@Suite struct QuestionTests {
  private func ask(_ answers: [String]) async throws -> (answer: Result<Bool, PromptError>, bench: TestBench)
  {
    let bench = try TestBench()
    let prompter = TerminalPrompter(terminal: bench.bench(answers: answers).terminal, yes: false)
    do throws(PromptError) {
      return (.success(try await prompter.confirm("Go on?")), bench)
    } catch {
      return (.failure(error), bench)
    }
  }

  @Test(arguments: [
    ("y", true), ("YES", true), (" yes ", true), ("n", false), ("No", false), ("", false), ("  ", false),
  ])
  func `a clear answer is taken`(answer: String, isYes: Bool) async throws {
    let (taken, bench) = try await ask([answer])
    #expect(taken == .success(isYes))
    #expect(bench.questions == ["Go on? [y/N] "])
    #expect(bench.errors == "")
  }

  @Test(arguments: ["yes please", "ja", "yy", "nope", "y n", "\u{1B}[A"])
  func `what is neither is asked again, and never taken for no`(unclear: String) async throws {
    let (taken, bench) = try await ask([unclear, unclear, "y"])
    #expect(taken == .success(true))
    #expect(bench.questions.count == 3)
    #expect(
      bench.errors
        == String(repeating: "\"\(visible(unclear))\" is neither y nor n (Enter alone is n)\n", count: 2))
  }

  @Test func `a warning of the inventory is said by every command, and not with --quiet`() async throws {
    for words in [["status"], ["status", "-q"]] {
      let bench = try TestBench()
      _ = await ThreeRooms.run(words, ThreeRooms.fleet(), bench) { $0.warnings = ["fleet.yaml:4: \"track\""] }
      #expect(bench.errors.contains("fleet.yaml:4: \"track\"\n") == (words.count == 1))
    }
  }

  @Test func `the end of input is no answer`() async throws {
    #expect(try await ask(["perhaps"]).answer == .failure(.interrupted))
  }
}
