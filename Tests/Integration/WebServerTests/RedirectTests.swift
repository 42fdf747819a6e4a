import Download
import TestSupport
import Testing

private let secrets: HTTPHeaders = [
  "Authorization": "Bearer token", "X-API-Key": "key", "Accept": "text/plain",
]

@Suite("A redirect") struct RedirectTests {
  @Test(arguments: [301, 302, 303, 307, 308])
  func `is followed, and the answer is the last one's`(status: Int) async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let response = try HTTPClient().get(HTTPRequest(web.base + "/to/\(status)?/data/10"))
      #expect(response.status == 200)
      #expect(response.body == served(10))
      #expect(response.headers["X-Hop"] == nil)
      #expect(response.url == web.base + "/data/10")
    }
  }

  @Test func `within the same server takes the token along`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      _ = try HTTPClient().get(HTTPRequest(web.base + "/to/302?/headers", headers: secrets))
      #expect(try web.requests().last == "/headers Bearer token key - -")
    }
  }

  @Test func `to another port never carries the token, nor any other header that may be a secret`()
    async throws
  {
    let web = try WebDouble()
    let other = try WebDouble()
    try await onOwnThread {
      let request = HTTPRequest(web.base + "/to/302?\(other.base)/headers", headers: secrets)
      let response = try HTTPClient().get(request)
      #expect(response.status == 200)
      #expect(try web.requests() == ["/to/302?\(other.base)/headers Bearer token key - -"])
      #expect(try other.requests() == ["/headers - - - -"])
      let text = String(decoding: response.body, as: UTF8.self)
      #expect(text.contains("Accept: text/plain"))
    }
  }

  @Test func `away and back does not get the token again`() async throws {
    let web = try WebDouble()
    let other = try WebDouble()
    try await onOwnThread {
      let back = "\(other.base)/to/302?\(web.base)/headers"
      _ = try HTTPClient().get(HTTPRequest(web.base + "/to/302?\(back)", headers: secrets))
      #expect(try web.requests().last == "/headers - - - -")
    }
  }

  @Test func `from https to http is refused`() async throws {
    let safe = try WebDouble(.https)
    let plain = try WebDouble()
    try await onOwnThread {
      let request = HTTPRequest(safe.base + "/to/302?\(plain.base)/data/10", insecure: true)
      let error = try downloadError { _ = try HTTPClient().get(request) }
      #expect(error == .insecureRedirect(from: safe.base + "/to/302", to: plain.base + "/data/10"))
      #expect(!plain.directory.has("requests"))
    }
  }

  @Test func `to another server asks who that is, also where the first was not asked`() async throws {
    let first = try WebDouble(.https)
    let second = try WebDouble(.https)
    try await onOwnThread {
      let request = HTTPRequest(first.base + "/to/302?\(second.base)/data/10", insecure: true)
      guard case .tls = try downloadError({ _ = try HTTPClient().get(request) }) else {
        Issue.record("anybody was believed")
        return
      }
    }
  }

  @Test func `to something that is no web address is refused`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      for target in ["file:///etc/passwd", "gopher://127.0.0.1/"] {
        let request = HTTPRequest(web.base + "/to/302?" + target)
        guard case .badRequest = try downloadError({ _ = try HTTPClient().get(request) }) else {
          Issue.record("\(target) was followed")
          return
        }
      }
    }
  }

  @Test func `in a circle ends`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let request = HTTPRequest(web.base + "/loop", maxRedirects: 3)
      let error = try downloadError { _ = try HTTPClient().get(request) }
      #expect(error == .tooManyRedirects(url: web.base + "/loop", limit: 3))
      #expect(try web.requests().count == 4)
    }
  }

  @Test func `is handed back where none are to be followed`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let response = try HTTPClient().get(HTTPRequest(web.base + "/to/302?/data/10", maxRedirects: 0))
      #expect(response.status == 302)
      #expect(response.headers["location"] == "/data/10")
      #expect(response.body.elementsEqual("moved".utf8))
    }
  }
}
