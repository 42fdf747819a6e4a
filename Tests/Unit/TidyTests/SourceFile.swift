import Foundation
import TestSupport

/// A file of the repository, for the tests that read them all.
struct SourceFile: Sendable, CustomStringConvertible {
  /// From the repository's root.
  let description: String
  let text: String

  /// The target in whose folder it is: a house, or one of its rooms, as Package.swift has them.
  var target: String {
    let folders = description.split(separator: "/").dropFirst().dropLast().map(String.init)
    guard let house = folders.first else { return "" }
    return folders.dropFirst().first { Self.rooms[house]?.contains($0) == true } ?? house
  }

  /// Each house and the folders in it that are targets.
  static let rooms: [String: Set<String>] = {
    let package = (try? String(contentsOf: Repository.file("Package.swift"), encoding: .utf8)) ?? ""
    let found = package.matches(of: #/room\(\s*"(\w+)", of: "(\w+)"/#)
    return Dictionary(grouping: found) { String($0.2) }.mapValues { Set($0.map { String($0.1) }) }
  }()

  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// The lines without comments and texts, so that a word in a sentence is no code.
  var code: [(line: Int, text: String)] {
    lines.enumerated().map { index, line in
      let bare = line.replacing(#/"(\\.|[^"\\])*"/#, with: "\"\"")
      let code = bare.firstRange(of: "//").map { bare[..<$0.lowerBound] } ?? bare[...]
      return (index + 1, String(code))
    }
  }

  /// The modules that it imports.
  var imports: [String] {
    let kinds = ["struct", "class", "enum", "func", "protocol", "typealias", "var", "let"]
    return code.compactMap { line in
      var words = line.text.split { !$0.isLetter && !$0.isNumber && !"_@-".contains($0) }[...]
      while let word = words.first, word.hasPrefix("@") || Self.access.contains(String(word)) {
        words.removeFirst()
      }
      guard words.popFirst() == "import" else { return nil }
      if let kind = words.first, kinds.contains(String(kind)) { words.removeFirst() }
      return words.first.map(String.init)
    }
  }

  private static let access: Set<String> = ["public", "package", "internal", "private", "fileprivate"]

  static func all(in folder: String, ending: [String] = [".swift"]) -> [SourceFile] {
    let base = Repository.file(folder)
    let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
    return names.sorted().filter { name in ending.contains(where: name.hasSuffix) }.compactMap { name in
      guard let text = try? String(contentsOf: base.appending(path: name), encoding: .utf8) else {
        return nil
      }
      return SourceFile(description: "\(folder)/\(name)", text: text)
    }
  }
}
