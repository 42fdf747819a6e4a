import Foundation
import TestSupport
import Testing

/// The pages that people read.
@Suite struct PageTests {
  private static let pages = SourceFile.all(in: "docs", ending: [".md"])

  @Test func `every page leads to the glossary`() throws {
    #expect(Self.pages.count > 10)
    for page in Self.pages where page.description != "docs/glossary.md" {
      let depth = page.description.split(separator: "/").count - 2
      let link = String(repeating: "../", count: depth) + "glossary.md"
      #expect(page.text.contains("](\(link))"), "\(page)")
    }
    let readme = try String(contentsOf: Repository.file("README.md"), encoding: .utf8)
    #expect(readme.contains("](docs/glossary.md)"))
  }

  @Test func `what a page leads to is there`() {
    for page in Self.pages {
      let folder = Repository.file(page.description).deletingLastPathComponent()
      for link in page.text.matches(of: #/\]\(([^)#:\s]+)(?:#[^)\s]*)?\)/#) {
        let target = folder.appending(path: String(link.1)).standardizedFileURL.path
        #expect(FileManager.default.fileExists(atPath: target), "\(page): \(link.1)")
      }
    }
  }

  @Test func `a heading that a page leads to is there`() throws {
    let anchors = Dictionary(
      uniqueKeysWithValues: Self.pages.map { ($0.description, Self.anchors(of: $0.text)) })
    for page in Self.pages {
      for link in page.text.matches(of: #/\]\(([\w.-]*)#([^)\s]+)\)/#) {
        let folder = page.description.split(separator: "/").dropLast().joined(separator: "/")
        let other = link.1.isEmpty ? page.description : "\(folder)/\(link.1)"
        #expect(anchors[other]?.contains(String(link.2)) == true, "\(page): \(link.1)#\(link.2)")
      }
    }
  }

  /// As GitHub makes them of headings.
  private static func anchors(of text: String) -> Set<String> {
    Set(
      text.matches(of: #/(?m)^#+ (.+)$/#).map { heading in
        heading.1.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
          .replacing(" ", with: "-")
      })
  }
}
