import Foundation
import Glibc
import Testing

/// Four real hosts with systemd and an SSH server, the app on each of them, and GitHub's double, all in a
/// network of their own. One for all lab tests of a process, which run one after another: starting hosts takes long.
final class Lab: Sendable {
  /// The lab that the running test stands in.
  @TaskLocal static var current: Lab?

  static var here: Lab {
    get throws {
      guard let current else { throw LabTrouble("this test needs the trait that starts the lab") }
      return current
    }
  }

  static let hosts = ["veg", "flower", "mother", "dry"]
  /// Another one, emulated whole: slow, so only tests that are about it have it (``LabPi``).
  static let pi = "attic"
  static let oldest = "4.0.26"
  static let install = "/opt/growroom"
  static let backups = "/opt/growroom-backups"

  let name = "tests-\(getpid())"
  let folder: String
  private let double: Program
  let api: String

  static func address(_ host: String) -> String {
    "10.77.0.\(11 + (hosts.firstIndex(of: host) ?? 100))"
  }

  // MARK: Up and down

  /// Runs `body` with the lab up, and takes all of it away whatever happens.
  static func with(_ body: () async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "fleet-lab-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let name = "tests-\(getpid())"
    func script(_ words: String...) async throws -> Program.Ended {
      try await Program(
        [LabMachine.file("scripts/lab")] + words, in: folder, environment: ["FLEET_LAB_NAME": name]
      ).ended()
    }
    var lab: Lab?
    var trouble: (any Error)?
    do {
      _ = try await script("clean")
      let up = try await Lab(folder: folder)
      lab = up
      try await up.bootstrap()
      try await $current.withValue(up) { try await body() }
    } catch {
      trouble = error
    }
    if let lab { await lab.stopDouble() }
    let gone = try await script("down-all")
    try? FileManager.default.removeItem(atPath: folder)
    if let trouble { throw trouble }
    guard gone.code == 0 else { throw LabTrouble("the lab is not gone: \(gone)") }
  }

  private init(folder: String) async throws {
    self.folder = folder
    let environment = ["FLEET_LAB_NAME": name]
    func run(_ words: String...) async throws -> String {
      let ended = try await Program(words, in: folder, environment: environment).ended()
      guard ended.code == 0 else { throw LabTrouble("\(ended)") }
      return ended.output
    }
    let script = LabMachine.file("scripts/lab")
    for base in ["bookworm", "trixie"] { _ = try await run(script, "base", base) }
    _ = try await run(LabMachine.file("demo/make-releases"), "\(folder)/releases")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for host in Self.hosts {
        group.addTask {
          try await Self.make(host, in: folder, environment)
        }
      }
      try await group.waitForAll()
    }
    // It listens on the lab's own loopback: nothing outside can reach it.
    double = try Program(
      [
        script, "run", LabMachine.file("demo/github-double"), "--repository", "\(folder)/releases", "--bind",
        "127.0.0.1",
      ], in: folder, environment: environment)
    let double = double
    api = try await eventually("the double of GitHub listens") {
      double.output.firstMatch(of: #/READY port=(\d+) /#).map { "http://127.0.0.1:\($0.1)" }
    }
  }

  /// Not all are alike: one is a Debian 13, one has Dropbear instead of OpenSSH.
  static func up(_ host: String) -> [String] {
    let base = [pi: "pi", "mother": "trixie"][host] ?? "bookworm"
    return ["up", host, "--base", base, "--address", address(host), "--owner", "\(getpid())"]
      + (host == "dry" ? ["--dropbear"] : [])
  }

  /// The host dies at once, and boots again after a while, with its disk.
  func cutPower(_ host: String, for pause: Duration) async throws {
    try await lab("power-cut", host)
    try await Task.sleep(for: pause)
    try await lab(Self.up(host))
  }

  private static func make(
    _ host: String, in folder: String, _ environment: [String: String]
  ) async throws {
    let script = LabMachine.file("scripts/lab")
    let commands = [
      [script] + up(host),
      [
        LabMachine.file("demo/install-growroom"), "--releases", "\(folder)/releases", "--version", oldest,
        "--via", "\(script) exec \(host)", "--name", host, "--bind", "0.0.0.0", "--rows", "2000",
      ],
      // Kept, so that each test can begin with the app as it was.
      [
        script, "exec", host, "sh", "-ec",
        "systemctl stop growroomweb growroom; mkdir /var/pristine; cp -a \(install) /var/pristine/growroom",
      ],
    ]
    for words in commands {
      let ended = try await Program(words, in: folder, environment: environment).ended()
      guard ended.code == 0 else { throw LabTrouble("\(ended)") }
    }
  }

  /// The hosts' keys, as the first laptop recorded them; later ones take them over with the inventory.
  var knownHosts: String { "\(folder)/known_hosts" }

  private func bootstrap() async throws {
    let laptop = try await Laptop(self)
    let ended = try await laptop.start(["bootstrap", "--yes"]).ended()
    guard ended.code == 0 else { throw LabTrouble("\(ended)") }
    try FileManager.default.copyItem(atPath: "\(laptop.folder)/inventory/known_hosts", toPath: knownHosts)
  }

  private func stopDouble() async {
    double.signal(SIGTERM)
    _ = await double.ended()
  }

  // MARK: Using it

  /// `scripts/lab WORDS`.
  @discardableResult
  func lab(_ words: String...) async throws -> String { try await lab(words) }

  @discardableResult
  func lab(_ words: [String]) async throws -> String {
    let ended = try await start([LabMachine.file("scripts/lab")] + words).ended()
    guard ended.code == 0 else { throw LabTrouble("\(ended)") }
    return ended.output
  }

  func start(
    _ words: [String], in folder: String? = nil, environment: [String: String?] = [:]
  ) throws -> Program {
    var environment = environment
    environment["FLEET_LAB_NAME"] = name
    return try Program(words, in: folder ?? self.folder, environment: environment)
  }

  /// A program of this machine, in the lab's network. What is started is that program itself: `ip netns exec`
  /// becomes it.
  func startHere(
    _ words: [String], in folder: String? = nil, environment: [String: String?] = [:]
  ) throws -> Program {
    try start([LabMachine.file("scripts/lab"), "run"] + words, in: folder, environment: environment)
  }

  /// A shell command as root on the host, past SSH. What it prints.
  @discardableResult
  func on(_ host: String, _ command: String) async throws -> String {
    try await lab("exec", host, "sh", "-c", command)
  }

  /// The tags that are listed from now on, and the double as it was.
  func publish(_ tags: String...) async throws {
    let switches: [String: any Sendable] = [
      "reset": true, "visible": tags + ["latest", "v4", "release-notes"],
    ]
    let body = String(decoding: try JSONSerialization.data(withJSONObject: switches), as: UTF8.self)
    let ended = try await startHere([
      "/usr/bin/curl", "--silent", "--show-error", "--fail", "--max-time", "20", "--data-binary", body,
      "\(api)/control",
    ]).ended()
    guard ended.code == 0 else { throw LabTrouble("\(ended)") }
  }

  /// The app as it was on the first day, and nothing of fleet's history; the agent stays.
  func renew(_ hosts: [String] = Lab.hosts) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for host in hosts {
        group.addTask {
          try await self.on(
            host,
            """
            set -e
            systemctl stop growroomweb growroom
            rm -rf \(Lab.install) \(Lab.backups) /opt/.fleet-growroom /var/lib/fleet-agent/growroom
            cp -a /var/pristine/growroom \(Lab.install)
            cp --remove-destination \(Lab.install)/install/*.service /etc/systemd/system/
            systemctl daemon-reload
            systemctl reset-failed
            systemctl start growroom growroomweb
            """)
        }
      }
      try await group.waitForAll()
    }
  }

  // MARK: Looking at hosts

  struct AppStatus: Decodable, Sendable, Equatable {
    var version: String
    var healthy: Bool
    var lastAcked: Int
  }

  /// What the app itself says, asked directly over HTTP; nil while it does not answer.
  func status(_ host: String) async throws -> AppStatus? {
    let ended = try await startHere([
      "/usr/bin/curl", "--silent", "--max-time", "5", "http://\(Self.address(host)):8780/status",
    ]).ended()
    return try? Lines.decoder.decode(AppStatus.self, from: Data(ended.output.utf8))
  }

  /// The version that answers, or what is wrong.
  func running(_ host: String) async throws -> String {
    guard let status = try await status(host) else { return "down" }
    return status.healthy ? status.version : "\(status.version), unwell"
  }

  struct LogBook: Equatable, Sendable {
    var rows: Int
    var first: Int
    var last: Int
    /// Each acknowledged row has the number after the one before.
    var hasGaps: Bool { rows != last - first + 1 }
  }

  /// The app's database, counted by SQLite on the host.
  func logBook(_ host: String, in tree: String = Lab.install) async throws -> LogBook {
    let program =
      "import sqlite3; print(*sqlite3.connect('\(tree)/databases/growroom.db', timeout=10).execute("
      + "'SELECT count(*), min(seq), max(seq) FROM measurements').fetchone())"
    let numbers = try await lab("exec", host, "python3", "-c", program).split(whereSeparator: \.isWhitespace)
      .compactMap { Int($0) }
    guard numbers.count == 3 else { throw LabTrouble("no numbers from the database on \(host)") }
    return LogBook(rows: numbers[0], first: numbers[1], last: numbers[2])
  }

  /// What a job may leave nowhere once it has ended.
  func leftovers(_ host: String) async throws -> [String] {
    try await on(
      host,
      """
      find /opt -maxdepth 1 -name '.fleet-*'
      find /run/fleet-agent -name '*.hold' 2>/dev/null
      find /run/systemd /etc/systemd -name '*fleet*.conf' -o -path '*fleet-agent*.d/*' \
        -o -name 'growroom*.service.d'
      systemctl list-units --all --plain --no-legend 'fleet-stage-*' 'fleet-cutover-*'
      """
    ).split(separator: "\n").map(String.init)
  }

  func expectTidy(_ hosts: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
    for host in hosts {
      // The unit of a job goes a moment after its last word.
      var left = try await leftovers(host)
      for _ in 0..<40 where !left.isEmpty {
        try await Task.sleep(for: .milliseconds(250))
        left = try await leftovers(host)
      }
      #expect(left.isEmpty, "left on \(host)", sourceLocation: sourceLocation)
    }
  }
}

/// Starts the lab around all suites in which it stands.
struct LabTrait: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    if let missing = LabMachine.missing { throw LabTrouble("the lab is missing: \(missing)") }
    try await Lab.with(body)
  }
}

/// All that is shown on real hosts, one test after another.
@Suite(
  .serialized,
  .enabled(
    if: LabMachine.missing == nil || LabMachine.mustHaveLab, Comment(rawValue: LabMachine.missing ?? "")),
  LabTrait())
enum OnRealHosts {}
