import Download
import Testing

@Suite("A Link header") struct LinkHeaderTests {
  @Test func `names the next page as GitHub writes it`() {
    let value =
      "<https://api.github.com/repositories/1/tags?per_page=100&page=2>; rel=\"next\", "
      + "<https://api.github.com/repositories/1/tags?per_page=100&page=3>; rel=\"last\""
    #expect(
      LinkHeader.target(rel: "next", in: value)
        == "https://api.github.com/repositories/1/tags?per_page=100&page=2")
    #expect(LinkHeader.target(rel: "prev", in: value) == nil)
  }

  @Test(arguments: [
    "</a,b;c>; rel=next", "<x>; rel=prev, </a,b;c>; title=\"x, <y>; rel=\\\"next\\\"\"; rel=\"next\"",
    "  </a,b;c> ; REL = \"prev Next\"", "<x>; rel=\"prev\"; rel=\"next\", </a,b;c>;rel=next",
  ]) func `is read as RFC 8288 says`(value: String) {
    #expect(LinkHeader.target(rel: "next", in: value) == "/a,b;c")
  }

  @Test(arguments: [
    "", "<", "<a", "<a>", "<a>; rel", "<a>; rel=", "<a>; rel=\"", "<a>; rel=\"next\\", ";;;", "<a>;;rel=x",
  ])
  func `may be broken without harm`(value: String) {
    #expect(LinkHeader.target(rel: "prev", in: value) == nil)
  }
}
