import ByteText
import Download
import FoundationEssentials
import Inventory
import Release
import SystemPackage
import Wire
import Threads

/// A repository on a forge (GitHub, or Gitea and Forgejo), asked through its REST API.
///
/// Lives on one thread and blocks it.
struct RepositorySource {
  let api: RepositoryAPI
  let web: SourceWeb
  let refusal: RepositoryRefusal
  let tagPrefix: String
  /// Which file beside a release is its archive; nil: what the forge packs from the tag.
  let asset: AssetRule?
  let pages: TagPages
  let limits: CatalogueLimits

  /// - Parameter address: where it is, as the profile has it.
  init(
    _ api: RepositoryAPI, address: String, tokenVariable: String?, tagPrefix: String, asset: AssetRule?,
    environment: [String: String], pages: TagPages, limits: CatalogueLimits, cancel: CancelFlag
  ) throws(SourceFailure) {
    guard let origin = WebOrigin(of: address) else {
      throw SourceFailure(error: .source("\(address) is no address such as https://api.github.com"))
    }
    let token = try SourceToken.read(
      variable: tokenVariable, environment: environment, origin: origin, limits: limits)
    refusal = RepositoryRefusal(
      api: api, host: origin.host, tokenVariable: tokenVariable, hasToken: token != nil)
    self.api = api
    self.tagPrefix = tagPrefix
    self.asset = asset
    self.pages = pages
    self.limits = limits
    web = try SourceWeb(
      origin, authorization: token.map { api.authorization($0) }, limits: limits, cancel: cancel)
  }

  /// All tags. Every page is asked for; one that did not change comes from the cache.
  func tags() throws(SourceFailure) -> SourceTags {
    var found = SourceTags()
    var url = api.tags(perPage: limits.tagsPerPage)
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
      error: .source("\(api.repository) has more than \(limits.maxPages) pages of tags, which is the limit"))
  }

  private func page(_ url: String) throws(SourceFailure) -> TagPage {
    let kept = pages.page(url)
    var headers = api.headers
    if let etag = kept?.etag { headers.add("If-None-Match", etag) }
    let answer = try web.get(url, headers: headers, maxBytes: limits.maxPageBytes)
    if answer.status == 304, let kept { return kept }
    guard answer.status == 200 else { throw refuse(answer, "tags") }
    let tags: [TagPage.Tag]
    do { tags = try RepositoryAPI.tags(in: answer.body) } catch { throw noSuchAnswer("its tags") }
    let page = TagPage(url: url, etag: etag(of: answer), next: try nextPage(answer), tags: tags)
    do throws(CatalogueError) { try pages.keep(page) } catch { throw SourceFailure(error: error) }
    return page
  }

  private func etag(of answer: HTTPResponse) -> String? {
    answer.headers["ETag"].flatMap { $0.utf8.count <= limits.maxETagBytes ? $0 : nil }
  }

  /// What the repository says of its newest releases, for which one more page is asked: which of them are drafts,
  /// pre-releases or gone, and their notes. The pages behind the first are asked for their notes alone.
  func releases(page: Int = 1) throws(SourceFailure) -> KnownReleases {
    let url = api.releases(perPage: limits.releasesPerPage, page: page)
    let kept = pages.releases(url)
    var headers = api.headers
    if let kept, kept.knowsFiles, let etag = kept.etag { headers.add("If-None-Match", etag) }
    let answer = try web.get(url, headers: headers, maxBytes: limits.maxReleasesBytes)
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
      var page = pages.releases(api.releases(perPage: limits.releasesPerPage, page: number))
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
    let next = web.origin.resolving(target)
    guard web.origin.holds(next), next.utf8.count <= limits.maxAddressBytes else {
      throw SourceFailure(
        error: .source(
          "\(web.origin.host) says that the next page is at \(visible(next, limit: 100)), which is elsewhere"
        ))
    }
    return next
  }

  /// The tree of a commit.
  func tree(of commit: ObjectID) throws(SourceFailure) -> ObjectID {
    let what = "commit \(commit.short)"
    let answer = try web.get(api.commit(commit), headers: api.headers, maxBytes: limits.maxAnswerBytes)
    guard answer.status == 200 else { throw refuse(answer, what) }
    let described: (commit: ObjectID, tree: ObjectID)
    do { described = try api.tree(in: answer.body) } catch { throw noSuchAnswer(what) }
    guard described.commit == commit else {
      throw SourceFailure(
        error: .source("\(web.origin.host) was asked for commit \(commit) and described \(described.commit)"))
    }
    return described.tree
  }

  /// Downloads what the forge packs from a tag. Where it lies elsewhere the address carries what it needs, and the
  /// token stays here.
  func download(
    _ tag: TagName, to part: FilePath, resume: Bool, progress: @escaping (FetchProgress) -> Void
  ) throws(SourceFailure) -> Brought {
    let url = api.archive(of: tagPrefix + tag.text)
    let address = api.kind == .gitHub ? try redirected(url, tag) : url
    return try web.download(address, "the archive of \(tag)", to: part, resume: resume, progress: progress)
  }

  /// Where GitHub sends those who ask for a tag's archive.
  private func redirected(_ first: String, _ tag: TagName) throws(SourceFailure) -> String {
    var url = first
    for _ in 0...limits.maxMoves {
      let answer = try web.get(url, headers: api.headers, maxBytes: limits.maxAnswerBytes, maxRedirects: 0)
      guard (300..<400).contains(answer.status), let location = answer.headers["Location"] else {
        throw refuse(answer, "archive of \(tag)")
      }
      let target = web.origin.resolving(location)
      // A repository that was renamed: 301 to the API's own name for it.
      guard [301, 308].contains(answer.status), web.origin.holds(target) else {
        try web.refuseElsewhere(target, "the archive of \(tag)")
        return target
      }
      url = target
    }
    throw SourceFailure(error: .source("\(api.repository) has moved more than \(limits.maxMoves) times"))
  }

  func refuse(_ answer: HTTPResponse, _ what: String) -> SourceFailure {
    refusal.failure(
      status: answer.status, headers: answer.headers, body: answer.body, asking: what, now: LocalTime.now)
  }

  func decode<Value: Decodable>(
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
        "\(web.origin.host) does not answer as \(api.name)'s API does when asked for \(what) of "
          + api.repository))
  }
}
