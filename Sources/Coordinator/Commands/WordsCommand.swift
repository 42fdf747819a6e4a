internal import ByteText
internal import ArgumentParser
internal import FoundationEssentials
internal import Wire

struct WordsCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "words",
    abstract: "Say what fleet's words mean: canary, mark, settle, …",
    discussion: """
      Examples:
        fleet words
        fleet words canary soak
      """)

  @Argument(help: ArgumentHelp("Only these.", valueName: "word"))
  var words: [String] = []
  @OptionGroup var common: CommonOptions

  func run(on bench: Workbench) async throws -> RunExit {
    let entries = try words.isEmpty ? Glossary.entries : Self.entries(words)
    let terminal = bench.terminal
    switch common.output {
    case .json: terminal.write(String(decoding: try SnakeJSON.encoder.encode(entries), as: UTF8.self) + "\n")
    case .text:
      let table = Table(
        header: ["WORD", "MEANING"], rows: entries.map { [$0.word, $0.meaning] },
        width: terminal.canDraw ? terminal.size().width : nil)
      for line in table.lines { terminal.write(line + "\n") }
    }
    return .good
  }

  /// Several words may be one, as in "rolled back".
  private static func entries(_ words: [String]) throws -> [Glossary.Entry] {
    let whole = words.joined(separator: " ").asciiLowercase
    if let entry = Glossary.entries.first(where: { $0.word == whole }) { return [entry] }
    return try words.map { try entry($0) }
  }

  private static func entry(_ word: String) throws -> Glossary.Entry {
    if let entry = Glossary.meaning(of: word) { return entry }
    let near = didYouMean(word, among: Glossary.entries.map(\.word)).map { "; \($0)" } ?? "; all: fleet words"
    throw UsageError("\"\(visible(word, limit: 60))\" is no word of fleet's\(near)")
  }
}
