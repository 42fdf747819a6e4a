import Foundation
import SystemPackage

@testable import Coordinator

/// A server that a test started and ends by its pid. The first line that it prints says where it listens.
final class TestServer: Sendable {
  let ready: [String: Int]
  private let pid: pid_t

  static func start(_ path: String, _ arguments: [String]) async throws -> TestServer {
    try await offPool { try TestServer(path, arguments) }
  }

  private init(_ path: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    pid = process.processIdentifier
    var line = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 0x0A {
      line += byte
    }
    let words = String(decoding: line, as: UTF8.self).split(separator: " ").dropFirst()
    ready = Dictionary(
      words.compactMap { word in
        let parts = word.split(separator: "=")
        guard parts.count == 2, let number = Int(parts[1]) else { return nil }
        return (String(parts[0]), number)
      }, uniquingKeysWith: { $1 })
    guard ready["port"] != nil else {
      stop()
      throw ToolFailure(description: "\(path) did not start")
    }
  }

  /// The child has inherited the mask of a thread of the cooperative pool, where SIGTERM is blocked.
  func stop() { kill(pid, SIGKILL) }

  deinit { stop() }
}

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
    let repository = try await Growroom.repository(in: scratch)
    let server = try await TestServer.start(
      Growroom.demo.appending("github-double").string, ["--repository", repository.string])
    return GitHubDouble(repository: repository, server: server)
  }

  private init(repository: FilePath, server: TestServer) {
    self.repository = repository
    self.server = server
    port = server.ready["port"] ?? 0
    downloadPort = server.ready["download_port"] ?? 0
  }

  var api: String { "http://127.0.0.1:\(port)" }

  func source(token: String? = nil) -> ReleaseSource {
    .github(repository: "growers/growroom", api: api, tokenVariable: token)
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

  private static let program = """
    import http.server, json, sys
    answers = json.loads(sys.argv[1])
    class Handler(http.server.BaseHTTPRequestHandler):
      def log_message(self, *_): pass
      def do_GET(self):
        missing = {"status": 404, "headers": {}, "body": "", "bytes": 0, "file": "", "rangeOnly": False}
        answer = answers.get(self.path, missing)
        own = "http://127.0.0.1:%d" % self.server.server_port
        body = answer["body"].replace("@", own).encode() or b" " * answer["bytes"]
        status = answer["status"]
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
