import Download
import Foundation
import Testing

@Suite struct PostTests {
  private struct Echo: Decodable {
    var method: String
    var headers: [String: String]
    var body: String
  }

  private func echo(_ response: HTTPResponse) throws -> Echo {
    try JSONDecoder().decode(Echo.self, from: Data(response.body))
  }

  @Test func `a body arrives whole, with its type and its length, and no server is asked to expect it`()
    throws
  {
    let web = try WebDouble()
    let body = [UInt8]((0..<2_000_000).map { UInt8(ascii: "a") + UInt8($0 % 26) })
    let request = HTTPRequest(web.base + "/echo", headers: ["Content-Type": "text/plain"])
    let echo = try echo(HTTPClient().post(body, to: request))
    #expect(echo.method == "POST")
    #expect(Array(echo.body.utf8) == body)
    #expect(echo.headers["Content-Type"] == "text/plain" && echo.headers["Content-Length"] == "2000000")
    #expect(echo.headers["Expect"] == nil)
  }

  @Test func `an empty body is sent too`() throws {
    let web = try WebDouble()
    let echo = try echo(HTTPClient().post([], to: HTTPRequest(web.base + "/echo")))
    #expect(echo.method == "POST" && echo.body == "" && echo.headers["Content-Length"] == "0")
  }

  @Test func `zero bytes are sent as they are`() throws {
    let web = try WebDouble()
    let echo = try echo(HTTPClient().post(Array("a\0b".utf8), to: HTTPRequest(web.base + "/echo")))
    #expect(echo.body == "a\0b")
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func `a redirect is handed back and not followed`(status: Int) throws {
    let web = try WebDouble()
    let response = try HTTPClient().post([1], to: HTTPRequest(web.base + "/to/\(status)?/echo"))
    #expect(response.status == status)
    #expect(try web.requests().count == 1)
  }

  @Test func `the same client gets again afterwards`() throws {
    let web = try WebDouble()
    let client = try HTTPClient()
    _ = try client.post([1], to: HTTPRequest(web.base + "/echo"))
    #expect(try client.get(HTTPRequest(web.base + "/data/10")).body.count == 10)
    #expect(try echo(client.get(HTTPRequest(web.base + "/echo"))).method == "GET")
  }

  @Test func `a server that never answers is given up in time`() throws {
    let web = try WebDouble()
    let limits = limits { $0.totalTimeoutSeconds = 1 }
    let error = try downloadError {
      _ = try HTTPClient().post([1], to: HTTPRequest(web.base + "/stall/1"), limits: limits)
    }
    guard case .timeout = error else {
      Issue.record("\(error)")
      return
    }
  }
}
