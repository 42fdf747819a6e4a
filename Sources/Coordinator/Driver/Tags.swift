import Text
package import Catalogue
package import Inventory
package import Release

/// The tags of each source, read once.
package struct Tags: Sendable {
  private var lists:
    [(source: ReleaseSource, tags: [SourceTag], passedOver: PassedOver, fetched: [String: Set<String>])] = []

  package init() {}

  /// Of the sources of all hosts that answered.
  package static func read(
    _ answers: [(host: Host, answer: SurveyAnswer)], from catalogue: any ReleaseCatalogue
  ) async throws -> Tags {
    var tags = Tags()
    for case (let host, .probe) in answers {
      for profile in host.profiles where !tags.lists.contains(where: { $0.source == profile.source }) {
        tags.add(profile.source, try await catalogue.list(of: profile.source))
      }
    }
    return tags
  }

  /// Of one source; none where it cannot be read.
  package static func known(of source: ReleaseSource, in catalogue: any ReleaseCatalogue) async -> Tags {
    var tags = Tags()
    if let list = try? await catalogue.list(of: source) { tags.add(source, list) }
    return tags
  }

  private mutating func add(_ source: ReleaseSource, _ list: CatalogueList) {
    let fetched = Dictionary(
      list.entries.filter(\.fetched).map { ($0.tag, $0.fetchedFor) }, uniquingKeysWith: { first, _ in first })
    lists.append((source, list.entries.map(\.sourceTag), list.passedOver, fetched))
  }

  package func of(_ source: ReleaseSource) -> [SourceTag] {
    lists.first { $0.source.shelf == source.shelf }?.tags ?? []
  }

  /// Whether a release of a source lies in the cache.
  package func isFetched(_ tag: String, of source: ReleaseSource) -> Bool {
    lists.contains { list in
      guard list.source.shelf == source.shelf, let fetched = list.fetched[tag] else { return false }
      return source.architecture.map { fetched.contains($0) } ?? true
    }
  }

  /// What is no version, of each source that has such tags, as sentences.
  package var passedOver: [String] { lists.compactMap { Wording.passedOver($0.passedOver, of: $0.source) } }

  /// The same of those that may hide a release: others a repository has for good, and nobody wants to read of them.
  package var doubtfullyPassedOver: [String] {
    lists.filter { $0.tags.isEmpty || $0.passedOver.mayBeVersions }
      .compactMap { Wording.passedOver($0.passedOver, of: $0.source) }
  }
}
