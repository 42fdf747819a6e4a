import Inventory
import Catalogue
import Driver
import Release
import Synchronization
import Wire

/// Fetches releases of one source, and says so.
final class ReleaseShelf: Sendable {
  private let session: Session
  private let catalogue: any ReleaseCatalogue
  private let source: ReleaseSource
  private let verify: VerifyPolicy

  init(session: Session, catalogue: any ReleaseCatalogue, source: ReleaseSource, verify: VerifyPolicy) {
    self.session = session
    self.catalogue = catalogue
    self.source = source
    self.verify = verify
  }

  /// Once, from the network or the cache; verified.
  func fetch(_ tag: TagName, accept: Bool = false) async throws(CatalogueError) -> FetchedRelease {
    let bar = FetchBar(session: session, tag: tag.text)
    defer { bar.end() }
    return try await catalogue.fetch(
      tag, of: source, verify: verify, acceptChanged: accept, progress: { bar.show($0) })
  }

  /// What an installed release consists of. Where it cannot be had the agent goes without, so a trouble
  /// here is told and ends nothing.
  func listing(_ tag: String) async -> ListingFile? {
    do throws(CatalogueError) {
      let release = try await catalogue.fetch(
        TagName(written: tag), of: source, verify: verify, acceptChanged: false, progress: { _ in })
      return release.listing
    } catch {
      session.aside("the files of the installed \(tag) cannot be listed: \(error)")
      return nil
    }
  }

  /// What hosts have of it, for a rollout of that release.
  func installed(for release: FetchedRelease?) -> InstalledReleases {
    let deltas = Deltas()
    return InstalledReleases(listing: { await self.listing($0) }) { [catalogue, source, verify] tag in
      guard let release, let installed = TagName(tag) else { return nil }
      return await deltas.once(tag) {
        await catalogue.delta(from: installed, to: release, of: source, verify: verify)
      }
    }
  }
}

/// One for each release that is installed somewhere: made for the first host that has it, and where it cannot be made
/// not tried again for the next.
private final class Deltas: Sendable {
  private let made = Mutex<[String: Task<DeltaFile?, Never>]>([:])

  func once(_ tag: String, make: @escaping @Sendable () async -> DeltaFile?) async -> DeltaFile? {
    let task = made.withLock { made in
      let task = made[tag] ?? Task { await make() }
      made[tag] = task
      return task
    }
    return await task.value
  }
}

/// One line on the error stream that is drawn over; nothing where it is no terminal.
private final class FetchBar: Sendable {
  private let session: Session
  private let tag: String
  private let isDrawn = Mutex(false)

  init(session: Session, tag: String) {
    self.session = session
    self.tag = tag
  }

  func show(_ progress: FetchProgress) {
    guard session.context.terminal.canDraw, !session.quiet, session.output == .text else { return }
    let total = progress.total.map { " of \(sizeText($0))" } ?? ""
    isDrawn.withLock { $0 = true }
    session.context.terminal.writeError("\rfetching \(tag)  \(sizeText(progress.bytes))\(total)\u{1B}[K")
  }

  func end() {
    if isDrawn.withLock({ $0 }) { session.context.terminal.writeError("\r\u{1B}[K") }
  }
}
