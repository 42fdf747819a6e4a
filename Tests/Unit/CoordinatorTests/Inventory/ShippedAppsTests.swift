import Foundation
import SystemPackage
import Testing
import Wire

@testable import Coordinator
@testable import Inventory

/// The profiles that ship, besides Mycodo's: docs/apps.md.
@Suite struct ShippedAppsTests {
  private static let names = ["octoprint", "tiddlywiki", "victoriametrics"]

  private func profile(_ app: String) throws -> Profile {
    let folder = try InventoryFolder("app: \(app)\nhosts: { veg: }\n", app: app)
    let path = checkout.pushing("inventory/apps").appending("\(app).yaml").string
    try folder.write(try String(contentsOfFile: path, encoding: .utf8), "apps/\(app).yaml")
    #expect(folder.complaints() == "")
    return try #require(try folder.load().profiles.first)
  }

  @Test func `each of them is named here, and on the page`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: checkout.pushing("inventory/apps").string)
    #expect(files.sorted() == (Self.names + ["mycodo"]).sorted().map { "\($0).yaml" })
    let page = try String(contentsOfFile: checkout.pushing("docs/apps.md").string, encoding: .utf8)
    for file in files where file != "mycodo.yaml" { #expect(page.contains("inventory/apps/\(file)")) }
  }

  @Test(arguments: names) func `it is read without a complaint, and its scripts are correct`(app: String)
    throws
  {
    let agent = try profile(app).agent
    var runs = agent.steps.prepare + agent.guards.map(\.run) + (agent.parity ?? []).map(\.run)
    runs += agent.forewarn ?? []
    for case .run(let run, _) in agent.health.checks { runs.append(run) }
    #expect(!runs.isEmpty)
    for run in runs {
      if case .shell(let text) = run.command { #expect(try exit("/bin/sh", ["-n", "-c", text]) == 0) }
    }
    // A script is said once and meant often.
    for script in Set(runs.flatMap(\.command.words).filter { $0.hasPrefix("import ") }) {
      #expect(
        try exit("/usr/bin/python3", ["-c", "import sys; compile(sys.argv[1], 'it', 'exec')", script]) == 0)
    }
  }

  private func exit(_ program: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  // MARK: VictoriaMetrics

  /// Names as its Makefile makes them (release-victoria-metrics-goos-goarch), and what its program says of itself.
  @Test func `VictoriaMetrics' files and its program are called as its makers call them`() throws {
    let profile = try profile("victoriametrics")
    let rule = try #require(profile.source.made(for: "aarch64").asset)
    let archive = "victoria-metrics-linux-arm64-v1.150.0.tar.gz"
    #expect(rule.names(tag: "v1.150.0", version: "1.150.0", architecture: "aarch64").contains(archive))
    #expect(
      rule.checksumsName(tag: "v1.150.0", version: "1.150.0", asset: archive)
        == "victoria-metrics-linux-arm64-v1.150.0_checksums.txt")
    let says = "victoria-metrics-20260814-142629-tags-v1.150.0-0-g413f95d65f\n"
    let match = try Regex(profile.agent.version.match).firstMatch(in: says)
    #expect(match?.output[1].substring == "1.150.0")
    // What prepare writes is no part of the release.
    #expect(profile.agent.ignore.contains(profile.agent.version.file))
    #expect(profile.agent.steps.prepare.map(\.command.words.last).first??.contains(" >VERSION ") == true)
  }

  // MARK: TiddlyWiki

  @Test func `TiddlyWiki's own folder comes along as a copy, and its version is read where npm has it`()
    throws
  {
    let agent = try profile("tiddlywiki").agent
    #expect(agent.carry.map(\.path) == ["wiki"] && agent.carry.allSatisfy { $0.kind == .copy && $0.required })
    let package = "{\n  \"name\": \"tiddlywiki\",\n  \"preferGlobal\": true,\n  \"version\": \"5.4.1\",\n"
    let match = try Regex(agent.version.match).anchorsMatchLineEndings().firstMatch(in: package)
    #expect(match?.output[1].substring == "5.4.1")
  }

  // MARK: OctoPrint

  /// What OctoPrint answers: a status, and what it says.
  struct Answer: Sendable {
    var status: Int?
    var body = "{}"
  }

  private static let printing = #"{"state": {"flags": {"operational": true, "printing": true}}}"#
  private static let paused = #"{"state": {"flags": {"operational": true, "paused": true}}}"#
  private static let ready =
    #"{"state": {"flags": {"operational": true, "printing": false}}, "temperature": "#
    + #"{"bed": {"actual": 59.5, "target": 60.0}, "tool0": {"actual": 21.0, "target": 0.0}}}"#
  private static let plugins =
    #"{"plugins": [{"key": "psu", "enabled": true, "bundled": false}, "#
    + #"{"key": "off", "enabled": false, "bundled": false}, {"key": "core", "enabled": true, "bundled": true}]}"#

  private static let asked: [(what: String, answer: Answer, status: Int, says: String)] = [
    ("idle", Answer(status: 200, body: printing), 1, ""), ("idle", Answer(status: 200, body: paused), 1, ""),
    ("idle", Answer(status: 200, body: ready), 0, ""), ("idle", Answer(status: 409), 0, ""),
    ("idle", Answer(), 0, ""), ("known", Answer(), 0, ""),
    ("known", Answer(status: 200, body: printing), 0, ""),
    ("known", Answer(status: 409), 0, ""), ("known", Answer(status: 403), 1, ""),
    ("known", Answer(status: 503), 1, ""), ("heaters", Answer(status: 409), 0, ""),
    ("heaters", Answer(status: 200, body: ready), 0, "bed is at 59.5 °C and stays set to 60.0 °C"),
    ("well", Answer(status: 200, body: #"{"server": "1.11.8"}"#), 0, "well: 1.11.8"),
    (
      "well", Answer(status: 200, body: #"{"server": "1.11.9"}"#), 0,
      "OctoPrint 1.11.9 runs, 1.11.8 is installed"
    ),
    ("well", Answer(status: 403), 0, "well: it answers, and there is no API key"),
    ("well", Answer(status: 503), 0, "it answers with 503"), ("well", Answer(), 0, "nothing listens"),
    ("plugins", Answer(status: 200, body: plugins), 0, "psu"),
    ("plugins", Answer(status: 403), 0, "lamp\nown"),
  ]

  @Test func `OctoPrint is asked by the keys that it has, and what it does not say is not taken for yes`()
    throws
  {
    let folder = try InventoryFolder()
    let words = try profile("octoprint").agent.guards[0].run.command.words
    let script = try #require(words.first { $0.hasPrefix("import ") })
    let home = #"os.path.join(pwd.getpwuid(os.getuid()).pw_dir, ".octoprint")"#
    try #require(script.contains(home))
    for name in ["base/data/appkeys", "base/plugins/own", "octoprint-1.dist-info"] {
      try FileManager.default.createDirectory(
        atPath: folder.path.pushing(FilePath(name)).string, withIntermediateDirectories: true)
    }
    try folder.write(script.replacing(home, with: "'base'"), "ask.py")
    try folder.write("Metadata-Version: 2.4\nVersion: 1.11.8\n", "PKG-INFO")
    // Its files are YAML, of which JSON is a part: so the test needs no library for it.
    try folder.write("import json\nsafe_load = json.load\n", "yaml.py")
    try folder.write("{\"ada\": {\"apikey\": \"right\"}, \"_version\": 2}", "base/users.yaml")
    try folder.write("{\"ada\": [{\"api_key\": \"wrong\"}]}", "base/data/appkeys/keys.yaml")
    try folder.write("", "base/plugins/lamp.py")
    try folder.write("", "base/plugins/own/__init__.py")
    try folder.write("", "base/plugins/notes.txt")
    try folder.write("Metadata-Version: 2.1\nName: OctoPrint\nVersion: 1\n", "octoprint-1.dist-info/METADATA")
    let cases: [[Any]] = Self.asked.map { [$0.what, $0.answer.status ?? NSNull() as Any, $0.answer.body] }
    try folder.write(Array(try JSONSerialization.data(withJSONObject: cases)), "cases.json")
    try folder.write(Self.double, "run.py")
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["run.py"]
    process.currentDirectoryURL = URL(filePath: folder.path.string)
    process.environment = ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"]
    process.standardOutput = output
    try process.run()
    let told = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let answers = try #require(try JSONSerialization.jsonObject(with: told) as? [[Any]])
    try #require(answers.count == Self.asked.count)
    for (asked, answer) in zip(Self.asked, answers) {
      let said = answer[1] as? String ?? ""
      #expect(answer[0] as? Int == asked.status, "\(asked)")
      #expect(asked.says.isEmpty ? said.isEmpty : said.contains(asked.says), "\(asked): \(said)")
    }
  }

  /// OctoPrint's door, and the profile's script asking at it: all by one Python, as starting it takes longest.
  private static let double = """
    import contextlib, http.server, io, json, socketserver, sys, threading
    now = {}
    class Double(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_): pass
        def do_GET(self):
            code, text = now["status"], now["body"].encode()
            if self.path == "/online.gif": code, text = 200, bytes([71, 255])
            elif self.headers["X-Api-Key"] != "right": code, text = 403, b"{}"
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
    # Not HTTPServer, which asks for its own name first: where no name server answers, that takes long.
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Double)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socketserver.TCPServer(("127.0.0.1", 0), Double) as closed: pass
    with open("ask.py") as file: code = compile(file.read(), "ask.py", "exec")
    with open("cases.json") as file: cases = json.load(file)
    answers = []
    for what, now["status"], now["body"] in cases:
        door = closed if now["status"] is None else server
        with open("base/config.yaml", "w") as file:
            json.dump({"api": {"key": "old"}, "server": {"port": door.server_address[1]}}, file)
        sys.argv, said, end = ["ask.py", what], io.StringIO(), 0
        try:
            with contextlib.redirect_stdout(said): exec(code, {"__name__": "__main__"})
        except SystemExit as exit: end = int(exit.code or 0)
        answers.append([end, said.getvalue()])
    json.dump(answers, sys.stdout)
    """
}
