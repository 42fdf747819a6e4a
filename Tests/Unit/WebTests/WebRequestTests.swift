import Testing

@testable import Web

@Suite struct WebRequestTests {
  private func request(_ target: String) -> WebRequest? {
    WebRequest(.get, target: target, headers: [:], body: [], peer: .socket)
  }

  @Test func `a path and its fields are decoded`() throws {
    let request = try #require(self.request("/act%20it?verb=upgrade&hosts=veg+fl%C3%B6wer&empty=&alone"))
    #expect(request.path == "/act it")
    #expect(request.query == ["verb": "upgrade", "hosts": "veg flöwer", "empty": "", "alone": ""])
  }

  @Test(arguments: [
    "", "act", "http://elsewhere/", "*", "/%", "/%4", "/%zz", "/a?b=%f", "/\u{0}", "/a b", "/%FF%FE",
    "/?a=%C3",
  ])
  func `what cannot be decoded is no request`(target: String) {
    #expect(request(target) == nil)
  }

  @Test func `so many fields that nobody has them in a form are none`() {
    #expect(request("/?" + (0..<300).map { "a\($0)=1" }.joined(separator: "&")) == nil)
  }

  @Test func `a header that stands twice is not believed`() {
    var request = WebRequest(.get, "/")
    request.headers = ["host": ["a", "b"], "origin": ["c"]]
    #expect(request.header("host") == nil)
    #expect(request.header("origin") == "c")
    #expect(request.header("cookie") == nil)
  }

  @Test func `a cookie is found among others, and one that stands twice is not believed`() {
    var request = WebRequest(.get, "/")
    request.headers = ["cookie": ["a=1; fleet=abc; b=2"]]
    #expect(request.cookie("fleet") == "abc")
    #expect(request.cookie("leet") == nil)
    request.headers = ["cookie": ["fleet=abc; fleet=def"]]
    #expect(request.cookie("fleet") == nil)
    request.headers = ["cookie": ["fleet=abc", "fleet=def"]]
    #expect(request.cookie("fleet") == nil)
  }

  @Test func `only a form is read as one`() {
    var request = WebRequest(.post, "/", body: Array("a=1&b=%26".utf8))
    #expect(request.form == nil)
    request.headers = ["content-type": ["application/json"]]
    #expect(request.form == nil)
    request.headers = ["content-type": ["Application/X-WWW-Form-Urlencoded; charset=utf-8"]]
    #expect(request.form == ["a": "1", "b": "&"])
    request.body = [0xFF]
    #expect(request.form == nil)
  }

  @Test(arguments: ["", "veg", "a b&c=d+e", "ünï%20\u{1}"]) func `what is encoded is decoded to the same`(
    text: String
  ) {
    #expect(WebForm.fields("x=" + WebForm.encoded(text)) == ["x": text])
  }
}
