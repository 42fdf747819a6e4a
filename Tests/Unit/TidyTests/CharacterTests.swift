import Testing

/// What a program reads is cut at bytes (`Sources/ByteText`): a Character is what people see, and "/" with U+0301
/// behind it is one that is not "/".
@Suite struct CharacterTests {
  /// Operations that look at Characters, as code without texts says them (`SourceFile.code`: each text is `""`).
  private static var cuts: [(find: Regex<Substring>, instead: String)] {
    [
      (#/\.(?:hasPrefix|hasSuffix)\b/#, "begins(with:), ends(with:), without(prefix:), without(suffix:)"),
      (
        #/\.split(?:\(separator: "|\(whereSeparator|\(omitting|\(maxSplits| \{ (?!\$0\.))/#,
        "pieces(by:), textLines"
      ),
      (#/\.is(?:Newline|Whitespace|Letter|Number|WholeNumber|HexDigit|Punctuation)\b/#, "scalars"),
      (#/\.(?:first|last)Index\(of: "/#, "cut(at:), cut(atLast:)"),
      (#/\.(?:first|last) [!=]= "/#, "begins(with:), ends(with:)"),
      (#/switch [\w.]+\.(?:first|last) \{/#, "begins(with:), ends(with:)"),
      (#/\.contains\("/#, "holds"),
      (#/"\.contains\(/#, "a list of scalars"),
      (#/\.(?:drop|prefix)(?: \{|\(while: \{) (?:\$0 [!=]= "|!?")/#, "skipping(while:), leading(while:)"),
      (#/\.drop(?:First|Last)\((?:""|\w+)\.count\)/#, "without(prefix:), without(suffix:)"),
      (
        #/\.(?:replacing\("|replacingOccurrences|trimming|components\(separatedBy)/#,
        "exchanging, trimmed, pieces(by:)"
      ),
      (#/\.(?:ranges|firstRange|range)\(of: /#, "cut(at:), holds"),
      (#/\.(?:lower|upper)cased\(\)/#, "asciiLowercase, asciiUppercase"),
      (#/(?:^|[\s\[(<])Character\b/#, "Unicode.Scalar"),
    ]
  }
  /// What looks like one of them and asks a scalar or bytes.
  private static let others = ["properties.is", "bytes.drop"]

  /// Where Characters are right, or where it is no text that is looked at.
  private static let elsewhere: [(path: String, reason: String)] = [
    ("Sources/Coordinator/Report/", "columns, wrapping and sentences: for people"),
    ("Sources/Coordinator/Text/Columns.swift", "columns and wrapping: for people"),
    ("Sources/Coordinator/Text/Nearest.swift", "guesses which word a person meant"),
    ("Sources/Coordinator/Driver/Wording+Rollout.swift", "sentences for people"),
    ("Sources/ByteText/ByteText.swift", "is what the others are to use: splits scalars"),
    ("Sources/Files/TreeView.swift", "holds bytes"),
    ("Sources/Archive/EntryName.swift", "folds names as file systems without case do, beyond ASCII"),
  ]

  private static func cuts(in file: SourceFile) -> [String] {
    let cuts = cuts
    return file.code.flatMap { line in
      let text = others.reduce(line.text) { $0.replacing($1, with: "") }
      return cuts.filter { text.contains($0.find) }.map { "\(line.line): take \($0.instead)" }
    }
  }

  @Test func `what a program reads is cut at bytes`() {
    let files = SourceFile.all(in: "Sources")
    #expect(files.contains { $0.description == "Sources/ByteText/ByteText.swift" })
    for file in files where !Self.elsewhere.contains(where: { file.description.hasPrefix($0.path) }) {
      for finding in Self.cuts(in: file) { Issue.record("\(file):\(finding)") }
    }
  }

  @Test func `each exception is needed`() {
    let files = SourceFile.all(in: "Sources")
    for place in Self.elsewhere {
      let found = files.filter { $0.description.hasPrefix(place.path) }.flatMap { Self.cuts(in: $0) }
      #expect(!found.isEmpty, "\(place.path)")
    }
  }

  @Test(arguments: [
    #"path.split(separator: "/")"#, #"text.split { $0 == "," || $0 == ":" }"#,
    #"text.split(omittingEmptySubsequences: false) { $0 == "\n" }"#,
    #"text.split(whereSeparator: \.isNewline)"#,
    #"path.hasPrefix("/")"#, "names.filter(name.hasSuffix)", #"line.firstIndex(of: "=")"#,
    #"text.first == "-""#, #"text.last != "'""#, "text.first?.isNumber == true", "switch term.first {",
    #"name.contains("/")"#, #"",:".contains($0)"#, #"path.drop { $0 == "/" }"#,
    #"host.prefix { !"/?".contains($0) }"#,
    #"text.prefix(while: { $0 != " " })"#, "text.dropFirst(key.count)", #"text.dropFirst("done: ".count)"#,
    #"text.replacing("'", with: "''")"#, #"text.components(separatedBy: "/")"#, #"text.firstRange(of: "//")"#,
    "host.lowercased()", "let tokens: [Character: String] = [:]", "String(Character(scalar))",
  ])
  func `a cut at Characters would be found`(code: String) {
    #expect(!Self.cuts(in: SourceFile(description: "Sources/X/x.swift", text: code)).isEmpty)
  }

  @Test(arguments: [
    #"path.pieces(by: "/")"#, #"bytes.split(separator: UInt8(ascii: "/"))"#,
    "story.split { $0.event == .rested }",
    #"path.begins(with: "/")"#, #""._-".utf8.contains($0)"#, "known.contains(word)", "rest.dropFirst(4)",
    "let maxCharacters = 4", #"// text.split(separator: "/")"#, "scalar.properties.isWhitespace",
    #"let text = "a.hasPrefix(b)""#,
  ])
  func `what looks at bytes or lists is not`(code: String) {
    #expect(Self.cuts(in: SourceFile(description: "Sources/X/x.swift", text: code)) == [])
  }
}
