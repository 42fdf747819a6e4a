import Foundation
import TestSupport
import Testing

@testable import Report
@testable import Coordinator

@Suite struct WordsCommandTests {
  private func run(_ arguments: [String], _ bench: TestBench) async -> Int32 {
    await FleetProgram.run(["words"] + arguments, on: bench.bench())
  }

  @Test func `the page and the command say the same, in alphabetical order`() throws {
    let page = try String(contentsOf: Repository.file("docs/glossary.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
    #expect(rows.map { "\($0)" } == Glossary.entries.map { "| \($0.word) | \($0.meaning) |" })
    #expect(Glossary.entries.map(\.word) == Glossary.entries.map(\.word).sorted())
  }

  @Test func `words are explained as they are met`() async throws {
    let bench = try TestBench()
    #expect(await run(["canary", "marked", "Rehearsal", "carry early"], bench) == 0)
    #expect(
      bench.output.split(separator: "\n").dropFirst().map { $0.prefix { $0 != " " } } == [
        "canary", "mark", "rehearse", "carry",
      ])
    bench.forget()
    #expect(await run(["rolled", "back"], bench) == 0)
    #expect(bench.output.contains("\nrolled back"))
    bench.forget()
    #expect(await run(["-o", "json", "soak"], bench) == 0)
    #expect(bench.output.hasPrefix(#"[{"meaning":"A pause"#))
  }

  @Test func `all of them without an inventory, and a mistyped one has the nearest named`() async throws {
    let bench = try TestBench()
    #expect(await run([], bench) == 0)
    #expect(bench.output.split(separator: "\n").count == Glossary.entries.count + 1)
    #expect(await run(["canarry"], bench) == 64)
    #expect(bench.errors.contains("did you mean \"canary\"?"))
    #expect(await run(["zzz"], bench) == 64)
    #expect(bench.errors.contains("all: fleet words"))
  }

  @Test func `of several words those that are known are explained, and the others named`() async throws {
    let bench = try TestBench()
    #expect(await run(["zzz", "canary", "rolled", "back", "hold"], bench) == 64)
    #expect(
      bench.output.split(separator: "\n").dropFirst().map { $0.prefix(6) } == ["canary", "rolled", "hold  "])
    #expect(bench.errors.contains("\"zzz\" is no word of fleet's") && !bench.errors.contains("canary"))
  }

  /// Whatever a report or the live view shows of a host's way.
  @Test func `each step has its word`() {
    for step in [
      "check", "account", "receive", "extract", "prepare", "rehearse", "complete", "guard", "stop",
    ] {
      #expect(Glossary.entries.contains { $0.word == step }, "\(step)")
    }
    for word in ["hold", "held", "tree", "boot units", "major", "restored"] {
      #expect(Glossary.meaning(of: word)?.word == word)
    }
  }

  /// What a person meets in outcomes is explained.
  @Test func `each outcome has its word`() {
    for outcome in ["refused", "rolled back", "failed", "deferred", "unreachable", "unknown", "interrupted"] {
      #expect(Glossary.meaning(of: outcome)?.word == outcome)
    }
  }
}
