package import Files
package import SystemPackage
package import Wire

/// Reads a value (the version, a schema's revision) out of a tree, as the profile says.
package enum VersionReader {
  package static func read(_ reading: Reading, in tree: FilePath) throws(ReadingError) -> String {
    let bytes: [UInt8]
    do {
      bytes = try TreeFile.read(reading.file, in: tree, limitBytes: EffectLimits.readingBytes)
    } catch {
      throw .file(error)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return try value(of: reading, in: text)
  }

  /// The group's text at the first match.
  static func value(of reading: Reading, in text: String) throws(ReadingError) -> String {
    let pattern = try Pattern(reading.match)
    guard let groups = try pattern.groups(in: text) else {
      throw .noMatch(file: reading.file, pattern: reading.match)
    }
    guard groups.count == 1 else {
      throw .notOneGroup(pattern: reading.match, count: groups.count)
    }
    guard let value = groups[0], !value.isEmpty, value.unicodeScalars.count <= EffectLimits.readingCharacters
    else {
      throw .noMatch(file: reading.file, pattern: reading.match)
    }
    return value
  }
}

/// A regular expression from a profile: Swift's syntax, `^` and `$` match at lines.
struct Pattern {
  private let text: String
  private let regex: Regex<AnyRegexOutput>

  init(_ text: String) throws(ReadingError) {
    self.text = text
    do { regex = try Regex(text).anchorsMatchLineEndings() } catch {
      throw .badPattern(text, "\(error)")
    }
  }

  func matches(_ subject: String) throws(ReadingError) -> Bool { try groups(in: subject) != nil }

  /// What the groups took at the first match, or nil without one.
  func groups(in subject: String) throws(ReadingError) -> [String?]? {
    do {
      guard let match = try regex.firstMatch(in: subject) else { return nil }
      return match.output.dropFirst().map { $0.substring.map(String.init) }
    } catch {
      throw .badPattern(text, "\(error)")
    }
  }
}

package enum ReadingError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  case badPattern(String, String)
  case notOneGroup(pattern: String, count: Int)
  case noMatch(file: String, pattern: String)

  package var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .badPattern(let pattern, let detail):
      "`\(visible(pattern, limit: 200))` is no regular expression: \(visible(detail, limit: 200))"
    case .notOneGroup(let pattern, let count):
      "`\(visible(pattern, limit: 200))` must have one group in parentheses, it has \(count)"
    case .noMatch(let file, let pattern):
      "nothing in \(visible(file, limit: 200)) matches `\(visible(pattern, limit: 200))`"
    }
  }
}
