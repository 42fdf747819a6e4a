import Foundation
import Glibc
import TestSupport
import Testing

/// A coordinator: an inventory, a state and a cache of its own. Several may stand beside each other.
struct Laptop: Sendable {
  let lab: Lab
  let folder: String

  /// What the inventory says beyond addresses.
  struct Setting: Sendable {
    var hosts = Lab.hosts
    var user = "root"
    var key: String?
    var soak = "0s"
    /// Within so long a version must prove itself.
    var deadline = "20s"
    var checks = [
      #"{ run: "env/bin/python -m growroom check", expect: "GOOD" }"#,
      #"{ http: "http://127.0.0.1:8780/status", status: 200 }"#,
    ]
    /// Lines below `defaults:`, `profile:` and `rollout:`, without their indentation.
    var defaults: [String] = []
    var profile: [String] = []
    var rollout: [String] = []
    /// Lines at the top.
    var top: [String] = []
    /// Lines below `hosts:`, for hosts that are written another way.
    var otherHosts: [String] = []
    var environment: [String: String] = [:]
  }
  private let environment: [String: String?]

  init(_ lab: Lab, _ setting: Setting = Setting()) async throws {
    self.lab = lab
    folder = "\(lab.folder)/laptop-\(UUID().uuidString.prefix(8).lowercased())"
    let key = try await lab.lab("key").trimmingCharacters(in: .whitespacesAndNewlines)
    for part in ["inventory/apps", "state", "cache", "home"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(
      atPath: LabMachine.file("demo/inventory/apps/growroom.yaml"),
      toPath: "\(folder)/inventory/apps/growroom.yaml")
    if FileManager.default.fileExists(atPath: lab.knownHosts) {
      try FileManager.default.copyItem(atPath: lab.knownHosts, toPath: "\(folder)/inventory/known_hosts")
    }
    var environment: [String: String?] = [
      "HOME": "\(folder)/home", "XDG_STATE_HOME": "\(folder)/state", "XDG_CACHE_HOME": "\(folder)/cache",
      "FLEET_AGENTS": LabMachine.agents, "SSH_AUTH_SOCK": nil, "XDG_CONFIG_HOME": nil,
      "GITHUB_TOKEN": nil,
    ]
    for (name, value) in setting.environment { environment[name] = value }
    self.environment = environment
    try write(setting.text(api: lab.api, key: setting.key ?? key))
  }

  /// Puts another inventory in the place of this one.
  func write(_ text: String) throws {
    try text.write(toFile: "\(folder)/inventory/fleet.yaml", atomically: true, encoding: .utf8)
  }

  func change(_ old: String, to new: String) throws {
    let path = "\(folder)/inventory/fleet.yaml"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try #require(text.contains(old), "the inventory has no \(old)")
    try write(text.replacing(old, with: new))
  }

  // MARK: fleet

  func start(_ words: [String]) throws -> Program {
    try lab.startHere([LabMachine.fleet] + words, in: folder, environment: environment)
  }

  /// Runs `fleet` to its end, and holds it to the exit code.
  @discardableResult
  func fleet(
    _ words: String..., exits code: Int32, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Program.Ended {
    let ended = try await start(words).ended()
    try #require(ended.code == code, "\(ended)", sourceLocation: sourceLocation)
    return ended
  }

  /// The same with `-o json`; the report is its last line.
  func report(
    _ words: String..., exits code: Int32, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Report {
    try await told(words, exits: code, sourceLocation: sourceLocation).report
  }

  /// The same, with all that was told on the way.
  func told(
    _ words: [String], exits code: Int32, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> (report: Report, lines: [Line]) {
    let ended = try await start(words + ["-o", "json"]).ended()
    try #require(ended.code == code, "\(ended)", sourceLocation: sourceLocation)
    #expect(try SchemaCheck.faults(inOutput: ended.output) == [], sourceLocation: sourceLocation)
    let report = try Lines.report(ended.output)
    #expect(report.exitCode == code, sourceLocation: sourceLocation)
    return (report, Lines.read(ended.output))
  }

  /// One value, as `fleet status -o json` and the like print it.
  func value<Value: Decodable>(
    _ words: String..., exits code: Int32,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Value {
    let ended = try await start(words + ["-o", "json"]).ended()
    try #require(ended.code == code, "\(ended)", sourceLocation: sourceLocation)
    return try Lines.decoder.decode(Value.self, from: Data(ended.output.utf8))
  }

  /// Waits until a run with `-o json` tells of `event`; its end, should it end before, is trouble.
  func told(_ child: Program, _ event: String, step: String? = nil) async throws {
    try await eventually("fleet tells of \(event) \(step ?? "")") {
      if Lines.read(child.output).contains(where: { $0.event == event && (step == nil || $0.step == step) }) {
        return ()
      }
      guard child.isRunning else { throw LabTrouble("fleet ended before \(event): \(await child.ended())") }
      return nil
    }
  }
}

extension Laptop.Setting {
  func text(api: String, key: String) -> String {
    func indented(_ lines: [String]) -> String { lines.map { "\n  \($0)" }.joined() }
    let addresses = hosts.map { "\($0): \(Lab.address($0))" } + otherHosts
    return """
      app: growroom
      profile:
        source: { github: growers/growroom, api: "\(api)" }
        health:
          healthy_for: 2s
          deadline: \(deadline)
          checks: [\(checks.joined(separator: ", "))]\(indented(profile))
      defaults: { user: \(user), ssh_key: "\(key)", track: v4\(defaults.map { ", \($0)" }.joined()) }
      rollout:
        soak: \(soak)\(indented(rollout))
      hosts:\(indented(addresses))
      \(top.joined(separator: "\n"))

      """
  }
}
