import Archive
import Inventory
import Release
import Threads

/// Looks for the makers' notes of releases: what the source says of them first, then the changelog in the newest of
/// their archives that lies in the cache.
///
/// Lives on one thread and blocks it.
struct NotesSearch {
  let app: String
  let wish: NotesWish
  let source: ReleaseSource
  let cache: ReleaseCache
  let lockFile: FleetLockFile
  let environment: [String: String]
  let limits: CatalogueLimits
  let cancel: CancelFlag

  func run() -> FoundNotes {
    var found = FoundNotes()
    // The newest first: its changelog tells of those before it, too.
    let wanted = Candidate.all(in: wish.tags).flatMap { [$0] + $0.twins }.sorted { $1.version < $0.version }
    do throws(SourceFailure) {
      let asked = try SourceClient(
        source, app: app, shelf: cache.shelf(of: source), environment: environment, limits: limits,
        cancel: cancel)
      switch asked {
      case .repository(let repository):
        let (texts, trouble) = repository.notes(of: wanted.map(\.tag), asks: wish.asks)
        found.texts = texts
        if let trouble { found.troubles.append("\(trouble)") }
      case .index(let index):
        let names = Set(wanted.map(\.tag.text))
        let notes =
          wish.asks ? try index.tags().notes : KeptNotes.read(cache.shelf(of: source), limits: limits)
        found.texts = notes.filter { names.contains($0.key) }
          .mapValues { $0.leading(bytes: limits.maxNotesBytes) }
      case .git, .pypi, .directory: break
      }
    } catch {
      found.troubles.append("\(error.error)")
    }
    if let file = wish.file { read(file, of: wanted, into: &found) }
    return found
  }

  private func read(_ file: String, of wanted: [Candidate], into found: inout FoundNotes) {
    let missing = wanted.filter { found.texts[$0.tag.text] == nil }
    guard let newest = missing.first else { return }
    guard let (tag, entry) = fetched(wanted) else {
      let way = "fleet fetch --to \(newest.tag) brings it"
      found.troubles.append("\(file) of \(newest.tag) is not in the cache: \(way)")
      return
    }
    let bytes: [UInt8]?
    do throws(ArchiveError) {
      bytes = try ArchiveFile.read(file, in: entry.archive, maxBytes: limits.maxChangelogBytes)
    } catch {
      found.troubles.append("\(file) of \(tag) cannot be read: \(CatalogueError(error, tag: tag))")
      return
    }
    guard let bytes else {
      found.troubles.append("\(tag) has no file \(file)")
      return
    }
    let changelog = Changelog(bytes)
    for release in missing {
      found.texts[release.tag.text] = changelog.text(of: release.tag, maxBytes: limits.maxNotesBytes)
    }
    if newest.version > tag.version {
      let way = "fleet fetch --to \(newest.tag) brings that of \(newest.tag)"
      found.troubles.append("\(file) was read as \(tag) has it: \(way)")
    }
  }

  /// The newest of them whose archive is whole.
  private func fetched(_ wanted: [Candidate]) -> (tag: TagName, entry: CacheEntry)? {
    let lock = (try? lockFile.read()) ?? FleetLock()
    for release in wanted {
      let entries = cache.entries(of: release, from: source, app: app, lock: lock)
      if let whole = entries.first(where: { $0.intactFacts(cancel: cancel) != nil }) {
        return (release.tag, whole)
      }
    }
    return nil
  }
}
