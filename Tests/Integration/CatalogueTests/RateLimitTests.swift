import Download
import Testing

@testable import Inventory
@testable import Catalogue
@testable import Coordinator

@Suite struct RateLimitTests {
  static let now: Int64 = 1_790_000_000

  @Test(arguments: [403, 429])
  func `a used-up limit says until when and how a token helps`(status: Int) async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(
      #"{"rate_limit_exhausted": true, "rate_limit_status": \#(status), "rate_limit_reset_seconds": 600}"#)
    let text = await refusal(.rateLimited) {
      try await desk.catalogue().entries(of: double.source())
    }
    #expect(text.contains("until") && text.contains("(in 10 min)"))
    #expect(text.contains("source: { github: growers/growroom, token_env: GITHUB_TOKEN }"))
  }

  @Test func `the token that is named but not set is named`() {
    let text = Self.error(403, ["X-RateLimit-Remaining": "0"], variable: "MY_TOKEN").description
    #expect(text.contains("The profile names MY_TOKEN, which is not set."))
  }

  @Test func `with a token there is nothing but to wait`() {
    let text = Self.error(403, ["X-RateLimit-Remaining": "0"], variable: "MY_TOKEN", hasToken: true)
      .description
    #expect(text.contains("nothing helps but to wait") && !text.contains("not set"))
  }

  @Test func `a pause that is asked for is a limit too`() {
    let error = Self.error(403, ["Retry-After": "45", "X-RateLimit-Remaining": "12"])
    guard case .rateLimited(let text) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(text.contains("(in 45 s)"))
  }

  @Test(arguments: ["99999999999999999999", "-9223372036854775808", "9223372036854775807", "soon", "1"])
  func `a moment that makes no sense is not shown`(reset: String) {
    let error = Self.error(429, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset])
    #expect("\(error)".contains("for a while"))
  }

  @Test func `a plain refusal is no limit`() {
    let error = Self.error(
      403, ["X-RateLimit-Remaining": "30"], body: #"{"message": "Repository access blocked"}"#)
    guard case .source(let text) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(text.contains("Repository access blocked"))
  }

  @Test func `what the server says cannot repaint the terminal`() {
    let error = Self.error(500, [:], body: "{\"message\": \"\\u001b[2J\"}")
    #expect(!error.description.unicodeScalars.contains("\u{1B}"))
  }

  @Test func `a repository that is not there is not found`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let source = ReleaseSource.github(repository: "growers/nothing", api: double.api, tokenVariable: nil)
    let text = await refusal(.notFound) { try await desk.catalogue().entries(of: source) }
    #expect(text.contains("growers/nothing"))
  }

  private static func error(
    _ status: Int, _ headers: HTTPHeaders, body: String = "", variable: String? = nil, hasToken: Bool = false
  ) -> CatalogueError {
    RepositoryRefusal(
      api: RepositoryAPI(gitHub: "o/r", api: "https://api.github.com"), host: "api.github.com",
      tokenVariable: variable, hasToken: hasToken
    ).failure(status: status, headers: headers, body: Array(body.utf8), asking: "tags", now: now).error
  }
}
