import Release
import Testing

@testable import Catalogue
@testable import Coordinator

@Suite struct RepositoryAPITests {
  @Test(arguments: [
    ("https://x.org/o/r", "https://x.org/api/v1", "o/r"),
    ("https://x.org:3000/git/o/r", "https://x.org:3000/git/api/v1", "o/r"),
    ("http://127.0.0.1:1/o/r", "http://127.0.0.1:1/api/v1", "o/r"),
  ])
  func `an address of a repository says where its API is`(url: String, root: String, repository: String)
    throws
  {
    let api = try #require(RepositoryAPI(gitea: url))
    #expect(api.root == root && api.repository == repository)
  }

  @Test(arguments: [
    "", "x", "https://x.org", "https://x.org/o", "https://x.org/o/", "ftp://x.org/o/r", "//o/r",
  ])
  func `what is no address of a repository is none`(url: String) {
    #expect(RepositoryAPI(gitea: url) == nil)
  }

  @Test func `names are one part of an address, whatever is in them`() throws {
    let api = try #require(RepositoryAPI(gitea: "https://x.org/o/r"))
    let asset = ListedAsset(id: 5, name: "../../a?b#c d\u{301}.tgz", size: 1)
    #expect(
      api.asset(asset, of: "app/v1+2")
        == "https://x.org/o/r/releases/download/app%2Fv1%2B2/..%2F..%2Fa%3Fb%23c%20d%CC%81.tgz")
    #expect(api.release(of: "app/v1+2") == "https://x.org/api/v1/repos/o/r/releases/tags/app%2Fv1%2B2")
    #expect(api.archive(of: "app/v1+2") == "https://x.org/api/v1/repos/o/r/archive/app/v1%2B2.tar.gz")
    let hub = RepositoryAPI(gitHub: "o/r", api: "https://api.github.com")
    #expect(hub.asset(asset, of: "v1") == "https://api.github.com/repos/o/r/releases/assets/5")
    #expect(hub.archive(of: "app/v1+2") == "https://api.github.com/repos/o/r/tarball/refs/tags/app/v1%2B2")
  }

  @Test func `each says a commit's tree in its own place, and no other is taken`() throws {
    let (commit, tree) = (String(repeating: "a", count: 40), String(repeating: "b", count: 40))
    let hub = Array(#"{"sha": "\#(commit)", "tree": {"sha": "\#(tree)"}}"#.utf8)
    let tea = Array(#"{"sha": "\#(commit)", "commit": {"tree": {"sha": "\#(tree)"}}}"#.utf8)
    let gitHub = RepositoryAPI(gitHub: "o/r", api: "https://api.github.com")
    let gitea = try #require(RepositoryAPI(gitea: "https://x.org/o/r"))
    #expect(try gitHub.tree(in: hub).tree.description == tree)
    #expect(try gitea.tree(in: tea).tree.description == tree)
    #expect(throws: (any Error).self) { try gitHub.tree(in: tea) }
    #expect(throws: (any Error).self) { try gitea.tree(in: hub) }
  }
}
