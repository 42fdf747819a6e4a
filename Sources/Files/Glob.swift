import ByteText
package import SystemPackage

/// A pattern for relative paths. `*` and `?` stay within a name, `[a-z]` and `[!a]` are one
/// character, `**` as a whole name is any number of directories, `\` takes a meaning away. A leading
/// dot is nothing special. Names are compared character by character, or byte by byte where they are
/// no UTF-8. Takes at most the product of both lengths, whatever the pattern.
package struct Glob: Sendable, Hashable, CustomStringConvertible {
  /// A pattern that cannot be read, and why.
  package struct Malformed: Error, Sendable, Equatable, CustomStringConvertible {
    package let pattern: String
    package let reason: String
    package var description: String { "the pattern \"\(pattern)\" \(reason)" }
  }

  enum Part: Sendable, Hashable {
    case name(NamePattern)
    case anyDirectories
  }

  package static let maxPatternBytes = 4096

  package let pattern: String
  let parts: [Part]

  package var description: String { pattern }

  /// With `bareNameAtAnyDepth`, a pattern without a slash matches in every directory, as `*.log` in
  /// an ignore list does.
  package init(_ pattern: String, bareNameAtAnyDepth: Bool = false) throws(Malformed) {
    func malformed(_ reason: String) -> Malformed { Malformed(pattern: pattern, reason: reason) }
    guard pattern.utf8.count <= Self.maxPatternBytes else {
      throw malformed("is longer than \(Self.maxPatternBytes) bytes")
    }
    guard !pattern.utf8.contains(0) else { throw malformed("contains a NUL") }
    guard !pattern.begins(with: "/") else { throw malformed("must be relative, without a leading slash") }
    var parts: [Part] = []
    for name in pattern.utf8.split(separator: UInt8(ascii: "/")).map(Array.init) {
      switch String(decoding: name, as: UTF8.self) {
      case ".": continue
      case "..": throw malformed("must not contain ..")
      case "**": if parts.last != .anyDirectories { parts.append(.anyDirectories) }
      default:
        guard let part = NamePattern(name) else { throw malformed("has a [ without its ]") }
        parts.append(.name(part))
      }
    }
    guard !parts.isEmpty else { throw malformed("is empty") }
    if bareNameAtAnyDepth, parts.count == 1, parts.first != .anyDirectories {
      parts.insert(.anyDirectories, at: 0)
    }
    // What ends in `**` means all that is below, not the directory itself.
    if parts.last == .anyDirectories { parts.append(.name(NamePattern.anything)) }
    self.pattern = pattern
    self.parts = parts
  }

  package func matches(_ path: FilePath) -> Bool {
    matches(path.components.map { scalarUnits($0.bytes) }[...])
  }

  /// Whether the path or a directory above it matches: what an ignored directory covers.
  package func covers(_ path: FilePath) -> Bool {
    let names = path.components.map { scalarUnits($0.bytes) }
    return names.indices.contains { matches(names[...$0]) }
  }

  private func matches(_ names: ArraySlice<[UInt32]>) -> Bool {
    wildcardMatch(
      parts[...], names, isWild: { $0 == .anyDirectories },
      matches: { part, name in
        if case .name(let pattern) = part { pattern.matches(name[...]) } else { false }
      })
  }
}
