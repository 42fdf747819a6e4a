import Files
import Release
import SystemPackage

/// One page of a repository's tags, as it is kept for the next time: GitHub answers 304 to its ETag, which costs
/// nothing of the rate limit.
struct TagPage: Codable, Equatable {
  struct Tag: Codable, Equatable {
    var name: String
    var commit: String
  }

  var url: String
  var etag: String?
  /// The address of the next page.
  var next: String?
  /// All of them, so that a version of fleet or of the profile that reads more names finds them here.
  var tags: [Tag]
}

/// The pages in the cache. They are never used without asking whether they still hold.
struct TagPages {
  let folder: FilePath
  let limits: CatalogueLimits

  func page(_ url: String) -> TagPage? {
    let page = SealedFile.read(TagPage.self, from: file(url), maxBytes: limits.maxKeptBytes)
    return page?.url == url ? page : nil
  }

  func keep(_ page: TagPage) throws(CatalogueError) {
    guard page.etag != nil else { return }
    try SealedFile.write(page, to: file(page.url))
  }

  func file(_ url: String) -> FilePath {
    // Pages that earlier versions kept lack the tags which they did not take for versions.
    let digest = SHA256Digest(of: Array("2 \(url)".utf8))
    return folder.appending("\(digest.description.prefix(32)).json")
  }
}
