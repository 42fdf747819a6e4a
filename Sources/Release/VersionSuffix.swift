import ByteText

/// What stands behind a version's numbers, as marks that can be ordered.
///
/// | Ending | Meaning |
/// | --- | --- |
/// | `-rc1` `-beta.2` `a1` `.dev0` `~rc1` `-SNAPSHOT` `-0` | a pre-release, before the bare numbers |
/// | `-1` `-1ubuntu2` `-1.el9` `-r3` `-p2` `.post1` `-hotfix1` | a revision, after them |
/// | `-5-gabc1234` `.r5.gabc1234` `+5.gabc1234` `-dirty` `+dirty` | built behind the tag: after it and its revisions |
/// | `-0-gabc1234` `.Final` `-ga` `.RELEASE` `-stable` `-lts` `+anything` | the same as the bare numbers |
/// | `-1~bpo12` | before what stands in front of the `~`, as Debian has it |
/// | `-kitchen` `-5f3a2b1` `-20260801` | nobody can tell; ordered as a pre-release, and called uncertain |
///
/// Words are compared by their letters and numbers by value, wherever a letter meets a digit: `rc2` comes before
/// `rc10`. `dev` comes before all other words, as in PEP 440.
struct VersionSuffix: Sendable, Hashable {
  enum Mark: Sendable, Hashable {
    /// Debian's: less than nothing.
    case tilde
    case dev
    /// Decimal digits without leading zeros, however many.
    case number(String)
    case word(String)
    /// Where no pre-release is named.
    case release
    /// So many commits behind a tag; none for changes that nobody has counted.
    case beyond(String)
  }

  let marks: [Mark]

  static let none = VersionSuffix(marks: [.release])

  var isBeyondTag: Bool {
    marks.contains { if case .beyond = $0 { true } else { false } }
  }

  /// Nil where the text is no ending of a version.
  static func read(_ text: Substring, build: [String]) -> (VersionSuffix, isUncertain: Bool)? {
    guard text.unicodeScalars.allSatisfy({ $0 == "." || Version.isOfIdentifier($0) }) else { return nil }
    var rest = text
    var beyond: [Mark] = []
    let isDirty = takeDirty(&rest)
    if let commits = takeDescribed(&rest) {
      // The very tag, but named at length: no commit behind it.
      if commits != "0" { beyond.append(.beyond(commits)) }
    }
    beyond += ofBuild(build)
    if isDirty { beyond.append(.beyond("0")) }
    guard let (marks, isUncertain) = marks(of: rest) else { return nil }
    return (VersionSuffix(marks: marks + beyond), isUncertain)
  }

  // MARK: What git describe and its like add

  private static func takeDirty(_ text: inout Substring) -> Bool {
    for ending in ["-dirty", ".dirty", "-modified", "-broken"] {
      guard let before = text.without(suffix: ending) else { continue }
      text = before
      return true
    }
    return false
  }

  /// Takes `-5-gabc1234`, `.r5.gabc1234` or `-gabc1234` off the end, and gives the number of commits.
  private static func takeDescribed(_ text: inout Substring) -> String? {
    guard let (before, hash) = cutAtLastSeparator(text), isAbbreviation(hash) else { return nil }
    if let (earlier, count) = cutAtLastSeparator(before) {
      let digits = count.without(prefix: "r") ?? count
      if !digits.isEmpty, digits.unicodeScalars.allSatisfy(\.isDigit) {
        text = earlier
        return value(digits)
      }
    }
    text = before
    return ""
  }

  private static func cutAtLastSeparator(_ text: Substring) -> (before: Substring, after: Substring)? {
    guard let index = text.unicodeScalars.lastIndex(where: { $0 == "-" || $0 == "." }) else { return nil }
    return (text[..<index], text[text.unicodeScalars.index(after: index)...])
  }

  /// `gabc1234`: git's letter and the beginning of a commit.
  private static func isAbbreviation(_ text: some StringProtocol) -> Bool {
    guard let hex = text.without(prefix: "g") else { return false }
    return (4...64).contains(hex.utf8.count) && hex.unicodeScalars.allSatisfy(\.isHex)
  }

  /// `+5.gabc1234`, `+0.gabc1234.dirty`, `+gabc1234.d20260801`: what Python's tools write.
  private static func ofBuild(_ build: [String]) -> [Mark] {
    var marks: [Mark] = []
    if build.count > 1, isAbbreviation(build[1]), build[0].unicodeScalars.allSatisfy(\.isDigit),
      value(build[0]) != "0"
    {
      marks.append(.beyond(value(build[0])))
    }
    let isDirty = build.contains { part in
      let day = part.without(prefix: "d") ?? ""
      return part.isSpelled("dirty") || day.utf8.count == 8 && day.unicodeScalars.allSatisfy(\.isDigit)
    }
    return isDirty ? marks + [.beyond("0")] : marks
  }

  // MARK: Words and numbers

  private static let finals: Set<String> = ["final", "ga", "release", "stable", "lts"]
  private static let revisions: Set<String> = [
    "post", "r", "rev", "revision", "p", "pl", "patch", "hotfix", "sp",
  ]
  private static let early: Set<String> = [
    "a", "alpha", "b", "beta", "c", "rc", "cr", "pre", "preview", "dev", "devel", "snapshot", "nightly",
    "daily", "canary", "m", "milestone", "ea", "next", "test", "testing", "unstable", "insider", "edge",
    "exp",
    "experimental", "draft", "wip",
  ]
  private static let aliases = ["a": "alpha", "b": "beta", "c": "rc", "devel": "dev"]

  private static func marks(of text: Substring) -> (marks: [Mark], isUncertain: Bool)? {
    guard let first = text.unicodeScalars.first else { return ([.release], false) }
    guard let content = content(of: text, first) else { return nil }
    var marks = tokens(content)
    let mark = marks.first
    switch mark {
    // Dashes and nothing else, which Semantic Versioning allows.
    case nil: return ([.word("")], true)
    case .number(let digits) where digits == "0": return (marks, false)
    case .number(let digits):
      // A day, or a commit: of the tag, or on the way to it?
      if digits.utf8.count >= 8 || isCommit(content) { return (marks, true) }
      return ([.release] + marks, false)
    case .word(let word) where finals.contains(word):
      return ([.release] + marks.dropFirst(), false)
    case .word(let word) where revisions.contains(word):
      marks.removeFirst()
      if case .number = marks.first {} else { marks.insert(.number("0"), at: 0) }
      return ([.release] + marks, false)
    case .word(let word): return (marks, first != "~" && !early.contains(word))
    default: return (marks, false)
    }
  }

  /// Without the sign that joins it to the numbers. Joined by a dot, or by nothing, only a word that is known is an
  /// ending: `1.2.x` is no version.
  private static func content(of text: Substring, _ first: Unicode.Scalar) -> Substring? {
    switch first {
    case "-", "~":
      let content = text[text.unicodeScalars.index(after: text.startIndex)...]
      return content.pieces(by: ".", keepingEmpty: true).contains(where: \.isEmpty) ? nil : content
    default:
      let content = text.without(prefix: ".") ?? text
      let word = content.leading(while: \.isASCIILetter)
      let name = word.asciiLowercase
      guard finals.contains(name) || revisions.contains(name) || early.contains(name) else { return nil }
      let rest = content[word.endIndex...]
      // The w of OpenSSL's 1.1.1w is a patch, the a of 1.3a no number's either.
      if first != ".", name.utf8.count == 1, rest.unicodeScalars.first?.isDigit != true { return nil }
      return rest.pieces(by: ".", keepingEmpty: true).dropFirst().contains(where: \.isEmpty) ? nil : content
    }
  }

  private static func isCommit(_ text: Substring) -> Bool {
    let part = text.leading { $0 != "-" && $0 != "." && $0 != "~" }
    return part.utf8.count >= 7 && part.unicodeScalars.allSatisfy(\.isHex)
      && part.unicodeScalars.contains(where: \.isASCIILetter)
  }

  private static func tokens(_ text: Substring) -> [Mark] {
    var marks: [Mark] = []
    var rest = text
    while let sign = rest.unicodeScalars.first {
      let run = rest.leading { sign.isDigit ? $0.isDigit : sign.isASCIILetter && $0.isASCIILetter }
      if sign.isDigit {
        marks.append(.number(value(run)))
      } else if sign.isASCIILetter {
        let word = aliases[run.asciiLowercase] ?? run.asciiLowercase
        marks.append(word == "dev" ? .dev : .word(word))
      } else if sign == "~" {
        marks.append(.tilde)
      }
      rest = run.isEmpty ? rest[rest.unicodeScalars.index(after: rest.startIndex)...] : rest[run.endIndex...]
    }
    return marks
  }

  private static func value(_ digits: some StringProtocol) -> String {
    let value = digits.skipping { $0 == "0" }
    return value.isEmpty ? "0" : String(value)
  }
}

extension VersionSuffix: Comparable {
  static func < (left: VersionSuffix, right: VersionSuffix) -> Bool {
    for index in 0..<max(left.marks.count, right.marks.count) {
      let one = index < left.marks.count ? left.marks[index] : nil
      let other = index < right.marks.count ? right.marks[index] : nil
      if one != other { return precedes(one, other) }
    }
    return false
  }

  private static func precedes(_ one: Mark?, _ other: Mark?) -> Bool {
    switch (one, other) {
    // Compared as digits: they may be more than any integer type has.
    case (.number(let one), .number(let other)), (.beyond(let one), .beyond(let other)):
      one.utf8.count != other.utf8.count
        ? one.utf8.count < other.utf8.count : one.utf8.lexicographicallyPrecedes(other.utf8)
    case (.word(let one), .word(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
    default: rank(one) < rank(other)
    }
  }

  private static func rank(_ mark: Mark?) -> Int {
    switch mark {
    case .tilde: 0
    case .dev: 1
    case nil: 2
    case .number: 3
    case .word: 4
    case .release: 5
    case .beyond: 6
    }
  }
}
