import Archive
import Foundation
import Glibc
import SystemPackage
import Testing
import Wire

/// The growroom app, really installed and running on this machine without systemd, with an agent of
/// its own: own state, own ports, own directories, gone with the test.
final class Room {
  let folder: URL
  let port: Int
  let webPort: Int
  var install: URL { folder.appending(path: "growroom") }
  var state: URL { folder.appending(path: "state") }

  static let repository: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { folder.deleteLastPathComponent() }
    return folder
  }()

  static let program = repository.appending(path: ".build/debug/fleet-agent").path

  /// The repository of growroom's releases, made once for all tests of this process.
  static let releases: Result<URL, any Error> = Result {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "fleet-releases-\(ProcessInfo.processInfo.processIdentifier)")
    try Shell.run(repository.appending(path: "demo/make-releases").path, folder.path)
    atexit { Room.removeReleases() }
    return folder
  }

  private static func removeReleases() {
    if case .success(let folder) = releases { try? FileManager.default.removeItem(at: folder) }
  }

  init(version: String = "4.0.26", rows: Int = 500) throws {
    ArchiveLocale.set()
    folder = FileManager.default.temporaryDirectory.appending(path: "fleet-room-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    port = try Shell.freePort()
    webPort = try Shell.freePort()
    try Shell.run(
      Self.repository.appending(path: "demo/install-growroom").path,
      "--releases", try Self.releases.get().path, "--version", version, "--prefix", install.path,
      "--rows", "\(rows)", "--port", "\(port)", "--web-port", "\(webPort)",
      "--log", folder.appending(path: "log").path, "--run", folder.appending(path: "run").path)
    try ctl("start")
  }

  deinit {
    try? ctl("stop")
    try? FileManager.default.removeItem(at: folder)
  }

  func ctl(_ verb: String) throws {
    try Shell.run(install.appending(path: "bin/growroomctl").path, verb)
  }

  var profile: AppProfile {
    let ctl = install.appending(path: "bin/growroomctl").path
    func command(_ verb: String) -> Run {
      Run(command: .arguments([ctl, verb]), timeoutSeconds: 60)
    }
    return AppProfile(
      app: "growroom", name: "growroom", install: install.path,
      backups: folder.appending(path: "backups").path, keepBackups: 2,
      version: Reading(
        file: "growroom/config.py", match: "^GROWROOM_VERSION = '([^']+)'"),
      services: .commands(
        start: command("start"), stop: command("stop"), status: command("status")),
      carry: [
        Carry(
          kind: .sqlite, path: "databases/*.db", required: true,
          revision: Revision(
            table: "alembic_version",
            wanted: Reading(file: "growroom/config.py", match: "^ALEMBIC_VERSION = '([^']+)'"))),
        Carry(kind: .copy, path: "config.ini", required: true),
        Carry(kind: .copy, path: "config_override.py"),
        Carry(kind: .copy, path: "certs"),
        Carry(kind: .link, path: "cameras"),
      ],
      ignore: ["env", "**/__pycache__"],
      steps: Steps(
        prepare: [
          Run(command: .shell("/usr/bin/python3 -m venv --system-site-packages env")),
          Run(
            command: .shell(
              "env/bin/pip install --no-cache-dir --no-index --find-links install/wheels "
                + "-r install/requirements.txt")),
        ],
        migrate: [
          Run(
            command: .shell("../env/bin/python -m alembic upgrade head"), directory: "alembic_db")
        ]),
      health: Health(
        healthyForSeconds: 1, deadlineSeconds: 30,
        checks: [
          .http(HTTPCheck(url: "http://127.0.0.1:\(port)/status")),
          .run(
            Run(command: .shell("env/bin/python -m growroom check"), timeoutSeconds: 30),
            expect: "GOOD"),
        ]))
  }

  /// What the app says of itself, or nil when it does not answer.
  func status() -> [String: Any]? {
    guard let body = HTTP.get(port: port, path: "/status"),
      let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
    else { return nil }
    return object
  }

  var version: String? { status()?["version"] as? String }
  var lastAcknowledged: Int? { status()?["last_acked"] as? Int }

  /// A release as the coordinator would have verified it.
  func release(_ version: String) throws -> (name: ReleaseName, file: URL, unpackedBytes: Int64) {
    let tag = "v\(version)"
    let repository = try Self.releases.get().path
    let commit = try Shell.output("/usr/bin/git", "-C", repository, "rev-parse", "\(tag)^{commit}")
    let file = folder.appending(path: "\(tag).tar.gz")
    try Shell.run(
      "/usr/bin/git", "-C", repository, "archive", "--format=tar.gz",
      "--prefix=growers-growroom-\(commit.prefix(7))/", "-o", file.path, tag)
    let manifest = try ArchiveJudge.inspect(FilePath(file.path))
    let name = ReleaseName(
      version: version, tag: tag, commit: commit, tree: "\(manifest.tree)",
      sha256: "\(manifest.sha256)", size: Int64(manifest.sizeBytes))
    return (name, file, Int64(manifest.totalBytes))
  }

  /// The listing of what is installed, as the coordinator would send it.
  func listing(_ version: String) throws -> URL {
    let manifest = try ArchiveJudge.inspect(FilePath(try release(version).file.path))
    let listing = ReleaseListing(
      files: manifest.entries.compactMap { entry in
        entry.blob.map { ReleaseListing.File(path: entry.path, blob: "\($0)") }
      })
    let file = folder.appending(path: "listing-\(version).json")
    try Data(JSON.encode(listing)).write(to: file)
    return file
  }
}

/// Programs of the machine, for tests.
enum Shell {
  typealias Failed = Spawned.Failed

  static func run(_ program: String, _ arguments: String...) throws {
    _ = try output(program, arguments)
  }

  static func output(_ program: String, _ arguments: String...) throws -> String {
    try output(program, arguments)
  }

  private static func output(_ program: String, _ arguments: [String]) throws -> String {
    let child = try Spawned([program] + arguments, mergingErrors: true)
    child.endInput()
    var output = Data()
    while let more = child.read() { output += more }
    let text = String(decoding: output, as: UTF8.self)
    let status = child.wait()
    guard status == 0 else {
      throw Failed(description: "\(program) \(arguments): \(status)\n\(text)")
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A port on the loopback that nobody listens on just now.
  static func freePort() throws -> Int {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    for _ in 0..<100 {
      // Below the range that outgoing connections take theirs from: whoever polls a port of that range
      // until a server answers may at last have connected to itself.
      let port = in_port_t.random(in: 20_000..<32_000)
      address.sin_port = port.bigEndian
      let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
          bind(fd, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      if bound { return Int(port) }
    }
    throw Failed(description: "no free port")
  }
}

/// One HTTP request over the loopback, with a deadline of two seconds.
enum HTTP {
  /// The body of a 200 answer; nil for everything else.
  static func get(port: Int, path: String) -> Data? {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard fd >= 0 else { return nil }
    defer { close(fd) }
    var limit = timeval(tv_sec: 2, tv_usec: 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard connected else { return nil }
    let request = Array("GET \(path) HTTP/1.0\r\nHost: localhost\r\n\r\n".utf8)
    guard send(fd, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
      return nil
    }
    var answer = Data()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(fd, &buffer, buffer.count, 0)
      if count <= 0 { break }
      answer.append(contentsOf: buffer[..<count])
    }
    guard answer.prefix(12).suffix(3) == Data("200".utf8),
      let end = answer.range(of: Data("\r\n\r\n".utf8))
    else { return nil }
    return answer[end.upperBound...]
  }
}
