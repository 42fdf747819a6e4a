import Driver
import Text
import Report
import ByteText
import ArgumentParser
import FoundationEssentials
import Wire

struct WordsCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "words",
    abstract: "Say what fleet's words mean: canary, mark, settle, …",
    discussion: """
      All of them, or those that are named, also as they are met ("marked"). Exits with 64 where one is none.

      Examples:
        fleet words
        fleet words canary soak
      """)

  @Argument(help: ArgumentHelp("Only these.", valueName: "word"))
  var words: [String] = []
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let (entries, unknown) = words.isEmpty ? (Glossary.entries, []) : Self.entries(words)
    let terminal = context.terminal
    if !entries.isEmpty || common.output == .json { show(entries, terminal) }
    guard !unknown.isEmpty else { return .good }
    let texts = unknown.map { word in
      let near = didYouMean(word, among: Glossary.entries.map(\.word)).map { "; \($0)" } ?? ""
      return "\"\(visible(word, limit: 60))\" is no word of fleet's\(near)"
    }
    throw UsageError(texts.joined(separator: "\n") + "\nall: fleet words")
  }

  private func show(_ entries: [Glossary.Entry], _ terminal: Terminal) {
    switch common.output {
    case .json:
      let text = (try? SnakeJSON.encoder.encode(entries)).map { String(decoding: $0, as: UTF8.self) }
      terminal.write((text ?? "[]") + "\n")
    case .text:
      let table = Table(
        header: ["WORD", "MEANING"], rows: entries.map { [$0.word, $0.meaning] },
        width: terminal.canDraw ? terminal.size().width : nil)
      for line in table.lines { terminal.write(line + "\n") }
    }
  }

  /// Two words may be one, as in "rolled back".
  private static func entries(_ words: [String]) -> (known: [Glossary.Entry], unknown: [String]) {
    var (known, unknown): ([Glossary.Entry], [String]) = ([], [])
    var place = 0
    while place < words.count {
      let pair = words[place...].prefix(2).joined(separator: " ").asciiLowercase
      if place + 1 < words.count, let entry = Glossary.entries.first(where: { $0.word == pair }) {
        known.append(entry)
        place += 2
        continue
      }
      if let entry = Glossary.meaning(of: words[place]) {
        known.append(entry)
      } else {
        unknown.append(words[place])
      }
      place += 1
    }
    return (known, unknown)
  }
}
