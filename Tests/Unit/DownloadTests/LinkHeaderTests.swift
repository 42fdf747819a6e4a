import Download
import TestSupport
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

  @Test(arguments: JoiningMarks.all)
  func `is cut at its bytes, whatever is joined to them`(mark: String) {
    for value in [
      "<\(mark)a>; rel=next", "<x>;\(mark)y=1; rel=prev, <\(mark)a>\(mark), <\(mark)a>; rel=\"next\"",
    ] {
      #expect(LinkHeader.target(rel: "next", in: value).map { Array($0.utf8) } == Array("\(mark)a".utf8))
    }
    // The quote ends there: what looks like another link in it is one, and `rel` came before.
    let ended = "<a>; rel=prev; title=\"x\"\(mark), <b>; rel=next"
    #expect(LinkHeader.target(rel: "next", in: ended) == "b")
  }

  @Test(arguments: [
    "", "<", "<a", "<a>", "<a>; rel", "<a>; rel=", "<a>; rel=\"", "<a>; rel=\"next\\", ";;;", "<a>;;rel=x",
  ])
  func `may be broken without harm`(value: String) {
    #expect(LinkHeader.target(rel: "prev", in: value) == nil)
  }
}
