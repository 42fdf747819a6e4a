import Download
import SystemPackage
import TestSupport
import Testing

@Suite("Getting an answer") struct GetTests {
  @Test func `gives its status, headers and body`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let response = try HTTPClient().get(HTTPRequest(web.base + "/data/1000"))
      #expect(response.status == 200)
      #expect(response.headers["content-LENGTH"] == "1000")
      #expect(response.headers["ETag"] == "\"data\"")
      #expect(response.body == served(1000))
    }
  }

  @Test func `hands back an answer that says no`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let response = try HTTPClient().get(HTTPRequest(web.base + "/nowhere"))
      #expect(response.status == 404)
      #expect(response.body.elementsEqual("nothing here".utf8))
    }
  }

  @Test func `can ask whether there is news, and hear that there is none`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let client = try HTTPClient()
      let first = try client.get(HTTPRequest(web.base + "/etag"))
      let etag = try #require(first.headers["etag"])
      let second = try client.get(HTTPRequest(web.base + "/etag", headers: ["If-None-Match": etag]))
      #expect(first.status == 200)
      #expect(second.status == 304)
      #expect(second.body.isEmpty)
    }
  }

  @Test func `shows the headers of the last block alone`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let response = try HTTPClient().get(HTTPRequest(web.base + "/hints"))
      #expect(response.status == 200)
      #expect(response.headers["X-Late"] == "yes")
      #expect(response.headers["X-Early"] == nil)
    }
  }

  @Test func `stops at the limit, with and without an announced length`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let client = try HTTPClient()
      for path in ["/data/100001", "/endless"] {
        let error = try downloadError {
          _ = try client.get(HTTPRequest(web.base + path), limits: limits(100_000))
        }
        #expect(error == .tooLarge(url: web.base + path, limitBytes: 100_000))
      }
      let whole = try client.get(HTTPRequest(web.base + "/data/100000"), limits: limits(100_000))
      #expect(whole.body.count == 100_000)
    }
  }

  @Test func `stops at a flood of headers`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let error = try downloadError { _ = try HTTPClient().get(HTTPRequest(web.base + "/many")) }
      guard case .tooLarge = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `gives up a server that falls silent`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let slow = limits { $0.lowSpeedSeconds = 3 }
      let short = limits { $0.totalTimeoutSeconds = 4 }
      for limits in [slow, short] {
        let error = try downloadError {
          _ = try HTTPClient().get(HTTPRequest(web.base + "/stall/10"), limits: limits)
        }
        guard case .timeout(_, 10, _) = error else {
          Issue.record("\(error)")
          return
        }
      }
    }
  }

  @Test func `can be cancelled while nothing comes`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let error = try downloadError {
        _ = try HTTPClient().get(HTTPRequest(web.base + "/stall/10"), isCancelled: { true })
      }
      #expect(error == .cancelled)
    }
  }

  @Test func `tells a refused connection and an unknown name apart`() async throws {
    try await onOwnThread {
      let client = try HTTPClient()
      // Port 1 is reserved, nobody listens there.
      let refused = try downloadError { _ = try client.get(HTTPRequest("http://127.0.0.1:1/")) }
      guard case .connect("http://127.0.0.1:1/", _) = refused else {
        Issue.record("\(refused)")
        return
      }
      let unknown = try downloadError { _ = try client.get(HTTPRequest("https://no-such-host.invalid/")) }
      #expect(unknown == .dns(host: "no-such-host.invalid"))
    }
  }

  @Test func `says that an answer was cut off`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let error = try downloadError { _ = try HTTPClient().get(HTTPRequest(web.base + "/cut/5000/1000/1")) }
      guard case .cut(_, 1000, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test(arguments: ["ftp://127.0.0.1/", "file:///etc/passwd", "tent", "", "http://"])
  func `takes web addresses only`(url: String) async throws {
    try await onOwnThread {
      guard case .badRequest = try downloadError({ _ = try HTTPClient().get(HTTPRequest(url)) }) else {
        Issue.record("\(url) was asked for")
        return
      }
    }
  }

  @Test func `refuses a header that would smuggle in another`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      for headers: HTTPHeaders in [["X": "a\r\nY: b"], ["X: y\r\nZ": "a"], ["": "a"]] {
        let request = HTTPRequest(web.base + "/headers", headers: headers)
        guard case .badRequest = try downloadError({ _ = try HTTPClient().get(request) }) else {
          Issue.record("it was sent")
          return
        }
      }
      let sent = try HTTPClient().get(
        HTTPRequest(web.base + "/headers", headers: ["X-Empty": "", "X-Full": "a"]))
      let text = String(decoding: sent.body, as: UTF8.self)
      #expect(text.contains("X-Empty:"))
      #expect(text.contains("X-Full: a"))
    }
  }

  @Test func `refuses a certificate that nobody vouches for, unless told not to ask`() async throws {
    let web = try WebDouble(.https)
    try await onOwnThread {
      let client = try HTTPClient()
      let error = try downloadError { _ = try client.get(HTTPRequest(web.base + "/data/10")) }
      guard case .tls = error else {
        Issue.record("\(error)")
        return
      }
      let response = try client.get(HTTPRequest(web.base + "/data/10", insecure: true))
      #expect(response.body == served(10))
      // What was said about one request does not stick to the next.
      guard case .tls = try downloadError({ _ = try client.get(HTTPRequest(web.base + "/data/10")) }) else {
        Issue.record("the second request trusted anybody")
        return
      }
    }
  }

  @Test func `goes through a unix socket`() async throws {
    let web = try WebDouble(.unixSocket)
    try await onOwnThread {
      let response = try HTTPClient().get(HTTPRequest("http://app/data/10", unixSocket: web.socket))
      #expect(response.body == served(10))
      let missing = FilePath(web.socket.string + "-missing")
      guard
        case .connect = try downloadError({
          _ = try HTTPClient().get(HTTPRequest("http://app/", unixSocket: missing))
        })
      else {
        Issue.record("no socket, no error")
        return
      }
    }
  }
}
