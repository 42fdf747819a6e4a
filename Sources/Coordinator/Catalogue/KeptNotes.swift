import Release
import SystemPackage
import Text

/// What makers wrote of their releases, in an index that was read: kept beside its archives, so that an upgrade's
/// report can tell it without asking anew.
struct KeptNotes: Codable, Equatable {
  /// By tag, each bounded; of the newest releases alone.
  var texts: [String: String]

  init(of tags: SourceTags, limits: CatalogueLimits) {
    let newest = tags.versions.filter { tags.notes[$0.name] != nil }
      .compactMap { tag in TagName(tag.name).map { (tag.name, $0.version) } }
      .sorted { $1.1 < $0.1 }.prefix(limits.releasesPerPage)
    texts = Dictionary(
      newest.compactMap { name, _ in
        tags.notes[name].map { (name, $0.leading(bytes: limits.maxNotesBytes)) }
      }, uniquingKeysWith: { first, _ in first })
  }

  static func read(_ shelf: FilePath, limits: CatalogueLimits) -> [String: String] {
    SealedFile.read(KeptNotes.self, from: file(shelf), maxBytes: limits.maxKeptBytes)?.texts ?? [:]
  }

  func keep(_ shelf: FilePath) throws(CatalogueError) { try SealedFile.write(self, to: Self.file(shelf)) }

  private static func file(_ shelf: FilePath) -> FilePath { shelf.appending("pages").appending("notes.json") }
}
