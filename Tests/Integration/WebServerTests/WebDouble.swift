import Download
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A small web server for one test, on 127.0.0.1 and a port of the system's choice, or on a unix socket.
final class WebDouble: Sendable {
  enum Kind { case http, https, unixSocket }

  let directory: TestDirectory
  let base: String
  var socket: FilePath { FilePath(directory.file("socket")) }
  private let child: Child

  init(_ kind: Kind = .http) throws {
    directory = try TestDirectory()
    try directory.write(webDoubleSource, to: "double.py")
    if kind == .https {
      try Child([
        "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
        directory.file("key.pem"), "-out", directory.file("cert.pem"),
      ]).finish()
    }
    child = try Child(
      [
        "/usr/bin/python3", directory.file("double.py"), directory.path, "\(kind)",
      ], log: directory.file("log"))
    var port: String?
    for _ in 0..<600 where port == nil {
      usleep(20_000)
      // The whole line, or not yet.
      port = (try? directory.read("port")).flatMap { $0.hasSuffix("\n") ? $0 : nil }
    }
    guard let port else { throw DoubleFailed(log: (try? directory.read("log")) ?? "") }
    base = "\(kind == .https ? "https" : "http")://127.0.0.1:\(port.dropLast())"
  }

  /// The requests so far, a line each: path, Authorization, X-API-Key, Range, If-Range.
  func requests() throws -> [String] {
    try directory.read("requests").split(separator: "\n").map(String.init)
  }
}

struct DoubleFailed: Error { let log: String }

/// The bytes that `/data/N` has, as the server makes them.
func served(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 >> 8) } }

/// The parts of a path: `/data/SIZE` whole, with ranges; `/cut/SIZE/N/TIMES` breaks off after N bytes, so
/// often; `/deaf/SIZE/N/TIMES` the same without ranges; `/weak/…` the same with a weak ETag; `/other/…` the
/// same whose ETag is new each time; `/endless` says no length and has 65 MB; `/stall/N` sends N bytes and no more;
/// `/busy/TIMES/SIZE` says 503 so often; `/to/STATUS?URL`; `/status/N`; `/headers` sends back the headers that it
/// got, `/echo` the whole request.
private let webDoubleSource = #"""
  import http.server, json, os, socketserver, ssl, sys, threading, time

  directory, kind = sys.argv[1:]
  counts = {}
  lock = threading.Lock()


  def served(count):
      return bytes((i * 31 + (i >> 8)) & 255 for i in range(count))


  class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"

      def address_string(self):
          return "client"

      def count(self):
          with lock:
              counts[self.path] = counts.get(self.path, 0) + 1
              return counts[self.path]

      def answer(self, status, body=b"", **headers):
          self.send_response(status)
          for name, value in headers.items():
              self.send_header(name.replace("_", "-"), value)
          self.send_header("Content-Length", str(len(body)))
          self.end_headers()
          self.wfile.write(body)

      def hang_up(self):
          self.close_connection = True
          self.wfile.flush()
          self.connection.shutdown(2)

      def file(self, size, etag, ranges=True, cut=None):
          data, start, status = served(size), 0, 200
          wanted = self.headers.get("Range")
          if ranges and wanted and self.headers.get("If-Range", etag) == etag:
              start, status = int(wanted[len("bytes="):].split("-")[0]), 206
          if start >= size:
              return self.answer(416, b"past the end", Content_Range=f"bytes */{size}")
          data = data[start:]
          self.send_response(status)
          self.send_header("ETag", etag)
          self.send_header("Content-Length", str(len(data)))
          if status == 206:
              self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
          self.end_headers()
          if cut is None:
              self.wfile.write(data)
          else:
              self.wfile.write(data[:cut])
              self.hang_up()

      def do_POST(self):
          self.do_GET()

      def do_GET(self):
          h = self.headers
          sent = self.rfile.read(int(h.get("Content-Length", 0)))
          with lock, open(directory + "/requests", "a") as log:
              seen = [h.get(n, "-") for n in ("Authorization", "X-API-Key", "Range", "If-Range")]
              log.write(" ".join([self.path] + seen) + "\n")
          path, _, query = self.path.partition("?")
          part = path.split("/")[1:]
          if part[0] == "data":
              self.file(int(part[1]), '"data"')
          elif part[0] in ("cut", "deaf", "weak", "other"):
              n = self.count()
              etag = {"weak": 'W/"weak"', "other": f'"other{n}"'}.get(part[0], '"cut"')
              cut = int(part[2]) if n <= int(part[3]) else None
              self.file(int(part[1]), etag, part[0] != "deaf", cut)
          elif part[0] == "wrong":
              if h.get("Range"):
                  self.answer(206, b"x" * 100, Content_Range="bytes 5-104/5000", ETag='"cut"')
              else:
                  self.file(5000, '"cut"', cut=1000 if self.count() == 1 else None)
          elif part[0] == "endless":
              self.send_response(200)
              self.send_header("Connection", "close")
              self.end_headers()
              try:
                  for _ in range(1000):
                      self.wfile.write(b"x" * 65536)
              except OSError:
                  pass
              self.close_connection = True
          elif part[0] == "stall":
              self.send_response(200)
              self.send_header("Content-Length", "100000")
              self.end_headers()
              self.wfile.write(b"x" * int(part[1]))
              self.wfile.flush()
              time.sleep(600)
          elif part[0] == "busy":
              if self.count() <= int(part[1]):
                  self.answer(503, b"busy\x1b[31m")
              else:
                  self.file(int(part[2]), '"busy"')
          elif part[0] == "to":
              self.answer(int(part[1]), b"moved", Location=query, X_Hop="first")
          elif part[0] == "loop":
              self.answer(302, b"moved", Location=self.path)
          elif part[0] == "status":
              self.answer(int(part[1]), b"no \x1b[31mgood\n")
          elif part[0] == "etag":
              if h.get("If-None-Match") == '"v1"':
                  self.send_response(304)
                  self.send_header("ETag", '"v1"')
                  self.end_headers()
              else:
                  self.answer(200, b"news", ETag='"v1"', Link='</p?page=2>; rel="next"')
          elif part[0] == "hints":
              self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")
              self.answer(200, b"late", X_Late="yes")
          elif part[0] == "headers":
              self.answer(200, str(h).encode())
          elif part[0] == "echo":
              echo = {"method": self.command, "headers": dict(h), "body": sent.decode()}
              self.answer(200, json.dumps(echo).encode())
          elif part[0] == "many":
              self.send_response(200)
              for i in range(3000):
                  self.send_header(f"X-{i}", "y" * 1000)
              self.end_headers()
          else:
              self.answer(404, b"nothing here")


  class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
      daemon_threads = True


  class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
      daemon_threads = True


  if kind == "unixSocket":
      server, port = UnixServer(directory + "/socket", Handler), 1
  else:
      server = Server(("127.0.0.1", 0), Handler)
      port = server.server_address[1]
  if kind == "https":
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain(directory + "/cert.pem", directory + "/key.pem")
      server.socket = context.wrap_socket(server.socket, server_side=True)
  with open(directory + "/port", "w") as f:
      f.write(f"{port}\n")
  server.serve_forever()
  """#
