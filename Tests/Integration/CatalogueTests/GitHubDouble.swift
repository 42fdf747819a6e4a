import Foundation
import SystemPackage
import TestSupport

@testable import Inventory
@testable import Coordinator

/// demo/github-double over a repository of growroom's releases.
final class GitHubDouble: Sendable {
  struct Request: Decodable, Sendable {
    let origin: String
    let path: String
    let status: Int
    let authorization: Bool
    let ifNoneMatch: String?
  }

  let repository: FilePath
  let port: Int
  let downloadPort: Int
  private let server: TestServer

  static func start(in scratch: Scratch) async throws -> GitHubDouble {
    let repository = try await GrowroomReleases.repository(in: scratch)
    let server = try await TestServer.start(
      Repository.file("demo/github-double").path, ["--repository", repository.string])
    return GitHubDouble(repository: repository, server: server)
  }

  private init(repository: FilePath, server: TestServer) {
    self.repository = repository
    self.server = server
    port = server.ready["port"] ?? 0
    downloadPort = server.ready["download_port"] ?? 0
  }

  var api: String { "http://127.0.0.1:\(port)" }

  func source(token: String? = nil, prefix: String = "", asset: AssetRule? = nil) -> ReleaseSource {
    .github(
      repository: "growers/growroom", api: api, tokenVariable: token, tagPrefix: prefix, asset: asset)
  }

  /// Makes tags in its repository, each on what another one stands for.
  func tag(_ names: [String: String]) async throws {
    for (name, target) in names.sorted(by: { $0.key < $1.key }) {
      try await tool(
        "/usr/bin/git",
        ["-c", "safe.directory=*", "-C", repository.string, "tag", name, "\(target)^{commit}"])
    }
  }

  /// Makes a tag in its repository that stands for what another one does, and a file more.
  func tag(_ name: String, on target: String, with file: String, saying text: String) async throws {
    try await tool(
      "/bin/sh",
      [
        "-ec",
        """
        g() { git -c safe.directory='*' -c user.name=me -c user.email=me@localhost -C "$repository" "$@"; }
        repository=$1
        export GIT_INDEX_FILE="$repository/index-of-$2"
        g read-tree "$3"
        g update-index --add --cacheinfo "100644,$(g hash-object -w --stdin),$4"
        g tag "$2" "$(g commit-tree -m more -p "$3^{commit}" "$(g write-tree)")"
        """,
        "sh", repository.string, name, target, file,
      ], input: Data(text.utf8))
  }

  /// Sets switches of the double, as JSON.
  func set(_ switches: String) async throws {
    try await tool(
      "/usr/bin/curl", ["-sSf", "-o", "/dev/null", "--data-binary", "@-", "\(api)/control"],
      input: Data(switches.utf8))
  }

  func requests() async throws -> [Request] {
    struct State: Decodable { let requests: [Request] }
    let text = try await tool("/usr/bin/curl", ["-sSf", "\(api)/control"])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(State.self, from: Data(text.utf8)).requests
  }

  func downloads() async throws -> [Request] { try await requests().filter { $0.origin == "download" } }

  func stop() { server.stop() }
}

/// A web server on loopback with fixed answers, for what no honest GitHub says.
final class CannedServer: Sendable {
  struct Answer: Encodable {
    var status = 200
    var headers: [String: String] = [:]
    var body = ""
    /// Sends so many bytes of nothing instead of the body.
    var bytes = 0
    /// Sends this file instead, or the rest of it from where `Range` says; with `rangeOnly` nothing but a rest.
    var file = ""
    var rangeOnly = false
    /// Without this `Authorization` it is 401; "-": with any it is.
    var wants = ""
  }

  let port: Int
  private let server: TestServer

  /// - Parameter answers: by path with query; `@` in headers and bodies is the server's own address.
  static func start(_ answers: [String: Answer]) async throws -> CannedServer {
    let json = String(decoding: try JSONEncoder().encode(answers), as: UTF8.self)
    let server = try await TestServer.start("/usr/bin/python3", ["-c", program, json])
    return CannedServer(server: server)
  }

  private init(server: TestServer) {
    self.server = server
    port = server.ready["port"] ?? 0
  }

  var source: ReleaseSource {
    .github(repository: "growers/growroom", api: "http://127.0.0.1:\(port)", tokenVariable: nil)
  }

  func stop() { server.stop() }

  private static let program = """
    import http.server, json, sys
    answers = json.loads(sys.argv[1])
    class Handler(http.server.BaseHTTPRequestHandler):
      def log_message(self, *_): pass
      def do_GET(self):
        missing = {"status": 404, "headers": {}, "body": "", "bytes": 0, "file": "", "rangeOnly": False, "wants": ""}
        answer = answers.get(self.path, missing)
        own = "http://127.0.0.1:%d" % self.server.server_port
        body = answer["body"].replace("@", own).encode() or b" " * answer["bytes"]
        status = answer["status"]
        given = self.headers.get("Authorization")
        if answer["wants"] and (given or "-") != answer["wants"]:
          answer, status, body = missing, 401, b"{}"
        wanted = self.headers.get("Range")
        if answer["file"]:
          body = open(answer["file"], "rb").read()
        if answer["file"] and wanted:
          start = int(wanted[len("bytes="):].rstrip("-"))
          answer["headers"]["Content-Range"] = "bytes %d-%d/%d" % (start, len(body) - 1, len(body))
          status, body = 206, body[start:]
        elif answer["rangeOnly"]:
          status, body = 403, b""
        self.send_response(status)
        for name, value in answer["headers"].items():
          self.send_header(name, value.replace("@", own))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
          self.wfile.write(body)
        except ConnectionError:
          pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print("READY port=%d" % server.server_port, flush=True)
    server.serve_forever()
    """
}
