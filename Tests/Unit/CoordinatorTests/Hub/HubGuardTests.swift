import Testing

@testable import Hub
@testable import Web

/// Each rule alone: a request that keeps all others.
@Suite struct HubGuardTests {
  private let guarding = HubGuard(names: ["Pi", "pi.local"])

  private func get(_ host: String?) -> WebRequest {
    WebRequest(.get, "/", headers: host.map { ["host": [$0]] } ?? [:])
  }

  private func post(to host: String = "pi:8420", _ headers: [String: [String]]) -> WebRequest {
    WebRequest(.post, "/act", headers: headers.merging(["host": [host]]) { old, _ in old })
  }

  @Test(arguments: [
    "localhost", "localhost:8420", "127.0.0.1:8420", "10.0.0.5", "[::1]:8420", "[fe80::1]", "pi", "PI:80",
    "pi.local:1",
  ])
  func `asked by a name that is ours`(host: String) {
    #expect(guarding.refusal(of: get(host)) == nil)
  }

  @Test(arguments: [
    "evil.example", "localhost.evil.example", "evil.example:8420", "pi.evil.example", "pi.local.evil", "",
    ":8420",
    "127.0.0.1.evil.example", "1.2.3", "1.2.3.4.5", "1.2.3.256", "0x7f.0.0.1", "[::1", "[::1]x", "[::1]:0",
    "pi:",
    "pi:port", "pi:99999", "pi,localhost", "[evil.example]", "a:b:c", "\u{661}.0.0.1",
  ])
  func `asked by another's`(host: String) {
    #expect(guarding.refusal(of: get(host)) == .name(host))
  }

  @Test func `what to type names it without its port`() {
    #expect(HubGuard.Refusal.name("room.example:8420").words.hasSuffix("fleet serve --name room.example"))
  }

  @Test func `asked by none, or by two`() {
    #expect(guarding.refusal(of: get(nil)) == .name(nil))
    var two = get("pi")
    two.headers["host"] = ["pi", "evil.example"]
    #expect(guarding.refusal(of: two) == .name(nil))
  }

  @Test(arguments: [
    ["origin": ["http://pi:8420"]], ["origin": ["https://pi:8420"]], ["sec-fetch-site": ["same-origin"]],
    ["origin": ["http://pi:8420"], "sec-fetch-site": ["same-origin"]],
  ])
  func `pressed on a page of ours`(headers: [String: [String]]) {
    #expect(guarding.refusal(of: post(headers)) == nil)
  }

  @Test(arguments: [
    [:], ["origin": ["null"]], ["origin": ["http://evil.example"]], ["origin": ["http://pi"]],
    ["origin": ["http://pi:8421"]], ["origin": ["http://pi:8420.evil.example"]], ["origin": []],
    ["origin": ["http://pi:8420", "http://evil.example"]], ["sec-fetch-site": ["cross-site"]],
    ["sec-fetch-site": ["same-site"]], ["sec-fetch-site": ["none"]],
    ["origin": ["http://pi:8420"], "sec-fetch-site": ["cross-site"]],
    ["origin": ["http://evil.example"], "sec-fetch-site": ["same-origin"]],
    ["referer": ["http://pi:8420/"]],
  ])
  func `pressed elsewhere`(headers: [String: [String]]) {
    #expect(guarding.refusal(of: post(headers)) == .origin)
  }

  @Test func `the origin is of who was asked`() {
    #expect(guarding.refusal(of: post(to: "10.0.0.5:8420", ["origin": ["http://pi:8420"]])) == .origin)
  }

  @Test func `other methods are not heard`() {
    #expect(guarding.refusal(of: WebRequest(.other, "/", headers: ["host": ["pi"]])) == .method)
  }
}
