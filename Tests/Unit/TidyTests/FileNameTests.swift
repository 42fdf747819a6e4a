import Foundation
import TestSupport
import Testing

/// A file is found by the name of what it holds.
@Suite struct FileNameTests {
  /// What a file is named after where it holds more than functions.
  private static func holds(_ file: SourceFile) -> (types: [String], extended: [String]) {
    var (types, extended): ([String], [String]) = ([], [])
    for line in file.code {
      // At the left edge: what is declared in something else is part of that.
      guard let first = line.text.unicodeScalars.first, first != " ", first != "#" else { continue }
      let declared = #/\b(struct|class|enum|actor|protocol|typealias|extension) ([\w.]+)/#
      guard let match = line.text.firstMatch(of: declared) else { continue }
      let name = String(match.2.split(separator: ".").last ?? "")
      if match.1 == "extension" { extended.append(name) } else { types.append(name) }
    }
    return (types, extended)
  }

  private static func isNamedRight(_ file: SourceFile) -> Bool {
    let name = String(file.description.split(separator: "/").last?.dropLast(".swift".count) ?? "")
    let (types, extended) = holds(file)
    guard !types.contains(name), !(types.isEmpty && extended.isEmpty) else { return true }
    guard let aspect = name.firstIndex(of: "+") else { return false }
    return extended.contains(String(name[..<aspect]))
  }

  /// Named for what they do: functions, or what several types have in common.
  private static let others: Set<String> = [
    "Sources/ByteText/ByteText.swift", "Sources/Threads/OwnThread.swift",
  ]

  @Test func `a file is named after a type in it, or after one that it extends and how: Type+Aspect`() {
    let files = SourceFile.all(in: "Sources")
    #expect(files.count > 100)
    for file in files where !Self.others.contains(file.description) {
      #expect(Self.isNamedRight(file), "\(file): \(Self.holds(file))")
    }
    for name in Self.others {
      #expect(
        files.contains { $0.description == name && !Self.isNamedRight($0) }, "\(name) needs no exception")
    }
  }

  @Test(arguments: [
    ("Thing.swift", "struct Thing {}", true), ("Thing+Parts.swift", "extension Thing {}", true),
    ("doing.swift", "func doing() {}", true), ("Other.swift", "package enum Thing {}", false),
    ("ThingParts.swift", "extension Thing {}", false), ("Other+Parts.swift", "extension Thing {}", false),
    ("Inner.swift", "struct Thing {\n  struct Inner {}\n}", false),
  ])
  func `names are recognised`(_ name: String, _ text: String, _ isRight: Bool) {
    #expect(Self.isNamedRight(SourceFile(description: "Sources/X/\(name)", text: text)) == isRight)
  }
}
