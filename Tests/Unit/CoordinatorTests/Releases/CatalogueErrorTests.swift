import Archive
import Download
import Files
import Release
import SystemPackage
import Testing

@testable import Catalogue
@testable import Coordinator

@Suite struct CatalogueErrorTests {
  @Test(arguments: [
    (DownloadError.dns(host: "x.org"), true), (.connect(url: "u", words: "w"), true),
    (.timeout(url: "u", receivedBytes: 1, words: "w"), true),
    (.cut(url: "u", receivedBytes: 1, words: "w"), true),
    (.httpStatus(url: "u", code: 503, excerpt: ""), true),
    (.httpStatus(url: "u", code: 404, excerpt: ""), false),
    (.tls(url: "u", words: "w"), false), (.tooLarge(url: "u", limitBytes: 1), false),
    (.insecureRedirect(from: "a", to: "b"), false), (.tooManyRedirects(url: "u", limit: 5), false),
    (.badRequest(url: "u", why: "w"), false), (.transfer(url: "u", code: 1, words: "w"), false),
    (.cancelled, false),
  ])
  func `only what kept us from asking counts as away`(error: DownloadError, isAway: Bool) {
    let failure = SourceFailure(error)
    #expect(failure.isAway == isAway)
    guard case .source(let text) = failure.error else {
      Issue.record("\(failure)")
      return
    }
    #expect(text.hasPrefix(error.description))
  }

  @Test func `a full disk is a matter of storage`() {
    let failure = SourceFailure(DownloadError.writeFailed(path: "/cache/archive.part", errno: .noSpace))
    #expect(failure.error == .storage("/cache/archive.part: the disk is full"))
    #expect(!failure.isAway)
    let other = CatalogueError(FileError(.write, "/cache/facts.json", .noSpace))
    guard case .storage(let text) = other else {
      Issue.record("\(other)")
      return
    }
    #expect(text.contains("make room"))
  }

  @Test(arguments: [
    ArchiveError.notAnArchive("a", detail: "d"), .damaged("a", detail: "d"), .endMissing("a"),
    .trailingData("a"),
    .empty("a"), .archiveTooLarge("a", bytes: 2, limitBytes: 1), .outputTooLarge("a", limitBytes: 1),
    .refused("a", entry: "e", .device), .notAsJudged("a", entry: "e"),
  ])
  func `a bad archive is a refusal of its tag`(error: ArchiveError) throws {
    let tag = try #require(TagName("v4.1.0"))
    #expect(CatalogueError(error, tag: tag) == .unverified("v4.1.0 is refused. \(error)"))
  }

  @Test func `what our own machine lacks is not the archive's fault`() throws {
    let tag = try #require(TagName("v4.1.0"))
    #expect(
      CatalogueError(.libraryLacks("xz"), tag: tag)
        == .source("v4.1.0 cannot be opened: \(ArchiveError.libraryLacks("xz"))"))
    let full = ArchiveError.file(FileError(.read, "a", .ioError))
    #expect(CatalogueError(full, tag: tag) == .storage(full.description))
  }

  @Test func `every lock error is a matter of storage`() {
    let error = FleetLockError.unknownSchema("fleet.lock/9")
    #expect(CatalogueError(error) == .storage(error.description))
  }
}
