package import Release

/// What a profile knows to be bad: versions, or jumps between versions. Pure.
package struct Advisory: Equatable, Sendable {
  package enum Subject: Equatable, Sendable {
    /// A release that is bad wherever it comes.
    case versions(VersionRange)
    /// A release that is bad for who comes from certain versions.
    case jump(from: VersionRange, to: VersionRange)
  }

  package var subject: Subject
  /// One sentence for people.
  package var why: String
  /// Where more of it stands.
  package var link: String?
  /// Whether hosts that it concerns do not go.
  package var refuses: Bool

  package init(_ subject: Subject, why: String, link: String? = nil, refuses: Bool = false) {
    self.subject = subject
    self.why = why
    self.link = link
    self.refuses = refuses
  }

  /// Whether it is about an upgrade to `target`.
  ///
  /// - Parameter installed: nil where it is no version that can be ordered: of a jump nobody can tell then.
  package func concerns(from installed: Version?, to target: Version) -> Bool {
    switch subject {
    case .versions(let range): range.contains(target)
    case .jump(let from, let to): (installed.map { from.contains($0) } ?? false) && to.contains(target)
    }
  }

  /// Whether it is about a host that has this version and stays with it.
  package func concerns(resting installed: Version) -> Bool {
    if case .versions(let range) = subject { range.contains(installed) } else { false }
  }
}

extension ProfileReader {
  /// What fits in a row of a plan beside what is to be typed.
  private static let whyCharacters = 300
  private static let linkCharacters = 200

  static func advisory(_ section: Section) -> Advisory? {
    let versions = section.value("versions", range)
    let from = section.value("from", range)
    let to = section.value("to", range)
    let why = section.required("why") { (node) throws(Wrong) in
      try short(try Values.line(node), whyCharacters, "the link has room for more")
    }
    let link = section.value("link") { (node) throws(Wrong) in
      try short(try Values.url(node), linkCharacters)
    }
    let refuses = section.value("refuse", Values.flag) ?? false
    let given = ["versions", "from", "to"].filter { section.node($0) != nil }
    guard given == ["versions"] || given == ["from", "to"] else {
      section.wrong(
        "an advisory needs either versions, or both from and to",
        hint: "versions: \"=8.16.1\", or from: \"<8.16.0\" with to: \">=8.16.1\"")
      return nil
    }
    guard let why else { return nil }
    if let versions { return Advisory(.versions(versions), why: why, link: link, refuses: refuses) }
    guard let from, let to else { return nil }
    return Advisory(.jump(from: from, to: to), why: why, link: link, refuses: refuses)
  }

  private static func short(
    _ text: String, _ characters: Int, _ hint: String? = nil
  ) throws(Wrong) -> String {
    guard text.unicodeScalars.count <= characters else {
      throw Wrong("must have at most \(characters) characters", hint: hint)
    }
    return text
  }

  /// `notes:`, the changelog in the release's tree.
  static func notesFile(_ section: Section) -> String? { section.required("file", Values.relativePath) }
}
