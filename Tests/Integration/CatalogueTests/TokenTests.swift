import Testing

@testable import Catalogue
@testable import Coordinator

@Suite struct TokenTests {
  @Test func `the token goes to the API and not to the host of the archives`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"require_token": "secret-1"}"#)
    let catalogue = desk.catalogue(environment: ["GROW_TOKEN": "secret-1"])
    _ = try await catalogue.fetch("v4.1.0", of: double.source(token: "GROW_TOKEN"))
    let requests = try await double.requests()
    #expect(!requests.contains { $0.origin == "api" && !$0.authorization })
    #expect(requests.filter { $0.origin == "download" }.map(\.authorization) == [false])
  }

  @Test func `without the variable it is named`() async throws {
    let text = try await said(environment: [:])
    #expect(text.contains("GROW_TOKEN (token_env) is not set"))
  }

  @Test func `a token that is not accepted is not shown`() async throws {
    let text = try await said(environment: ["GROW_TOKEN": "secret-2"])
    #expect(text.contains("does not accept the token of GROW_TOKEN"))
    #expect(!text.contains("secret-2"))
  }

  @Test(arguments: ["a b", "a\nX-Other: b", "ä", String(repeating: "a", count: 1025)])
  func `what cannot be a token is not sent`(value: String) {
    do {
      _ = try read(value, api: "https://api.github.com")
      Issue.record("it was taken")
    } catch {
      #expect("\(error.error)".contains("GROW_TOKEN (token_env) holds no token"))
    }
  }

  @Test(arguments: ["http://10.77.0.1:8000", "http://127.0.0.1.example.org", "http://localhost.example.org"])
  func `over plain HTTP a token goes nowhere`(api: String) {
    do {
      _ = try read("secret", api: api)
      Issue.record("it was taken")
    } catch {
      #expect("\(error.error)".contains("is not https"))
    }
  }

  @Test(arguments: ["http://127.0.0.1:80", "http://localhost:8000/api", "http://[::1]:1", "https://x.org"])
  func `over TLS or within this machine it may go`(api: String) throws {
    let token = try read("secret", api: api)
    #expect(token == "secret")
  }

  private func read(_ value: String, api: String) throws(SourceFailure) -> String? {
    guard let origin = WebOrigin(of: api) else { return nil }
    return try SourceToken.read(
      variable: "GROW_TOKEN", environment: ["GROW_TOKEN": value], origin: origin, limits: CatalogueLimits())
  }

  private func said(environment: [String: String]) async throws -> String {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"require_token": "secret-1"}"#)
    return await refusal(.source) {
      try await desk.catalogue(environment: environment).entries(of: double.source(token: "GROW_TOKEN"))
    }
  }
}
