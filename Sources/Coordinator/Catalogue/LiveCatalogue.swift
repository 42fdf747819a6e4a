package import Inventory
import Archive
import Files
package import Release
package import SystemPackage
import Threads
import Wire

/// The real ``ReleaseCatalogue``: asks a forge or a web server, or looks into a directory, keeps what it verified in a
/// cache, and holds everything against the inventory's fleet.lock. docs/releases.md tells the whole of it.
///
/// The work blocks, so it is done on threads of its own. Cancelling a task ends its download.
package struct LiveCatalogue: ReleaseCatalogue {
  private let app: String
  private let environment: [String: String]
  private let cache: ReleaseCache
  private let lockFile: FleetLockFile
  private let limits: CatalogueLimits

  /// - Parameters:
  ///   - app: the app's key in the inventory, under which fleet.lock keeps its releases.
  ///   - inventory: the folder of fleet.yaml.
  ///   - cache: the folder for releases, `$XDG_CACHE_HOME/fleet/releases`; it is made where it is missing.
  ///   - environment: where tokens are looked up.
  package init(app: String, inventory: FilePath, cache: FilePath, environment: [String: String]) {
    self.init(
      app: app, inventory: inventory, cache: cache, environment: environment, limits: CatalogueLimits())
  }

  init(
    app: String, inventory: FilePath, cache: FilePath, environment: [String: String],
    limits: CatalogueLimits
  ) {
    self.app = app
    self.environment = environment
    self.cache = ReleaseCache(root: cache, limits: limits)
    lockFile = FleetLockFile(inventory: inventory, cache: cache, limits: limits)
    self.limits = limits
  }

  package func list(of source: ReleaseSource) async throws(CatalogueError) -> CatalogueList {
    try await onOwnThread { [self] (cancel) throws(CatalogueError) in
      try CatalogueError.checkOwn(cache.root)
      let tags: SourceTags
      let known: KnownReleases?
      let shelf = cache.shelf(of: source)
      do throws(FileError) { try makeFolder(shelf.appending("pages")) } catch { throw CatalogueError(error) }
      do throws(SourceFailure) {
        let asked = try SourceClient(
          source, app: app, shelf: shelf, environment: environment, limits: limits, cancel: cancel)
        tags = try asked.tags()
        known = try asked.releases()
      } catch {
        throw error.error
      }
      if !tags.notes.isEmpty { try KeptNotes(of: tags, limits: limits).keep(shelf) }
      let lock = try lockFile.read()
      let (versions, series) = Candidate.withoutSeries(tags.versions)
      let judged = known.map { TagStanding.judged(versions, by: $0.known(source.asset)) } ?? versions
      let entries = Candidate.all(in: judged)
        .sorted { ($0.version, $0.tag.channel) < ($1.version, $1.tag.channel) }
        .flatMap { [$0] + $0.twins }
        .map { (release) -> CatalogueEntry in
          func isFetched(_ source: ReleaseSource) -> Bool {
            cache.entries(of: release, from: source, app: app, lock: lock).contains { $0.knownFacts != nil }
          }
          let fetchedFor = AssetRule.architectures.filter { architecture in
            let one = source.made(for: architecture)
            return one.architecture != nil && isFetched(one)
          }
          return CatalogueEntry(
            SourceTag(
              name: release.tag.text, commit: release.commit, standing: release.standing,
              architectures: release.architectures),
            fetched: !fetchedFor.isEmpty || isFetched(source),
            fetchedFor: Set(fetchedFor))
        }
      return CatalogueList(entries: entries, passedOver: PassedOver(tags.others, series: series))
    }
  }

  package func fetch(
    _ tag: TagName, of source: ReleaseSource, verify: VerifyPolicy, acceptChanged: Bool,
    progress: @escaping @Sendable (FetchProgress) -> Void
  ) async throws(CatalogueError) -> FetchedRelease {
    let require = try Self.evidence(verify.require)
    return try await onOwnThread { [self] (cancel) throws(CatalogueError) in
      try CatalogueError.checkOwn(cache.root)
      return try ReleaseFetch(
        app: app, tag: tag, source: source, require: require, keys: verify.minisignKeys,
        acceptChanged: acceptChanged, cache: cache,
        lockFile: lockFile, environment: environment, limits: limits, cancel: cancel,
        progress: ProgressTeller(limits: limits, progress)
      ).run()
    }
  }

  package func delta(
    from installed: TagName, to release: FetchedRelease, of source: ReleaseSource, verify: VerifyPolicy
  ) async -> DeltaFile? {
    try? await onOwnThread { [self] (cancel) throws(CatalogueError) in
      let fetch = ReleaseFetch(
        app: app, tag: installed, source: source, require: try Self.evidence(verify.require),
        keys: verify.minisignKeys, acceptChanged: false, cache: cache, lockFile: lockFile,
        environment: environment, limits: limits, cancel: cancel,
        progress: ProgressTeller(limits: limits) { _ in })
      guard let base = try fetch.atHand(),
        let tag = TagName(release.name.tag), let turn = try? cache.takeTurn(tag, of: source, cancel: cancel)
      else { return nil }
      return try withExtendedLifetime(turn) { () throws(CatalogueError) in
        try KeptDelta(from: base, to: release, limits: limits, cancel: cancel).find()
      }
    }
  }

  package func notes(_ wish: NotesWish, of source: ReleaseSource) async -> FoundNotes {
    do throws(CatalogueError) {
      return try await onOwnThread { [self] (cancel) throws(CatalogueError) in
        try CatalogueError.checkOwn(cache.root)
        return NotesSearch(
          app: app, wish: wish, source: source, cache: cache, lockFile: lockFile, environment: environment,
          limits: limits, cancel: cancel
        ).run()
      }
    } catch {
      return FoundNotes(troubles: ["\(error)"])
    }
  }

  private static func evidence(_ names: Set<String>) throws(CatalogueError) -> Set<Evidence> {
    var require: Set<Evidence> = []
    for name in names.sorted() {
      guard let evidence = Evidence(rawValue: name) else {
        throw .unverified("verify.require asks for \(name), which nothing can prove")
      }
      require.insert(evidence)
    }
    return require
  }
}
