import Text
import ByteText

/// Commands of fleet's as they are to be typed, for one app of one inventory. The counterpart of `Host.typedSSH`.
package struct TypedFleet: Equatable, Sendable {
  /// What `-i` has to say; nil where the inventory is found without it.
  let inventory: String?
  /// What `--app` has to say; nil where the inventory is of one app.
  let app: String?

  package init(inventory: String? = nil, app: String? = nil) { (self.inventory, self.app) = (inventory, app) }

  /// For another app of the same inventory.
  package func of(app: String?) -> TypedFleet { TypedFleet(inventory: inventory, app: app) }

  private var options: [String] { (inventory.map { ["-i", $0] } ?? []) + (app.map { ["--app", $0] } ?? []) }

  /// - Parameter verb: with its second word, if it has one, and its options: `profile check`, `trust --replace`.
  package func command(_ verb: String, _ words: [String] = []) -> String {
    let parts = verb.pieces(by: " ").map { String($0) }
    let names = parts.prefix { !$0.begins(with: "-") }
    return CommandWord.typed(["fleet"] + names + options + parts[names.endIndex...] + words)
  }

  /// A sentence that names commands, as it is read with this inventory: why a host does not go is kept in logs without
  /// one, and may have been found where none had to be named.
  package func words(_ text: String) -> String {
    let options = options
    guard !options.isEmpty, text.holds("fleet ") else { return text }
    let pieces = text.pieces(by: " ").map { String($0) }
    var typed: [String] = []
    for (index, piece) in pieces.enumerated() {
      let isCommand = index > 0 && ["fleet", "(fleet", "`fleet"].contains(pieces[index - 1])
      let isTyped = index + 1 < pieces.count && ["-i", "--app"].contains(pieces[index + 1])
      typed.append(isCommand && !isTyped ? Self.verb(piece, with: options) ?? piece : piece)
    }
    return typed.joined(separator: " ")
  }

  /// nil where the word is no command.
  private static func verb(_ word: String, with options: [String]) -> String? {
    for verb in verbs {
      for end in ends where word == verb + end { return CommandWord.typed([verb] + options) + end }
    }
    return nil
  }

  /// What a sentence has behind a word.
  private static let ends = ["", ".", ",", ";", ":", ")", "),", ").", ");", "`", "`,", "`."]

  /// The commands, as the command line knows them.
  static let verbs = [
    "init", "try", "bootstrap", "trust", "doctor", "remove", "profile", "releases", "plan", "fetch", "stage",
    "upgrade",
    "pause", "resume", "abort", "serve", "status", "report", "history", "logs", "words", "rollback",
    "backups", "clear",
  ]
}
