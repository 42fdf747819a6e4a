import Foundation
import SystemPackage
import Testing

@testable import Catalogue
@testable import Inventory
@testable import Coordinator

@Suite struct TagListTests {
  static let all = [
    "v4.0.26", "v4.0.27", "v4.1.0", "v4.1.1", "v4.1.2", "v4.1.3", "v4.2.0", "exp-v4.9.0", "v5.0.0",
  ]
  static let firstPage = "/repos/growers/growroom/tags?per_page=100&page=1"

  @Test func `versions are listed oldest first and other tags left out`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let entries = try await desk.catalogue().entries(of: double.source())
    #expect(entries.map(\.tag) == Self.all)
    #expect(!entries.contains { $0.fetched })
  }

  @Test func `every page is read`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"per_page_max": 2}"#)
    #expect(try await desk.catalogue().entries(of: double.source()).map(\.tag) == Self.all)
    #expect(try await double.requests().count == 8)
  }

  @Test func `a page that did not change is not sent again`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"per_page_max": 5}"#)
    _ = try await desk.catalogue().entries(of: double.source())
    let again = try await desk.catalogue().entries(of: double.source())
    #expect(again.map(\.tag) == Self.all)
    #expect(try await double.requests().map(\.status) == [200, 200, 200, 200, 304, 304, 304, 304])
  }

  @Test func `a page that changed is read anew`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"visible": ["v4.0.*"]}"#)
    #expect(try await desk.catalogue().entries(of: double.source()).map(\.tag) == ["v4.0.26", "v4.0.27"])
    try await double.set(#"{"visible": ["v4.*"]}"#)
    #expect(try await desk.catalogue().entries(of: double.source()).count == 7)
  }

  @Test func `a kept page that the disk has changed is not used`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().entries(of: double.source())
    let page = try #require(
      pages(desk).first { try String(contentsOfFile: $0.string, encoding: .utf8).contains("/tags?") })
    try desk.damage(page)
    #expect(try await desk.catalogue().entries(of: double.source()).map(\.tag) == Self.all)
    #expect(try await double.requests().map { $0.ifNoneMatch == nil } == [true, true, true, false])
  }

  @Test func `what is fetched is marked`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    let entries = try await desk.catalogue().entries(of: double.source())
    #expect(entries.filter(\.fetched).map(\.tag) == ["v4.1.0"])
  }

  @Test func `more pages than the limit are refused and not read in part`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"per_page_max": 2}"#)
    let text = await refusal(.source) {
      try await desk.catalogue { $0.maxPages = 3 }.entries(of: double.source())
    }
    #expect(text == "growers/growroom has more than 3 pages of tags, which is the limit")
  }

  @Test func `a large page is not taken`() async throws {
    let desk = try Desk()
    let server = try await CannedServer.start([Self.firstPage: .init(bytes: 5000)])
    let text = await refusal(.source) {
      try await desk.catalogue { $0.maxPageBytes = 4000 }.entries(of: server.source)
    }
    #expect(text.contains("larger than 4000 bytes"))
  }

  @Test(arguments: ["https://example.org/tags?page=2", "http://127.0.0.1:1/tags", "//127.0.0.1/x", "http:x"])
  func `a next page elsewhere is not followed`(next: String) async throws {
    let desk = try Desk()
    let server = try await CannedServer.start([
      Self.firstPage: .init(headers: ["Link": "<\(next)>; rel=\"next\""], body: "[]")
    ])
    let text = await refusal(.source) {
      try await desk.catalogue().entries(of: server.source)
    }
    #expect(text.contains("elsewhere"))
  }

  @Test func `a long address of the next page is not followed`() async throws {
    let desk = try Desk()
    let next = "@/" + String(repeating: "a", count: 5000)
    let server = try await CannedServer.start([
      Self.firstPage: .init(headers: ["Link": "<\(next)>; rel=\"next\""], body: "[]")
    ])
    let text = await refusal(.source) {
      try await desk.catalogue().entries(of: server.source)
    }
    #expect(text.contains("elsewhere"))
  }

  @Test func `a long ETag is not kept`() async throws {
    let desk = try Desk()
    let server = try await CannedServer.start([
      Self.firstPage: .init(headers: ["ETag": "\"\(String(repeating: "e", count: 300))\""], body: "[]")
    ])
    _ = try await desk.catalogue().entries(of: server.source)
    #expect(pages(desk).isEmpty)
  }

  @Test(arguments: ["", "{}", "[{\"name\": 1}]", "<html>", "[{\"name\": \"v1.0.0\"}]"])
  func `an answer that is no tag list is said to be none`(body: String) async throws {
    let desk = try Desk()
    let server = try await CannedServer.start([Self.firstPage: .init(body: body)])
    let text = await refusal(.source) { try await desk.catalogue().entries(of: server.source) }
    #expect(text.hasPrefix("127.0.0.1 does not answer as GitHub's API does when asked for its tags"))
  }

  private func pages(_ desk: Desk) -> [FilePath] {
    desk.cached("pages").flatMap { folder in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
      return names.map { folder.appending($0) }
    }
  }
}
