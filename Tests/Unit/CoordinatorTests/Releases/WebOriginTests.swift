import TestSupport
import Testing

@testable import Catalogue
@testable import Coordinator

@Suite struct WebOriginTests {
  @Test(arguments: [
    "", "api.github.com", "ftp://x.org", "https://", "https:///x", "https://user@x.org", "://x",
  ])
  func `what is no address of an API is none`(address: String) {
    #expect(WebOrigin(of: address) == nil)
  }

  @Test(arguments: [
    "https://x.org", "https://x.org.evil.net/", "https://x.org@evil.net/", "https://x.org:8443/",
    "http://x.org/",
    "https://x.org\\@evil.net/",
  ])
  func `only the same scheme host and port is the same origin`(other: String) throws {
    let origin = try #require(WebOrigin(of: "https://x.org/api/v3"))
    #expect(!origin.holds(other))
    #expect(origin.holds("https://x.org/repositories/1/tags?page=2"))
  }

  @Test(arguments: JoiningMarks.all)
  func `ends where readers of URLs end it, whatever is joined to the slash`(mark: String) throws {
    let origin = try #require(WebOrigin(of: "https://x.org/\(mark)api"))
    #expect(origin.text == "https://x.org" && origin.host == "x.org")
    #expect(origin.holds("https://x.org/\(mark)"))
    #expect(WebOrigin(of: "https://x.org@\(mark)y.org/") == nil)
    #expect(origin.resolving("//\(mark)y.org").utf8.elementsEqual("//\(mark)y.org".utf8))
    #expect(origin.resolving("/\(mark)a").utf8.elementsEqual("https://x.org/\(mark)a".utf8))
    #expect(try #require(WebOrigin(of: "http://k.org")).mayLead(to: "http://\u{212A}.org/") == false)
  }

  @Test func `a path is meant from here`() throws {
    let origin = try #require(WebOrigin(of: "https://x.org/api/v3"))
    #expect(origin.resolving("/a/b") == "https://x.org/a/b")
    #expect(origin.resolving("//evil.net/b") == "//evil.net/b")
    #expect(origin.resolving("https://y.org/b") == "https://y.org/b")
  }

  @Test func `from HTTPS archives come only over TLS`() throws {
    let origin = try #require(WebOrigin(of: "https://x.org"))
    #expect(origin.mayLead(to: "https://codeload.y.org/a"))
    #expect(!origin.mayLead(to: "http://x.org/a"))
    #expect(!origin.mayLead(to: "ftp://x.org/a"))
  }

  @Test func `where the person wrote HTTP archives may come from that host plain`() throws {
    let origin = try #require(WebOrigin(of: "http://10.77.0.1:8000"))
    #expect(origin.mayLead(to: "http://10.77.0.1:8001/a"))
    #expect(origin.mayLead(to: "https://codeload.y.org/a"))
    #expect(!origin.mayLead(to: "http://10.77.0.2:8001/a"))
    #expect(!origin.mayLead(to: "http://10.77.0.1@evil.net/a"))
  }
}
