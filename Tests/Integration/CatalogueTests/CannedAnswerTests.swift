import Testing

@testable import Coordinator

/// What no honest API says.
@Suite struct CannedAnswerTests {
  static let commit = String(repeating: "a", count: 40)
  static let tree = String(repeating: "b", count: 40)

  @Test(arguments: [
    "http://127.0.0.2:1/x", "http://example.org/x", "file:///etc/passwd", "ftp://127.0.0.1/x",
  ])
  func `an archive elsewhere without TLS is refused`(location: String) async throws {
    let text = try await said(Canned.answers(commit: Self.commit, tree: Self.tree, archive: location))
    #expect(text.contains("which is not https; refused"))
  }

  @Test func `an address that is too long is refused`() async throws {
    let location = "http://127.0.0.1:1/" + String(repeating: "x", count: 5000)
    let text = try await said(Canned.answers(commit: Self.commit, tree: Self.tree, archive: location))
    #expect(text.contains("refused"))
  }

  @Test func `a commit that is another is refused`() async throws {
    var answers = Canned.answers(commit: Self.commit, tree: Self.tree, archive: "@/x")
    answers["\(Canned.base)/git/commits/\(Self.commit)"] = .init(
      body: #"{"sha": "\#(Self.tree)", "tree": {"sha": "\#(Self.tree)"}}"#)
    let text = try await said(answers)
    #expect(text.contains("was asked for commit \(Self.commit) and described \(Self.tree)"))
  }

  @Test func `a large answer about a commit is not taken`() async throws {
    var answers = Canned.answers(commit: Self.commit, tree: Self.tree, archive: "@/x")
    answers["\(Canned.base)/git/commits/\(Self.commit)"] = .init(bytes: 2 << 20)
    #expect(try await said(answers).contains("larger than 1048576 bytes"))
  }

  @Test func `a repository that moves for ever is given up`() async throws {
    var answers = Canned.answers(commit: Self.commit, tree: Self.tree, archive: "@/x")
    answers["\(Canned.base)/tarball/refs/tags/v4.1.0"] = .init(status: 301, headers: ["Location": "@/again"])
    answers["/again"] = .init(status: 301, headers: ["Location": "@/again"])
    #expect(try await said(answers).contains("has moved more than 3 times"))
  }

  @Test func `a tag that stands for no SHA-1 commit is not supported`() async throws {
    let commit = String(repeating: "a", count: 64)
    let text = try await said(Canned.answers(commit: commit, tree: Self.tree, archive: "@/x"))
    #expect(text.contains("stands for no SHA-1 commit"))
  }

  private func said(_ answers: [String: CannedServer.Answer]) async throws -> String {
    let desk = try Desk()
    let server = try await CannedServer.start(answers)
    let text = await refusal(.source) {
      try await desk.catalogue().fetch("v4.1.0", of: server.source)
    }
    #expect(desk.lockText == nil)
    return text
  }
}
