import Foundation
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

/// A first profile: what answers mean, and that fleet reads whatever comes of them.
@Suite struct ProfileTemplateTests {
  private func load(_ template: ProfileTemplate) throws -> Profile {
    #expect(template.complaints == nil, "\(template.text)")
    let folder = try InventoryFolder(
      "app: growroom\nhosts: { veg: }\n", profile: template.text, app: "growroom")
    #expect(folder.complaints() == "", "\(template.text)")
    let fleet = try folder.load()
    #expect(fleet.warnings == [])
    return try #require(fleet.profiles.first)
  }

  private func template(_ answers: [(ProfileTemplate.Part, String)]) throws -> ProfileTemplate {
    var template = ProfileTemplate(app: "growroom")
    let least: [(ProfileTemplate.Part, String)] = [
      (.source, "growers/growroom"), (.versionFile, "growroom/config.py"),
    ]
    for (part, answer) in least + answers {
      try template.take(answer, as: part)
    }
    return template
  }

  @Test func `every answer stands in the profile as it was meant`() throws {
    let profile = try load(
      try template([
        (.install, "/srv/growroom/"), (.versionLine, "GROWROOM_VERSION = '4.0.26'"),
        (.services, "growroom, growroomweb.service  lamps.socket"), (.database, "databases/*.db"),
        (.migrate, #"../env/bin/python -c "print('\\')" # now"#), (.health, "https://127.0.0.1:8780/a?b=c"),
      ]))
    let agent = profile.agent
    #expect(agent.install == "/srv/growroom" && agent.backups == "/srv/growroom-backups")
    #expect(
      profile.source
        == .github(repository: "growers/growroom", api: ReleaseSource.gitHubAPI, tokenVariable: nil))
    #expect(agent.version == Reading(file: "growroom/config.py", match: "^GROWROOM_VERSION = '([^']+)'"))
    #expect(agent.services == .units(["growroom.service", "growroomweb.service", "lamps.socket"]))
    #expect(agent.carry == [Wire.Carry(kind: .sqlite, path: "databases/*.db", required: true)])
    #expect(
      agent.steps.migrate.map(\.command) == [.shell(#"../env/bin/python -c "print('\\')" # now"#)])
    #expect(agent.steps.migrate.map(\.timeoutSeconds) == [1_800])
    #expect(agent.health.checks == [.http(HTTPCheck(url: "https://127.0.0.1:8780/a?b=c"))])
  }

  @Test(
    arguments: [
      ("pypi:OctoPrint", .pypi(project: "OctoPrint", index: ReleaseSource.pythonIndex)),
      ("https://x.org/dl/releases.json", .index(url: "https://x.org/dl/releases.json")),
      ("https://gitlab.com/o/a.git", .git(url: "https://gitlab.com/o/a.git")),
      ("git@codeberg.org:o/a.git", .git(url: "git@codeberg.org:o/a.git")),
      ("/srv/a.git", .git(url: "/srv/a.git")), ("/srv/a", .directory("/srv/a")),
      (
        "o/a  a-{version}-linux-{arch}.tar.gz",
        .github(
          repository: "o/a", api: ReleaseSource.gitHubAPI, tokenVariable: nil,
          asset: AssetRule(name: "a-{version}-linux-{arch}.tar.gz"))
      ),
    ] as [(String, ReleaseSource)])
  func `each kind of source has its answer`(answer: String, source: ReleaseSource) throws {
    #expect(try load(try template([(.source, answer)])).source == source)
  }

  @Test func `each combination of what may be left out is read without a word`() throws {
    let parts: [(ProfileTemplate.Part, String)] = [
      (.services, "none"), (.database, "data.sqlite"), (.migrate, "./migrate"), (.health, "http://localhost"),
      (.versionLine, "version: \"1.2.3\""), (.source, "~/archives"),
    ]
    for chosen in 0..<(1 << parts.count) {
      let answers = parts.indices.filter { chosen & (1 << $0) != 0 }.map { parts[$0] }
      let profile = try load(try template(answers))
      #expect(profile.agent.carry.isEmpty == (chosen & 2 == 0))
      #expect(profile.agent.steps.migrate.isEmpty == (chosen & 4 == 0))
      #expect(profile.agent.health.checks.isEmpty == (chosen & 8 == 0))
    }
  }

  @Test(arguments: [false, true])
  func `each line that is left out is right as well`(isFull: Bool) throws {
    let full: [(ProfileTemplate.Part, String)] = [
      (.database, "databases/*.db"), (.migrate, "./migrate"), (.health, "http://127.0.0.1:8080/"),
    ]
    let template = try template(isFull ? full : [])
    let commented = #/^(\s*)# (\s*(?:- |[a-z_]+:).*)$/#
    var count = 0
    let whole = template.text.split(separator: "\n").map { line -> String in
      guard let found = line.firstMatch(of: commented) else { return String(line) }
      count += 1
      return String(found.1 + found.2)
    }
    #expect(count > 8)
    let folder = try InventoryFolder(
      "app: growroom\nhosts: { veg: }\n", profile: whole.joined(separator: "\n"), app: "growroom")
    #expect(folder.complaints() == "", "\(whole.joined(separator: "\n"))")
    let agent = try #require(try folder.load().profiles.first?.agent)
    #expect(agent.carry.count == 3 && agent.steps.prepare.count == 1 && agent.units.count == 1)
  }

  /// A line, the expression that is made of it, and lines that it reads then.
  private static let lines: [(line: String, match: String, reads: [String: String?])] = [
    (
      "GROWROOM_VERSION = '4.0.26'", "^GROWROOM_VERSION = '([^']+)'",
      ["# old\nGROWROOM_VERSION = '4.1.0-rc.1'\n": "4.1.0-rc.1", "OLD_GROWROOM_VERSION = '1.0.0'": nil]
    ),
    (
      "  \"version\": \"1.2.3\",", #"^\s*"version": "([^"]+)""#,
      ["{\n    \"version\": \"2.0.0\",\n}": "2.0.0"]
    ),
    ("\"version\": \"1.2.3\"", #"^\s*"version": "([^"]+)""#, ["{\n\t\"version\": \"2.0.0\" }": "2.0.0"]),
    ("4.0.26", #"^(\S+)"#, ["4.1.0\n": "4.1.0"]),
    ("v4.0.26", #"^v(\S+)"#, ["v4.1.0": "4.1.0"]),
    ("version=4.0 # of today", #"^version=(\S+)"#, ["version=5.1+pi": "5.1+pi"]),
    ("set(V 1.0.0)", #"^set\(V ([^\)]+)\)"#, ["set(V 2.0.0)": "2.0.0"]),
    ("<v>1.0.0</v>", "^<v>([^<]+)<", ["<v>2.0.0</v>": "2.0.0"]),
    ("a[1] = 'p3.1' '2.0.1'", #"^a\[1\] = 'p3\.1' '([^']+)'"#, ["a[1] = 'p3.1' '2.0.2'": "2.0.2"]),
    ("größe ☃ 1.0.0|", #"^größe ☃ ([^\|]+)\|"#, ["größe ☃ 1.0.1|": "1.0.1"]),
  ]

  @Test(arguments: lines.indices)
  func `a line that says the version becomes the expression that reads it`(_ index: Int) throws {
    let one = Self.lines[index]
    #expect(try ProfileTemplate.match(of: one.line) == one.match)
    let expression = try Regex(one.match, as: (Substring, Substring).self).anchorsMatchLineEndings()
    for (text, version) in one.reads {
      #expect(text.firstMatch(of: expression).map { String($0.output.1) } == version, "\(text)")
    }
    #expect(try load(try template([(.versionLine, one.line)])).agent.version.match == one.match)
  }

  @Test(arguments: [
    (ProfileTemplate.Part.install, "opt/app"), (.install, "/opt"), (.install, "/opt/../etc"), (.install, ""),
    (.source, "growroom"), (.source, "https://github.com/a/b"), (.source, ""), (.source, "pypi:a/b"),
    (.source, "pypi:"), (.source, "http://x.org/a.json"), (.source, "git://x.org/a"),
    (.source, "o/a b c/../d"), (.versionFile, "/etc/version"),
    (.versionFile, "../version"), (.versionFile, "."), (.versionFile, ""), (.versionLine, "VERSION = 4"),
    (.versionLine, "python3.11"), (.services, "a b; rm"), (.services, "web.services"),
    (.database, "{a,b}.db"),
    (.database, "/var/x.db"), (.health, "localhost:80"), (.health, "http://me:secret@localhost/"),
    (.health, "ftp://localhost"), (.migrate, "a\u{1B}[A"), (.migrate, "a\u{202E}b"),
    (.install, "/opt/a\u{7}"),
  ])
  func `what no profile can say is not taken, and changes nothing`(part: ProfileTemplate.Part, answer: String)
    throws
  {
    var template = try template([])
    let before = template
    #expect(throws: Wrong.self) { try template.take(answer, as: part) }
    #expect(template == before)
  }

  @Test func `what has no default is missing until it is said`() throws {
    var template = ProfileTemplate(app: "growroom")
    #expect(template.missing == [.source, .versionFile])
    #expect(template.complaints != nil)
    try template.take("~/archives", as: .source)
    #expect(template.missing == [.versionFile])
    try template.take("VERSION", as: .versionFile)
    #expect(template.missing == [] && template.complaints == nil)
  }
}
