import Foundation
import SystemPackage
import TestSupport

@testable import Store
@testable import Coordinator

/// A web server on loopback that keeps what is POSTed to it, and answers as its path says: `/status/N`,
/// `/away` (a redirect), `/silent` (never).
final class PostDouble: Sendable {
  struct Request: Decodable, Sendable {
    var method: String
    var path: String
    var headers: [String: String]
    var body: String
  }

  private let server: TestServer
  private let log: FilePath
  let base: String

  static func start(in folder: FilePath) async throws -> PostDouble {
    let log = folder.appending("posts")
    return PostDouble(
      server: try await TestServer.start("/usr/bin/python3", ["-c", program, log.string]), log: log)
  }

  private init(server: TestServer, log: FilePath) {
    (self.server, self.log) = (server, log)
    base = "http://127.0.0.1:\(server.ready["port"] ?? 0)"
  }

  func requests() throws -> [Request] {
    guard let bytes = try? StateFiles.read(log) else { return [] }
    return try bytes.split(separator: 0x0A).map { try JSONDecoder().decode(Request.self, from: Data($0)) }
  }

  private static let program = """
    import http.server, json, sys, time
    class Handler(http.server.BaseHTTPRequestHandler):
      def log_message(self, *_): pass
      def do_GET(self): self.do_POST()
      def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with open(sys.argv[1], "a") as log:
          log.write(json.dumps({"method": self.command, "path": self.path, "headers":
            {k.lower(): v for k, v in self.headers.items()}, "body": body}) + "\\n")
        parts = self.path.split("/")[1:]
        if parts[0] == "silent": time.sleep(600)
        self.send_response(int(parts[1]) if parts[0] == "status" else 302 if parts[0] == "away" else 200)
        if parts[0] == "away": self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print("READY port=%d" % server.server_port, flush=True)
    server.serve_forever()
    """
}
