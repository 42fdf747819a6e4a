import ByteText

/// Words of a command line as a person would type them.
package enum CommandWord {
  /// Quoted where a shell would take it for more than a word.
  package static func typed(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy {
        $0.isASCIILetter || $0.isDigit || "-_./:@=,".unicodeScalars.contains($0)
      }
    return isPlain ? word : shellQuoted(word)
  }

  package static func typed(_ words: [String]) -> String { words.map(typed).joined(separator: " ") }
}
