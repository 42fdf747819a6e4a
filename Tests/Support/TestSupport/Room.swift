import Archive
package import Foundation
import Glibc
import SystemPackage
@testable package import Wire

/// The growroom app, really installed and running on this machine without systemd, with an agent of
/// its own: own state, own ports, own directories, gone with the test.
package final class Room: Sendable {
  package let folder: URL
  package let port: Int
  package let webPort: Int
  /// Whom the app belongs to, and who runs it: whoever runs the test, or a user of its own.
  package let owner: String
  package var install: URL { folder.appending(path: "growroom") }
  package var state: URL { folder.appending(path: "state") }

  /// The agent. `FLEET_TEST_AGENT` names another build of it: the one that is shipped is many times faster.
  package static let program =
    ProcessInfo.processInfo.environment["FLEET_TEST_AGENT"]
    ?? Repository.programs.appending(path: "fleet-agent").path

  /// The repository of growroom's releases, made once for all tests of this process.
  package static let releases: Result<URL, any Error> = Result {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "fleet-releases-\(ProcessInfo.processInfo.processIdentifier)")
    try Shell.run(Repository.file("demo/make-releases").path, folder.path)
    atexit { Room.removeReleases() }
    return folder
  }

  private static func removeReleases() {
    if case .success(let folder) = releases { try? FileManager.default.removeItem(at: folder) }
  }

  /// - Parameters:
  ///   - owner: a user of this machine, where the test is root.
  ///   - place: where its folder is made.
  package init(
    version: String = "4.0.26", rows: Int = 500, owner: String = "\(geteuid())",
    in place: URL = FileManager.default.temporaryDirectory
  ) throws {
    self.owner = owner
    ArchiveLocale.set()
    folder = place.appending(path: "fleet-room-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    port = Int(try Shell.freePort())
    webPort = Int(try Shell.freePort())
    try Shell.run(
      "/bin/sh", "-euc",
      """
      mkdir growroom
      git -C "$1" archive "v$2" | tar -x -C growroom
      cd growroom
      \(Self.quickEnvironment)
      env/bin/python -m growroom init --port "$3" --web-port "$4" --log "$0/log" --run "$0/run"
      env/bin/python -m growroom seed "$5"
      [ "$6" = "$(id -u)" ] || { mkdir -p ../log ../run; chown -R "$6:" . ../log ../run; }
      """, folder.path, try Self.releases.get().path, version, "\(port)", "\(webPort)", "\(rows)", owner,
      in: folder.path)
    try ctl("start")
  }

  /// Makes growroom's environment without pip, the wheels unpacked into it: a tenth of the files, a fortieth of the
  /// time. It fails as pip does when a wheel is missing.
  package static let quickEnvironment = """
    /usr/bin/python3 -m venv --without-pip --system-site-packages env &&
    for name in $(sed 's/==.*//; s/-/_/g' install/requirements.txt); do
      /usr/bin/python3 -m zipfile -e install/wheels/$name-*.whl env/lib/python3*/site-packages || exit 1
    done
    """

  /// The environment as growroom's own profile makes it, with pip.
  package static let prepareWithPip = [
    Run(command: .shell("/usr/bin/python3 -m venv --system-site-packages env")),
    Run(
      command: .shell(
        "env/bin/pip install --no-cache-dir --no-index --find-links install/wheels "
          + "-r install/requirements.txt")),
  ]

  deinit {
    try? ctl("stop")
    try? FileManager.default.removeItem(at: folder)
  }

  package func ctl(_ verb: String) throws {
    let program = install.appending(path: "bin/growroomctl").path
    if owner == "\(geteuid())" { return try Shell.run(program, verb) }
    try Shell.run(
      "/usr/bin/setpriv", "--reuid=\(owner)", "--regid=\(owner)", "--init-groups", program, verb)
  }

  /// SIGKILL to every job of this room and its parent: what a power cut does to them.
  package func killAgents() {
    for pid in Self.processes(naming: "\(state.path)/") { kill(pid, SIGKILL) }
  }

  /// Whether a job of this room, or its parent, is still at work: a job's end is told before its parent has looked.
  package var hasAgents: Bool { !Self.processes(naming: "\(state.path)/").isEmpty }

  /// Processes whose command line has this text in its first word.
  private static func processes(naming text: String) -> [pid_t] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { pid_t($0) }.filter { pid in
      guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
      return String(decoding: line.prefix { $0 != 0 }, as: UTF8.self).hasPrefix(text)
    }
  }

  /// What is the user's in growroom's tree.
  package static let carry = [
    Carry(
      kind: .sqlite, path: "databases/*.db", required: true,
      revision: Revision(
        table: "alembic_version",
        wanted: Reading(file: "growroom/config.py", match: "^ALEMBIC_VERSION = '([^']+)'"))),
    Carry(kind: .copy, path: "config.ini", required: true),
    Carry(kind: .copy, path: "config_override.py"),
    Carry(kind: .copy, path: "certs"),
    Carry(kind: .link, path: "cameras"),
  ]

  package var profile: AppProfile {
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
      owner: owner == "\(geteuid())" ? .ofThisUser : Owner(user: owner, group: owner),
      carry: Self.carry,
      ignore: ["env", "**/__pycache__"],
      steps: Steps(
        prepare: [Run(command: .shell(Self.quickEnvironment))],
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
  package func status() -> [String: Any]? {
    guard let body = HTTP.get(port: port, path: "/status"),
      let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
    else { return nil }
    return object
  }

  package var version: String? { status()?["version"] as? String }
  package var lastAcknowledged: Int? { status()?["last_acked"] as? Int }

  /// A release as the coordinator would have verified it.
  package func release(_ version: String) throws -> (name: ReleaseName, file: URL, unpackedBytes: Int64) {
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
  package func listing(_ version: String) throws -> URL {
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

extension Owner {
  /// Of apps that a test installs for itself, as root or not.
  package static var ofThisUser: Owner { Owner(user: "\(geteuid())", group: "\(getegid())") }
}
