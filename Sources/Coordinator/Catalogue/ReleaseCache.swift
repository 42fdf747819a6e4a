import Inventory
import ByteText
import Files
import Release
import SystemPackage
import Threads

/// The folder of fetched releases: for each source a shelf, on it a folder for each tag and what the tag stood
/// for. It holds nothing that cannot be fetched again, so it may be deleted whenever no fleet runs.
///
///     releases/github-growers-growroom-1f0c…/pages/…           the tag list, page by page
///                                           /v4.1.0.turn        held by whoever fetches that tag
///                                           /v4.1.0-COMMIT/     archive, listing, facts
///     releases/directory-srv-archives-77ab…/v4.1.0-SHA256/      the same
struct ReleaseCache {
  let root: FilePath
  let limits: CatalogueLimits

  func shelf(of source: ReleaseSource) -> FilePath {
    let words =
      switch source {
      case .github(let repository, _, _, "", _): "github/\(repository)"
      case .github(let repository, _, _, let prefix, _): "github/\(repository)/\(prefix)"
      case .gitea(let url, _, _, _): "gitea/\(url)"
      case .git(let url, _, let prefix): "git/\(url)/\(prefix)"
      case .index(let url, _, _): "index/\(url)"
      case .pypi(let project, _, _): "pypi/\(project)"
      case .directory(let path): "directory/\(path)"
      }
    // The words are for people who look into the cache; the digest is what tells two sources apart.
    let name = words.pieces { !$0.isASCIILetter && !$0.isDigit }.joined(separator: "-")
    let digest = SHA256Digest(of: Array(source.shelf.utf8)).description
    return root.appending("\(name.prefix(60))-\(digest.prefix(12))")
  }

  /// - Parameter key: what stands for the tag: its commit or, where somebody else packed it, the archive's SHA-256.
  func entry(_ tag: TagName, standingFor key: String, of source: ReleaseSource) -> CacheEntry {
    CacheEntry(folder: shelf(of: source).appending("\(tag)-\(key)"), limits: limits)
  }

  /// Where an archive of a release may lie: by its commit, and by the digest that fleet.lock has of it.
  func entries(of release: Candidate, from source: ReleaseSource, app: String, lock: FleetLock)
    -> [CacheEntry]
  {
    let locked = lock.identity(of: release.tag, app: source.lockName(of: app))
    return [release.commit?.description, locked?.sha256?.description].compactMap(\.self).map {
      entry(release.tag, standingFor: $0, of: source)
    }
  }

  /// Waits for its turn where another fleet fetches the same tag.
  func takeTurn(
    _ tag: TagName, of source: ReleaseSource, cancel: CancelFlag
  ) throws(CatalogueError) -> FileLock {
    let shelf = shelf(of: source)
    do throws(FileError) {
      try makeFolder(shelf)
      let end = BootClock.milliseconds() + Int64(limits.turnWaitSeconds * 1000)
      while true {
        do throws(FileError) {
          return try FileLock.take(
            shelf.appending("\(tag).turn"), owner: "fleet, fetching \(tag)",
            waitMilliseconds: CatalogueLimits.cancelCheckMilliseconds)
        } catch {
          if error.errno != .wouldBlock || BootClock.milliseconds() >= end { throw error }
        }
        if cancel.isSet { break }
      }
    } catch {
      throw CatalogueError(error)
    }
    throw SourceFailure.cancelled.error
  }
}

/// Makes a folder and those above it. Only its owner may look into what is made: a repository may be private.
func makeFolder(_ path: FilePath) throws(FileError) {
  try makeDirectories(to: path, permissions: [.ownerReadWriteExecute])
}
