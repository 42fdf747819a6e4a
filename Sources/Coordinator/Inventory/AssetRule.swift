import ByteText

/// Which of the files beside a release is its archive: `asset:`, `checksums:` and `arch:` of a source. Pure.
package struct AssetRule: Equatable, Sendable {
  /// As written, with `{version}`, `{tag}` and `{arch}` in it.
  package var name: String
  /// The file with its digest, as written; `{asset}` in it is the archive's own name, `{arch}` the word in that. nil:
  /// none.
  package var checksums: String?
  /// How file names spell an architecture, where the profile says it; by the word of `uname -m`.
  package var spellings: [String: String]
  /// That of the hosts it is for; nil while nobody has said it, and where the name has no `{arch}`.
  package private(set) var architecture: String?

  package init(name: String, checksums: String? = nil, spellings: [String: String] = [:]) {
    self.name = name
    self.checksums = checksums
    self.spellings = spellings
  }

  /// The architectures that agents are built for, with what file names call them, the usual word first.
  package static let usualSpellings = [
    "aarch64": ["arm64", "aarch64"], "x86_64": ["amd64", "x86_64", "x86-64", "x64"],
  ]
  package static let architectures = usualSpellings.keys.sorted()

  package var isPerArchitecture: Bool { name.holds("{arch}") }

  /// A name of an asset holds no blank, nor does a spelling.
  var identity: String {
    ([name] + spellings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
  }

  func made(for architecture: String?) -> AssetRule {
    var rule = self
    rule.architecture = isPerArchitecture ? architecture : nil
    return rule
  }

  /// What the archive may be called.
  ///
  /// - Parameters:
  ///   - tag: the tag without the source's prefix; `version` is the one that it names.
  ///   - architecture: nil only where the name has none in it.
  package func names(tag: String, version: String, architecture: String?) -> [String] {
    guard isPerArchitecture else { return [name.filled(["{version}": version, "{tag}": tag])] }
    return words(for: architecture).map { name.filled(["{version}": version, "{tag}": tag, "{arch}": $0]) }
  }

  /// What file names may call an architecture; nothing without one.
  private func words(for architecture: String?) -> [String] {
    guard let architecture else { return [] }
    return spellings[architecture].map { [$0] } ?? Self.usualSpellings[architecture] ?? [architecture]
  }

  /// What the file with the digest of `asset` is called.
  ///
  /// - Parameter asset: one of `names` for this rule's architecture.
  package func checksumsName(tag: String, version: String, asset: String) -> String? {
    var filling = ["{version}": version, "{tag}": tag, "{asset}": asset]
    filling["{arch}"] = words(for: architecture).first { word in
      name.filled(["{version}": version, "{tag}": tag, "{arch}": word]).isSpelled(asset)
    }
    return checksums?.filled(filling)
  }

  /// The architectures of which an archive is among these files; nil where one is for all of them.
  package func architectures(among files: Set<String>, tag: String, version: String) -> [String]? {
    guard isPerArchitecture else {
      return names(tag: tag, version: version, architecture: nil).contains(where: files.contains) ? nil : []
    }
    return Self.architectures.filter {
      names(tag: tag, version: version, architecture: $0).contains(where: files.contains)
    }
  }
}

extension String {
  /// Placeholders filled in, in one pass: what is filled in is not read again.
  fileprivate func filled(_ words: [String: String]) -> String {
    var text = ""
    var rest = self[...]
    while let (before, _) = rest.cut(at: "{") {
      text += before
      rest = rest[before.endIndex...]
      if let (key, word) = words.first(where: { rest.begins(with: $0.key) }) {
        text += word
        rest = rest.without(prefix: key) ?? rest
      } else {
        text += "{"
        rest = Substring(rest.unicodeScalars.dropFirst())
      }
    }
    return text + rest
  }
}
