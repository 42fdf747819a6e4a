@testable import Download
import Testing

/// The next request after these addresses, from the first on; the last two are a server and its Location.
private func step(_ origin: String, _ here: String, _ location: String) throws -> (HTTPRequest, WebAddress) {
  try RedirectRule.next(
    after: HTTPRequest(here, headers: ["Authorization": "t"]), at: #require(WebAddress(here)),
    from: #require(WebAddress(origin)), location: location)
}

@Suite("The rule of redirects") struct RedirectRuleTests {
  @Test(arguments: [
    ("https://a/", "https://a/", "https://b/"), ("http://127.0.0.1/", "http://127.0.0.1/", "http://b/"),
    ("http://a/", "http://a/", "http://localhost/"), ("http://a/", "http://a/", "https://a/"),
  ]) func `lets these through`(origin: String, here: String, location: String) throws {
    #expect(try step(origin, here, location).1.text == location)
  }

  @Test(arguments: [
    ("https://a/", "https://a/", "http://a/"), ("https://a/", "https://a/", "http://127.0.0.1/"),
    ("http://a/", "http://a/", "http://b/"), ("http://127.0.0.1/", "https://b/", "http://127.0.0.1/"),
    ("http://a/", "http://a/", "http://127.evil.example/"),
    ("http://a/", "http://a/", "http://localhost.evil.example/"),
  ]) func `refuses these`(origin: String, here: String, location: String) throws {
    #expect(throws: DownloadError.self) { try step(origin, here, location) }
  }

  @Test(arguments: [
    ("https://a/", "https://a:444/", false), ("https://a/", "https://b/", false),
    ("https://a/", "https://a.b/", false), ("http://a/", "https://a/", false),
    ("https://a/", "https://a:443/x", true), ("https://a/", "https://A/x", true),
    ("https://a/y/", "../x", true),
    ("https://a/", "//b/x", false), ("https://a/", "https://a@b/", false),
  ]) func `keeps the token at its own origin`(here: String, location: String, keeps: Bool) throws {
    #expect(try (step(here, here, location).0.headers["authorization"] != nil) == keeps)
  }

  @Test func `shows no user, password or query`() throws {
    #expect(WebAddress("https://me:pw@a:8443/x?token=1#f")?.shown == "https://a:8443/x")
  }
}
