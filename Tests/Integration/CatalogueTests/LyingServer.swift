import Foundation
import TestSupport

@testable import Inventory
@testable import Coordinator

/// What a server that means no good does instead of an answer, byte by byte: nobody puts it into form.
struct Lie: Encodable, Sendable {
  /// `OWN` is the server's own address, `OTHER` that of another.
  var text = ""
  /// After the text so many times, with a pause in seconds before each.
  var again = ""
  var times = 0
  var pause = 0.0
  /// In place of `again`: an archive of this kind.
  var archive = ""
  /// Then nothing more, and the connection stays.
  var stays = false

  init(
    _ text: String, again: String = "", times: Int = 0, pause: Double = 0, archive: String = "",
    stays: Bool = false
  ) {
    (self.text, self.again, self.times, self.pause) = (text, again, times, pause)
    (self.archive, self.stays) = (archive, stays)
  }

  /// An answer that is in form.
  static func answer(_ status: String = "200 OK", _ headers: String = "", body: String = "") -> Lie {
    let lines = headers.isEmpty ? "" : headers + "\r\n"
    return Lie(
      "HTTP/1.1 \(status)\r\n\(lines)Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
  }

  /// With an archive as its body, as long as `headers` say, or as it is.
  static func sending(_ archive: String, _ headers: String = "") -> Lie {
    Lie("HTTP/1.1 200 OK\r\n\(headers)Connection: close\r\n\r\n", archive: archive)
  }
}

/// A server on the loopback that says what it is told, and another one, to which it may try to send somebody.
final class LyingServer: Sendable {
  static let commit = String(repeating: "a", count: 40)
  /// Of the one file in the honest archive, as git counts it.
  static let tree = "6f2eed067a466ecaf1d07a540d9aec684a5dcdc6"

  /// The requests of a fetch, in their order.
  enum Moment: String, CaseIterable, Sendable {
    case tags, commit, address, archive

    var path: String {
      switch self {
      case .tags: TagListTests.firstPage
      case .commit: "\(Canned.base)/git/commits/\(LyingServer.commit)"
      case .address: "\(Canned.base)/tarball/refs/tags/v4.1.0"
      case .archive: "/archive"
      }
    }

    fileprivate var honest: Lie {
      switch self {
      case .tags: .answer(body: #"[{"name": "v4.1.0", "commit": {"sha": "\#(LyingServer.commit)"}}]"#)
      case .commit:
        .answer(body: #"{"sha": "\#(LyingServer.commit)", "tree": {"sha": "\#(LyingServer.tree)"}}"#)
      case .address: .answer("302 Found", "Location: OWN/archive")
      case .archive: .sending("good")
      }
    }
  }

  let port: Int
  private let server: TestServer
  private let log: TestDirectory

  /// - Parameter lies: by moment, or by another path.
  static func start(_ lies: [String: Lie]) async throws -> LyingServer {
    let honest = Dictionary(uniqueKeysWithValues: Moment.allCases.map { ($0.path, $0.honest) })
    let log = try TestDirectory()
    let json = String(decoding: try JSONEncoder().encode(honest.merging(lies) { $1 }), as: UTF8.self)
    let server = try await TestServer.start("/usr/bin/python3", ["-c", program, json, log.file("elsewhere")])
    return LyingServer(server: server, log: log)
  }

  private init(server: TestServer, log: TestDirectory) {
    (self.server, self.log) = (server, log)
    port = server.ready["port"] ?? 0
  }

  var source: ReleaseSource {
    .github(repository: "growers/growroom", api: "http://127.0.0.1:\(port)", tokenVariable: "GROW_TOKEN")
  }

  /// The head of each request that the other server got.
  var elsewhere: String { (try? log.read("elsewhere")) ?? "" }

  private static let program = """
    import gzip, io, json, random, socketserver, sys, tarfile, threading, time
    answers, elsewhere = json.loads(sys.argv[1]), sys.argv[2]

    def tar(kind):
      out = io.BytesIO()
      with tarfile.open(fileobj=out, mode="w") as made:
        def add(name, content=b"4.1.0"):
          entry = tarfile.TarInfo(name)
          entry.size = len(content)
          made.addfile(entry, io.BytesIO(content))
        add("app/VERSION")
        if kind == "twice": add("app/VERSION", b"other")
        if kind == "parent": add("app/../../out")
        if kind == "absolute": add("/etc/out")
        if kind == "controls": add("app/a" + chr(27) + "[2J")
        if kind == "two-tops": add("other/VERSION")
        if kind == "bomb": add("app/big", b"x" * (64 << 20))
        if kind == "noise-free": add("app/more")
        if kind == "noise": add("app/noise", random.Random(1).randbytes(1 << 20))
      return out.getvalue()

    def archive(kind):
      data = gzip.compress(tar(kind), mtime=0)
      if kind == "cut": return data[:-9]
      if kind == "behind": return data + b"more"
      if kind == "nested": return gzip.compress(data)
      if kind == "empty": return b""
      if kind == "page": return b"<!doctype html><title>Sign in</title>"
      return data

    class Handler(socketserver.StreamRequestHandler):
      def handle(self):
        head = b""
        while b"\\r\\n\\r\\n" not in head:
          piece = self.connection.recv(65536)
          if not piece: return
          head += piece
        if self.server is other:
          with open(elsewhere, "ab") as log: log.write(head)
        path = head.split(b" ")[1].decode()
        answer = answers.get(path, {"text": "HTTP/1.1 404 No\\r\\nContent-Length: 0\\r\\n\\r\\n"})
        def own(text):
          for sign, which in (("OWN", first), ("OTHER", other)):
            text = text.replace(sign, "http://127.0.0.1:%d" % which.server_address[1])
          return text.encode("utf-8", "surrogateescape")
        try:
          self.wfile.write(own(answer["text"]))
          for _ in range(answer.get("times", 0)):
            if answer["pause"]: time.sleep(answer["pause"])
            self.wfile.write(answer["again"].encode())
          if answer.get("archive"): self.wfile.write(archive(answer["archive"]))
          if answer.get("stays"): time.sleep(600)
        except OSError:
          pass

    class Server(socketserver.ThreadingTCPServer):
      daemon_threads = True
      allow_reuse_address = True

    first, other = Server(("127.0.0.1", 0), Handler), Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    print("READY port=%d" % first.server_address[1], flush=True)
    first.serve_forever()
    """
}
