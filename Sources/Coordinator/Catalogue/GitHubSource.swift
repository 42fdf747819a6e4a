import ByteText
import Download
import FoundationEssentials
import Release
import SystemPackage
import Wire
import Threads

/// A repository on GitHub, asked through its REST API (docs.github.com/en/rest/repos/repos#list-repository-tags,
/// rest/git/commits, rest/repos/contents#download-a-repository-archive-tar).
///
/// Lives on one thread and blocks it.
struct GitHubSource {
  let repository: String
  let api: String
  let origin: WebOrigin
  let token: String?
  let refusal: GitHubRefusal
  let tagPrefix: String
  let pages: TagPages
  let limits: CatalogueLimits
  let cancel: CancelFlag
  let client: HTTPClient

  init(
    repository: String, api: String, tokenVariable: String?, tagPrefix: String, environment: [String: String],
    pages: TagPages, limits: CatalogueLimits, cancel: CancelFlag
  ) throws(SourceFailure) {
    guard let origin = WebOrigin(of: api) else {
      throw SourceFailure(error: .source("the api \(api) is no address such as https://api.github.com"))
    }
    self.repository = repository
    self.api = api
    self.origin = origin
    token = try GitHubToken.read(
      variable: tokenVariable, environment: environment, origin: origin, limits: limits)
    refusal = GitHubRefusal(
      repository: repository, host: origin.host, tokenVariable: tokenVariable, hasToken: token != nil)
    self.tagPrefix = tagPrefix
    self.pages = pages
    self.limits = limits
    self.cancel = cancel
    do {
      client = try HTTPClient()
    } catch {
      throw SourceFailure(error)
    }
  }

  /// All tags. Every page is asked for; one that did not change comes from the cache.
  func tags() throws(SourceFailure) -> SourceTags {
    var found = SourceTags()
    var url = "\(api)/repos/\(repository)/tags?per_page=\(limits.tagsPerPage)&page=1"
    for _ in 0..<limits.maxPages {
      let page = try page(url)
      for tag in page.tags {
        guard let name = tag.name.without(prefix: tagPrefix), TagName(String(name)) != nil else {
          found.others.append(tag.name)
          continue
        }
        found.versions.append(SourceTag(name: String(name), commit: ObjectID(tag.commit)))
      }
      guard let next = page.next else { return found }
      url = next
    }
    throw SourceFailure(
      error: .source("\(repository) has more than \(limits.maxPages) pages of tags, which is the limit"))
  }

  private func page(_ url: String) throws(SourceFailure) -> TagPage {
    let kept = pages.page(url)
    var headers = apiHeaders
    if let etag = kept?.etag { headers.add("If-None-Match", etag) }
    let answer = try get(url, headers: headers, maxBytes: limits.maxPageBytes)
    if answer.status == 304, let kept { return kept }
    guard answer.status == 200 else { throw refuse(answer, "tags") }
    let tags: [TagPage.Tag]
    do { tags = try Self.tags(in: answer.body) } catch { throw noSuchAnswer("its tags") }
    let page = TagPage(url: url, etag: etag(of: answer), next: try nextPage(answer), tags: tags)
    do throws(CatalogueError) { try pages.keep(page) } catch { throw SourceFailure(error: error) }
    return page
  }

  static func tags(in body: [UInt8]) throws -> [TagPage.Tag] {
    struct Listed: Decodable {
      struct Commit: Decodable { let sha: String }
      let name: String
      let commit: Commit
    }
    return try JSONDecoder().decode([Listed].self, from: Data(body)).map {
      .init(name: $0.name, commit: $0.commit.sha)
    }
  }

  private func etag(of answer: HTTPResponse) -> String? {
    answer.headers["ETag"].flatMap { $0.utf8.count <= limits.maxETagBytes ? $0 : nil }
  }

  private func releasesURL(page: Int) -> String {
    "\(api)/repos/\(repository)/releases?per_page=\(limits.releasesPerPage)&page=\(page)"
  }

  /// What the repository says of its newest releases, for which one more page is asked: which of them are drafts,
  /// pre-releases or gone, and their notes. The pages behind the first are asked for their notes alone.
  func releases(page: Int = 1) throws(SourceFailure) -> KnownReleases {
    let url = releasesURL(page: page)
    let kept = pages.releases(url)
    var headers = apiHeaders
    if let etag = kept?.etag { headers.add("If-None-Match", etag) }
    let answer = try get(url, headers: headers, maxBytes: limits.maxReleasesBytes)
    if answer.status == 304, let kept { return kept.without(prefix: tagPrefix) }
    // Servers with the same API need not know releases.
    if answer.status == 404 { return KnownReleases(url: url) }
    guard answer.status == 200 else { throw refuse(answer, "releases") }
    let listed: [ListedRelease] = try decode(answer, "its releases")
    let known = KnownReleases(
      url: url, etag: etag(of: answer), hasMore: try nextPage(answer) != nil, listed: listed, before: kept,
      limits: limits)
    do throws(CatalogueError) { try pages.keep(known) } catch { throw SourceFailure(error: error) }
    return known.without(prefix: tagPrefix)
  }

  /// The notes of releases, by their tags without the prefix: those of the first page as it was asked for last, then
  /// from page to page until all were seen, or all are older.
  ///
  /// - Parameter asks: else only pages that were kept are read.
  /// - Returns: also why a page could not be had. What was kept of it stands for it.
  func notes(of tags: [TagName], asks: Bool) -> (texts: [String: String], trouble: CatalogueError?) {
    var texts: [String: String] = [:]
    var trouble: CatalogueError?
    var unseen = Set(tags.map(\.text))
    let oldest = tags.map(\.version).min()
    for number in 1...limits.maxNotesPages {
      var page = pages.releases(releasesURL(page: number))
      if asks, number > 1 || page == nil {
        do throws(SourceFailure) { page = try releases(page: number) } catch {
          trouble = trouble ?? error.error
        }
      }
      guard let page = page?.without(prefix: tagPrefix) else { break }
      for (tag, text) in page.notes where unseen.contains(tag) { texts[tag] = text }
      unseen.subtract(page.releases.filter { !$0.isDraft }.map(\.tag))
      let reachesBack = page.releases.contains { release in
        guard let oldest, let version = TagName(release.tag)?.version else { return true }
        return oldest <= version
      }
      guard page.hasMore, reachesBack, !unseen.isEmpty else { break }
    }
    return (texts, trouble)
  }

  private func nextPage(_ answer: HTTPResponse) throws(SourceFailure) -> String? {
    guard let link = answer.headers["Link"], let target = LinkHeader.target(rel: "next", in: link) else {
      return nil
    }
    let next = origin.resolving(target)
    guard origin.holds(next), next.utf8.count <= limits.maxAddressBytes else {
      throw SourceFailure(
        error: .source(
          "\(origin.host) says that the next page is at \(visible(next, limit: 100)), which is elsewhere"
        ))
    }
    return next
  }

  /// The tree of a commit.
  func tree(of commit: ObjectID) throws(SourceFailure) -> ObjectID {
    let url = "\(api)/repos/\(repository)/git/commits/\(commit)"
    let answer = try get(url, headers: apiHeaders, maxBytes: limits.maxAnswerBytes)
    guard answer.status == 200 else { throw refuse(answer, "commit \(commit.short)") }
    struct Described: Decodable {
      struct Tree: Decodable { let sha: ObjectID }
      let sha: ObjectID
      let tree: Tree
    }
    let described: Described = try decode(answer, "commit \(commit.short)")
    guard described.sha == commit else {
      throw SourceFailure(
        error: .source("\(origin.host) was asked for commit \(commit) and described \(described.sha)"))
    }
    return described.tree.sha
  }

  /// Downloads the archive of a tag; a part that is there is gone on with where the server can.
  ///
  /// It is asked for by the tag, as everybody gets it, and not by the commit that the tag list names: so the commit
  /// in the archive's header is a second witness of where the tag points, and not an echo of our own question.
  func download(
    _ tag: TagName, to part: FilePath, resume: Bool, progress: @escaping (FetchProgress) -> Void
  ) throws(SourceFailure) -> Brought {
    let address = try archiveAddress(of: tag)
    var downloadLimits = DownloadLimits(
      maxBytes: limits.maxArchiveBytes, totalTimeoutSeconds: limits.downloadTimeoutSeconds)
    downloadLimits.maxAttempts = limits.downloadAttempts
    downloadLimits.firstPauseSeconds = limits.firstPauseSeconds
    do throws(DownloadError) {
      // Without the token: this is another host's business, and the address carries what it needs.
      let file = try client.download(
        HTTPRequest(address), to: part, resume: resume, limits: downloadLimits,
        progress: { progress(FetchProgress(bytes: $0.receivedBytes, total: $0.totalBytes)) },
        isCancelled: { [cancel] in cancel.isSet })
      return Brought(
        tls: isSafe && Self.isHTTPS(address) && Self.isHTTPS(file.url), resumed: file.resumedBytes > 0)
    } catch {
      throw SourceFailure(error)
    }
  }

  /// Where the API sends those who ask for a tag's archive.
  private func archiveAddress(of tag: TagName) throws(SourceFailure) -> String {
    var url = "\(api)/repos/\(repository)/tarball/refs/tags/\(Self.escaped(tagPrefix + tag.text))"
    for _ in 0...limits.maxMoves {
      let answer = try get(url, headers: apiHeaders, maxBytes: limits.maxAnswerBytes, maxRedirects: 0)
      guard (300..<400).contains(answer.status), let location = answer.headers["Location"] else {
        throw refuse(answer, "archive of \(tag)")
      }
      let target = origin.resolving(location)
      // A repository that was renamed: 301 to the API's own name for it.
      if [301, 308].contains(answer.status), origin.holds(target) {
        url = target
        continue
      }
      guard target.utf8.count <= limits.maxAddressBytes, origin.mayLead(to: target) else {
        throw SourceFailure(
          error: .source(
            "\(origin.host) sends us to \(visible(target, limit: 100)) for the archive of \(tag), which is not "
              + "https; refused"))
      }
      return target
    }
    throw SourceFailure(error: .source("\(repository) has moved more than \(limits.maxMoves) times"))
  }

  /// Whether what the API says comes over TLS.
  var isSafe: Bool { !origin.isPlain }

  private var apiHeaders: HTTPHeaders {
    var headers: HTTPHeaders = [
      "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
    ]
    // Download takes it off again wherever a redirect leaves the API's own host.
    if let token { headers.add("Authorization", "Bearer \(token)") }
    return headers
  }

  private func get(
    _ url: String, headers: HTTPHeaders, maxBytes: Int64, maxRedirects: Int = 5
  ) throws(SourceFailure) -> HTTPResponse {
    do throws(DownloadError) {
      return try client.get(
        HTTPRequest(url, headers: headers, maxRedirects: maxRedirects),
        limits: DownloadLimits(maxBytes: maxBytes, totalTimeoutSeconds: limits.answerTimeoutSeconds),
        isCancelled: { [cancel] in cancel.isSet })
    } catch {
      throw SourceFailure(error)
    }
  }

  private func refuse(_ answer: HTTPResponse, _ what: String) -> SourceFailure {
    refusal.failure(
      status: answer.status, headers: answer.headers, body: answer.body, asking: what, now: LocalTime.now)
  }

  private func decode<Value: Decodable>(
    _ answer: HTTPResponse, _ what: String
  ) throws(SourceFailure) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(answer.body))
    } catch {
      throw noSuchAnswer(what)
    }
  }

  private func noSuchAnswer(_ what: String) -> SourceFailure {
    SourceFailure(
      error: .source(
        "\(origin.host) does not answer as GitHub's API does when asked for \(what) of \(repository)"))
  }

  private static func isHTTPS(_ url: String) -> Bool { url.asciiLowercase.begins(with: "https://") }

  /// A tag may hold `+`, which is no plain character of a path.
  private static func escaped(_ tag: String) -> String {
    tag.exchanging("+", for: "%2B")
  }
}
