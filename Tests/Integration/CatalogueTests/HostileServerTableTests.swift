import Foundation
import Testing

@testable import Inventory
@testable import Catalogue
@testable import Coordinator

/// Every way in which a server with releases may lie: it is told, within its time, and nothing comes of it. Nothing is
/// noted in fleet.lock, no archive stays in the cache, the token is not sent elsewhere, and no word of the server's
/// reaches the terminal as it came.
@Suite struct HostileServerTableTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var at: LyingServer.Moment
    var lie: Lie
    var kind: ErrorKind
    /// Part of what is told.
    var says: String
    var more: [String: Lie]

    init(
      _ name: String, at: LyingServer.Moment, _ lie: Lie, _ kind: ErrorKind = .source, says: String = "",
      more: [String: Lie] = [:]
    ) {
      (testDescription, self.at, self.lie, self.kind) = (name, at, lie, kind)
      (self.says, self.more) = (says, more)
    }
  }

  private static let noAPI = "does not answer as GitHub's API does"
  private static let honestTags = #"[{"name": "v4.1.0", "commit": {"sha": "\#(LyingServer.commit)"}}]"#
  private static let close = "Connection: close\r\n\r\n"

  static let form = [
    Case("no HTTP at all", at: .tags, Lie("SSH-2.0-OpenSSH_9.2\r\n")),
    Case("a body without any header", at: .tags, Lie(honestTags)),
    Case("nothing", at: .tags, Lie("")),
    Case("half a status line", at: .tags, Lie("HTTP/1.1 2")),
    Case("a status of no meaning", at: .tags, .answer("999 What"), says: "answered 999"),
    Case(
      "not modified, though nothing was known", at: .tags, .answer("304 Not Modified"), says: "answered 304"),
    Case("no content", at: .tags, .answer("204 No Content"), says: "answered 204"),
    Case(
      "a part that nobody asked for", at: .tags, .answer("206 Partial", body: honestTags),
      says: "answered 206"),
    Case("less than nothing", at: .tags, Lie("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n\(honestTags)")),
    Case(
      "two lengths", at: .tags,
      Lie("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n[       ]")),
    Case("a length over what comes", at: .tags, Lie("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\(close)[")),
    Case(
      "a length under what comes", at: .tags,
      Lie("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\(close)\(honestTags)"),
      says: noAPI),
    Case(
      "pieces of no size", at: .tags, Lie("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n")
    ),
    Case(
      "a piece of a size that no number holds", at: .tags,
      Lie("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n[]\r\n")),
    Case(
      "pieces without an end", at: .tags,
      Lie("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n")),
    Case(
      "gzip that nobody asked for", at: .tags,
      Lie("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\(close)", archive: "cut")),
    Case(
      "too many headers", at: .tags, Lie("HTTP/1.1 200 OK\r\n", again: "X-A: \(xs(1000))\r\n", times: 3000)),
    Case(
      "a header without an end", at: .tags, Lie("HTTP/1.1 200 OK\r\nX-A: ", again: xs(1000), times: 3000),
      says: "larger than"),
    Case(
      "announcements without an end", at: .tags,
      Lie("", again: "HTTP/1.1 100 Continue\r\nX-A: \(xs(1000))\r\n\r\n", times: 3000)),
  ]

  static let slowness = [
    Case("silence", at: .tags, Lie("", stays: true)),
    Case(
      "silence after the headers", at: .tags, Lie("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", stays: true)
    ),
    Case(
      "headers that drip", at: .tags, Lie("HTTP/1.1 200 OK\r\n", again: "A: b\r\n", times: 100, pause: 0.1)),
    Case(
      "a body that drips", at: .tags, Lie("HTTP/1.1 200 OK\r\n\(close)", again: " ", times: 100, pause: 0.1)),
    Case(
      "an archive that drips", at: .archive,
      Lie("HTTP/1.1 200 OK\r\n\(close)", again: "x", times: 100, pause: 0.1)),
  ]

  static let words = [
    Case("a page for people", at: .tags, .answer(body: "<!doctype html><title>Sign in</title>"), says: noAPI),
    Case("an object for a list", at: .tags, .answer(body: "{}"), says: noAPI),
    Case("a number for a list", at: .tags, .answer(body: "1e999"), says: noAPI),
    Case("an empty body", at: .tags, .answer(), says: noAPI),
    Case(
      "JSON as deep as it is long", at: .tags, Lie("HTTP/1.1 200 OK\r\n\(close)", again: deep, times: 200),
      says: noAPI),
    Case(
      "JSON without an end", at: .tags,
      Lie("HTTP/1.1 200 OK\r\n\(close)[", again: "[],\(xs(4000))", times: 2000)),
    Case("a text that is no UTF-8", at: .tags, .answer(body: "[{\"name\": \"\\ud800\"}]"), says: noAPI),
    Case(
      "a name with a NUL", at: .tags, .answer(body: tags("v4.1.0\\u0000")), .notFound,
      says: "has no release v4.1.0"),
    Case(
      "a name that leads out", at: .tags, .answer(body: tags("../../v4.1.0")), .notFound,
      says: "has no release"),
    Case(
      "a name that repaints", at: .tags, .answer(body: tags("v4.1.\\u001b[2J")), .notFound,
      says: "has no release"),
    Case(
      "an id that is none", at: .tags, .answer(body: honestTags.replacing("aaaa", with: "zzzz")),
      says: "SHA-1"),
    Case(
      "an empty id", at: .tags, .answer(body: #"[{"name": "v4.1.0", "commit": {"sha": ""}}]"#), says: "SHA-1"),
    Case(
      "one tag twice, for other commits", at: .tags,
      .answer(body: honestTags.dropLast() + "," + honestTags.replacing("aaaa", with: "bbbb").dropFirst()),
      says: "twice"),
    Case("a list for a commit", at: .commit, .answer(body: "[]"), says: noAPI),
    Case("a tree that is none", at: .commit, .answer(body: commit(tree: "b")), says: noAPI),
    Case("another commit", at: .commit, .answer(body: commit(LyingServer.tree)), says: "and described"),
    Case(
      "words that repaint", at: .commit,
      .answer("418 Teapot", body: #"{"message": "\u001b[2J\u202e\u0007 good"}"#), says: "answered 418"),
    Case("a wait of less than nothing", at: .tags, .answer("429 Slow", "Retry-After: -9"), .rateLimited),
    Case(
      "a wait without an end", at: .tags, .answer("429 Slow", "Retry-After: 9223372036854775807"),
      .rateLimited,
      says: "for a while"),
    Case(
      "a limit in another age", at: .tags,
      .answer("403 No", "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: -9223372036854775808"), .rateLimited,
      says: "for a while"),
  ]

  static let ways = [
    Case("tags from elsewhere", at: .tags, .answer("302 Found", "Location: OTHER/tags"), .notFound),
    Case(
      "tags from a file", at: .tags, .answer("302 Found", "Location: file:///etc/passwd"),
      says: "no web address"),
    Case(
      "tags in a circle", at: .tags, .answer("302 Found", "Location: OWN\(TagListTests.firstPage)"),
      says: "redirect"),
    Case("a way to nowhere", at: .tags, .answer("302 Found", "Location: "), .notFound),
    Case("a way that is not told", at: .tags, .answer("302 Found")),
    Case(
      "a way to a host outside", at: .tags, .answer("302 Found", "Location: http://192.0.2.1/"), says: "http"),
    Case("a next page elsewhere", at: .tags, next("OTHER/tags"), says: "which is elsewhere"),
    Case("a next page with a user", at: .tags, next("OWN:80@192.0.2.1/tags"), says: "which is elsewhere"),
    Case(
      "a next page whose host only begins so", at: .tags, next("OWN.example.org/tags"),
      says: "which is elsewhere"),
    Case(
      "a next page that is this one", at: .tags, next("OWN\(TagListTests.firstPage)"),
      says: "more than 3 pages"
    ),
    Case("an archive in place of its address", at: .address, .sending("good"), says: "answered 200"),
    Case("an address that is not told", at: .address, .answer("302 Found"), says: "answered 302"),
    Case(
      "an address with a user", at: .address, .answer("302 Found", "Location: https://a:b@192.0.2.1/x"),
      says: "refused"),
    Case(
      "an address of another kind", at: .address, .answer("302 Found", "Location: javascript:1"),
      says: "refused"),
    Case(
      "an address without its kind", at: .address, .answer("302 Found", "Location: //192.0.2.1/x"),
      says: "refused"),
    Case("an address over TLS that speaks none", at: .address, tlsToHTTP),
    Case(
      "an archive from a host outside", at: .archive, .answer("302 Found", "Location: http://192.0.2.1/x"),
      says: "http"),
  ]

  static let archives = [
    Case("no archive", at: .archive, .sending("empty"), .unverified),
    Case("a page for an archive", at: .archive, .sending("page"), .unverified),
    Case("half a gzip", at: .archive, .sending("cut"), .unverified),
    Case("more behind a gzip", at: .archive, .sending("behind"), .unverified),
    Case("a gzip in a gzip", at: .archive, .sending("nested"), .unverified),
    Case("a bomb", at: .archive, .sending("bomb"), .unverified),
    Case("a file that is there twice", at: .archive, .sending("twice"), .unverified),
    Case("a file that leads out", at: .archive, .sending("parent"), .unverified),
    Case("a file of the host's", at: .archive, .sending("absolute"), .unverified),
    Case("a name that repaints the terminal", at: .archive, .sending("controls"), .unverified),
    Case("two trees", at: .archive, .sending("two-tops"), .unverified),
    Case("an archive over the limit", at: .archive, .sending("noise"), says: "larger than"),
    Case(
      "a length over the limit", at: .archive, .sending("good", "Content-Length: 9223372036854775807\r\n"),
      says: "larger than"),
    Case("a length that is a lie", at: .archive, .sending("good", "Content-Length: 9000\r\n")),
    Case(
      "an archive without an end", at: .archive,
      Lie("HTTP/1.1 200 OK\r\n\(close)", again: xs(65_536), times: 9000),
      says: "larger than"),
    Case(
      "the end of another part", at: .archive,
      Lie("HTTP/1.1 206 Part\r\nContent-Range: bytes 9-99/100\r\n\(close)xx")),
    Case("past its end", at: .archive, .answer("416 Range", "Content-Range: bytes */0")),
    Case("the release of another commit", at: .archive, .sending("noise-free"), .unverified),
  ]

  /// What is odd, and does no harm.
  static let oddities = [
    "", "Content-Length: 99999999999999999999\r\n", "X-A: \(xs(60_000))\r\n", "Content-Type: text/html\r\n",
    "Link: <>; rel=\"next\\\r\n", "ETag: \u{1B}[2J\r\n", "Retry-After: 5\r\n", "Set-Cookie: a=b\r\n",
  ]

  @Test(arguments: oddities) func `an honest server is believed, whatever else it says`(header: String)
    async throws
  {
    let desk = try Desk()
    let lie = Lie("HTTP/1.1 200 OK\r\n\(header)\(Self.close)\(Self.honestTags)")
    let server = try await LyingServer.start([LyingServer.Moment.tags.path: lie])
    _ = try await fetch(desk, server, verify: .none)
    #expect(desk.lockText?.contains(LyingServer.commit) == true)
  }

  @Test(arguments: form + slowness + words + ways + archives)
  func `a lie is told as one, and nothing comes of it`(_ test: Case) async throws {
    let desk = try Desk()
    let server = try await LyingServer.start([test.at.path: test.lie].merging(test.more) { $1 })
    let began = ContinuousClock.now
    let text = await refusal(test.kind) {
      try await fetch(desk, server, verify: test.kind == .unverified ? .full : .none)
    }
    #expect(ContinuousClock.now - began < .seconds(30))
    #expect(test.says.isEmpty || text.contains(test.says), "\(text)")
    #expect(!text.contains(Self.token), "\(text)")
    #expect(desk.lockText == nil)
    #expect(desk.cached("archive").isEmpty)
    #expect(!server.elsewhere.contains(Self.token), "\(server.elsewhere)")
  }

  private static let token = "secret-1"

  private func fetch(_ desk: Desk, _ server: LyingServer, verify: VerifyPolicy) async throws -> FetchedRelease
  {
    let catalogue = desk.catalogue(environment: ["GROW_TOKEN": Self.token]) {
      ($0.answerTimeoutSeconds, $0.downloadTimeoutSeconds) = (2, 3)
      ($0.downloadAttempts, $0.maxPages, $0.maxArchiveBytes) = (2, 3, 512 << 10)
    }
    return try await catalogue.fetch("v4.1.0", of: server.source, verify: verify)
  }

  private static func xs(_ count: Int) -> String { String(repeating: "x", count: count) }
  private static let deep = String(repeating: "[", count: 10_000)
  private static func next(_ address: String) -> Lie {
    .answer("200 OK", "Link: <\(address)>; rel=\"next\"", body: honestTags)
  }
  private static func tags(_ name: String) -> String {
    #"[{"name": "\#(name)", "commit": {"sha": "\#(LyingServer.commit)"}}]"#
  }
  private static func commit(_ sha: String = LyingServer.commit, tree: String = LyingServer.tree) -> String {
    #"{"sha": "\#(sha)", "tree": {"sha": "\#(tree)"}}"#
  }
  private static let tlsToHTTP = Lie.answer("302 Found", "Location: https://127.0.0.1:1/x")
}
