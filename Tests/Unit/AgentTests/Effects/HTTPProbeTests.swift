import Testing
import Wire

@testable import Effects
@testable import Agent

@Suite struct HTTPProbeTests {
  private struct Failing: HTTPProbing {
    var words: String
    func answer(to check: HTTPCheck) throws(HTTPProbeFailure) -> HTTPAnswer {
      throw HTTPProbeFailure(description: words)
    }
  }

  @Test(arguments: ["http://a/status: no connection: refused", "no connection: refused"])
  func `a cause names its URL, and once`(words: String) {
    let check = HTTPCheck(url: "http://a/status", status: 200, body: nil)
    #expect(
      Failing(words: words).problem(of: check)?.text == "http://a/status: no connection: refused")
  }
}
