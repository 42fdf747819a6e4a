/// Every bound of finding and fetching releases, with its unit.
struct CatalogueLimits: Sendable {
  /// Tags on one page; 100 is the most that GitHub gives.
  var tagsPerPage = 100
  /// A repository with more pages is refused, not read in part: the newest release could be on the last one.
  var maxPages = 100
  var maxPageBytes: Int64 = 4 << 20
  /// What git says of a repository's tags.
  var maxTagListBytes = 16 << 20
  /// Releases that are looked at, the newest; they come as one page, and 100 is the most that GitHub gives.
  var releasesPerPage = 100
  /// They bring their notes along, of 125 000 characters each, and the names of all their files.
  var maxReleasesBytes: Int64 = 32 << 20
  /// What is kept of the notes of one release.
  package var maxNotesBytes = 8 << 10
  /// Files beside one release whose names are kept; GitHub allows 1000.
  var maxAssets = 1000
  var maxAssetNameBytes = 200
  /// A `releases.json`, with the notes of its releases.
  var maxIndexBytes: Int64 = 16 << 20
  /// Releases in it.
  var maxIndexed = 10_000
  /// Pages of releases that are asked for their notes.
  var maxNotesPages = 10
  /// What is read of a changelog in an archive: its beginning, where mostly the newest versions stand.
  package var maxChangelogBytes = 4 << 20
  /// Names of releases that are remembered after they are gone.
  var maxGone = 1000
  /// A commit, or an answer that says no.
  var maxAnswerBytes: Int64 = 1 << 20
  /// One answer of the API, its redirects included.
  package var answerTimeoutSeconds = 60.0
  /// How often a repository that moved is asked at its new place.
  var maxMoves = 3
  /// An artifact; what Archive judges has the same limit.
  package var maxArchiveBytes: Int64 = 1 << 30
  /// One artifact, further attempts included.
  package var downloadTimeoutSeconds = 3600.0
  package var downloadAttempts = 5
  var firstPauseSeconds = 1.0
  /// How long a second fleet waits for the first one that fetches the same release.
  package var turnWaitSeconds = 3900.0
  /// fleet.lock is read, judged and written within a moment.
  var lockWaitMilliseconds = 30_000
  /// Progress is told at most so often.
  package var progressMilliseconds = 200
  var maxTokenBytes = 1024
  var maxETagBytes = 256
  var maxAddressBytes = 4096
  /// A page of tags, or the facts of a release, as kept in the cache.
  package var maxKeptBytes = 8 << 20
  /// Names in a directory of archives.
  package var maxDirectoryEntries = 10_000
  /// How long one wait lasts before cancelling is asked about again.
  static let cancelCheckMilliseconds = 500
  /// What stays free where deltas are made, in bytes.
  static let deltaReserveBytes: Int64 = 256 << 20
}
