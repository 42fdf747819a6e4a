import Minisign
import Release
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

@Suite struct ProfileTests {
  private func profile(_ lines: String, asset: Bool = false) throws -> Profile {
    var text = InventoryFolder.profile + "\n" + lines
    if asset { text = text.replacing("github: owner/app", with: "github: owner/app, asset: app.zip") }
    let folder = try InventoryFolder("app: app\nhosts: { veg: }\n", profile: text)
    return try #require(try folder.load().profiles.first)
  }

  @Test func `three keys are enough`() throws {
    let profile = try profile("")
    let plain = AppProfile(
      app: "app", name: "app", install: "/opt/App", backups: "/opt/app-backups",
      version: Reading(file: "version.txt", match: "(.+)"), services: .units([]))
    #expect(profile.agent == plain)
    #expect(
      profile.source
        == .github(
          repository: "owner/app", api: "https://api.github.com", tokenVariable: nil))
    #expect(profile.verify == VerifyPolicy(require: ["commit", "tree"], minisignKeys: []))
    #expect(profile.applies == nil)
  }

  @Test(arguments: ["app-v", "app/v", "release-", "V", "pkg@", "@scope/pkg@", "1-", "rel_"])
  func `a prefix of tags is read`(prefix: String) throws {
    let folder = try InventoryFolder(
      "app: app\nhosts: { veg: }\n",
      profile: "install: /opt/App\nversion: { file: v, match: (.+) }\n"
        + "source: { github: o/a, tag_prefix: \"\(prefix)\" }\n")
    #expect(
      try folder.load().profiles[0].source
        == .github(
          repository: "o/a", api: "https://api.github.com", tokenVariable: nil, tagPrefix: prefix))
  }

  @Test(arguments: [
    "", "-v", "/v", "a..b", "a//b", "a b", "a~", "é", "a?b", String(repeating: "a", count: 101),
  ])
  func `what can begin no tag is no prefix`(prefix: String) throws {
    let folder = try InventoryFolder(
      "app: app\nhosts: { veg: }\n",
      profile: "install: /opt/App\nversion: { file: v, match: (.+) }\n"
        + "source: { github: o/a, tag_prefix: \"\(prefix)\" }\n")
    #expect(folder.complaints().contains("tag_prefix: must"))
  }

  private func source(_ text: String) throws -> ReleaseSource {
    let folder = try InventoryFolder(
      "app: app\nhosts: { veg: }\n",
      profile: "install: /opt/App\nversion: { file: v, match: (.+) }\nsource: { \(text) }\n")
    return try folder.load().profiles[0].source
  }

  @Test(arguments: [
    ("https://x.org/a.git", "https://x.org/a.git"), ("http://127.0.0.1:8/a/", "http://127.0.0.1:8/a"),
    ("git@x.org:a/b.git", "git@x.org:a/b.git"), ("x:a", "x:a"),
    ("ssh://git@x.org:22/a", "ssh://git@x.org:22/a"),
    ("/srv//a/", "/srv/a"), ("file:///srv/a", "/srv/a"),
  ])
  func `an address is taken as git takes it`(written: String, address: String) throws {
    #expect(try source("git: \"\(written)\"") == .git(url: address))
  }

  @Test func `a folder with a repository starts from the inventory's`() throws {
    guard case .git(let url, "T", "app/") = try source("git: ../a:b, token_env: T, tag_prefix: app/") else {
      Issue.record("it is another source")
      return
    }
    #expect(url.hasPrefix("/") && url.hasSuffix("/a:b"))
  }

  @Test(arguments: [
    "", "a b", "--upload-pack=x", "git://x.org/a", "http://x.org/a", "https://u:p@x.org/a", "ext::sh -c x",
    "ext::x", "ftp://x.org/a", ":a", "a:", "ssh://", "file://x/a", "https://",
  ])
  func `what git could be led astray by is no address`(written: String) throws {
    #expect(throws: InventoryErrors.self) { try source("git: \"\(written)\"") }
  }

  @Test func `a project of PyPI is read, and what is none is not`() throws {
    #expect(
      try source("pypi: OctoPrint") == .pypi(project: "OctoPrint", index: "https://pypi.org/simple"))
    #expect(
      try source("pypi: a, api: \"https://x.org/simple/\", token_env: T")
        == .pypi(project: "a", index: "https://x.org/simple", tokenVariable: "T"))
    for wrong in ["\"\"", "a/b", "../a", "a b", "[]", "https://pypi.org/project/a", "a, asset: x.zip"] {
      #expect(throws: InventoryErrors.self) { try source("pypi: \(wrong)") }
    }
  }

  @Test func `every key is read`() throws {
    let agent = try profile(
      """
      name: App
      backups: /var//App-backups/
      keep_backups: 5
      backups_size: 4GiB
      services: [db.service, app@1.service]
      units: { ./install/app.service: app.service }
      outside: [/etc/app.conf]
      packages: { names: [gcc, libc6-dev], install: true }
      owner: app:www-data
      carry:
        - sqlite: "databases/*.db"
          required: true
          revision: { table: alembic_version, file: config.py, match: "R = '([^']+)'" }
        - { copy: certs }
        - { link: cameras/ }
      ignore: ["**/__pycache__", "*.log"]
      steps:
        prepare: [ make, [cp, a, b], { run: x, in: sub/dir, timeout: 45m, user: root } ]
        finish: [ { run: on, undo: off } ]
      guards: [ { run: g, why: because, wait: 30m } ]
      health:
        healthy_for: 1s
        deadline: 2m
        checks:
          - { http: "https://localhost/x?y=1", status: 204, headers: { A: b }, body: "o+k", insecure: true,
              unix: /run/s }
          - { tcp: 8080 }
          - { tcp: "10.0.0.1:22" }
          - { run: c, expect: GOOD, timeout: 5s }
      forewarn: [ w, { run: x, timeout: 5s } ]
      parity:
        - { name: inputs, run: i }
        - { name: errors, run: [e, f], in: sub, timeout: 5s, user: you, compare: at_most, margin: 3 }
      stop_timeout: 3m
      downtime_budget: 120s
      rehearsal: { lock: 2s }
      """
    ).agent
    #expect(agent.name == "App")
    #expect(agent.backups == "/var/App-backups")
    #expect(agent.keepBackups == 5)
    #expect(agent.backupsBytes == 4 << 30)
    #expect(agent.services == .units(["db.service", "app@1.service"]))
    #expect(agent.units == [UnitFile(file: "install/app.service", unit: "app.service")])
    #expect(agent.outside == ["/etc/app.conf"])
    #expect(agent.packages == ["gcc", "libc6-dev"])
    #expect(agent.installPackages)
    #expect(agent.owner == Owner(user: "app", group: "www-data"))
    let revision = Revision(
      table: "alembic_version", wanted: Reading(file: "config.py", match: "R = '([^']+)'"))
    #expect(
      agent.carry == [
        Carry(kind: .sqlite, path: "databases/*.db", required: true, revision: revision),
        Carry(kind: .copy, path: "certs"), Carry(kind: .link, path: "cameras/"),
      ])
    #expect(agent.ignore == ["**/__pycache__", "*.log"])
    #expect(
      agent.steps
        == Steps(
          prepare: [
            Run(command: .shell("make")), Run(command: .arguments(["cp", "a", "b"])),
            Run(command: .shell("x"), directory: "sub/dir", timeoutSeconds: 2_700, user: "root"),
          ], finish: [Run(command: .shell("on"), undo: .shell("off"))]))
    #expect(
      agent.guards == [
        Guard(run: Run(command: .shell("g"), timeoutSeconds: 60), why: "because", waitSeconds: 1_800)
      ])
    #expect(
      agent.forewarn == [
        Run(command: .shell("w"), timeoutSeconds: 60), Run(command: .shell("x"), timeoutSeconds: 5),
      ])
    #expect(
      agent.parity == [
        ParityCheck(name: "inputs", run: Run(command: .shell("i"), timeoutSeconds: 60)),
        ParityCheck(
          name: "errors",
          run: Run(command: .arguments(["e", "f"]), directory: "sub", timeoutSeconds: 5, user: "you"),
          compare: .atMost, margin: 3),
      ])
    #expect(
      agent.health
        == Health(
          healthyForSeconds: 1, deadlineSeconds: 120,
          checks: [
            .http(
              HTTPCheck(
                url: "https://localhost/x?y=1", status: 204, headers: ["A": "b"], body: "o+k",
                insecure: true, unix: "/run/s")),
            .tcp(host: "127.0.0.1", port: 8080), .tcp(host: "10.0.0.1", port: 22),
            .run(Run(command: .shell("c"), timeoutSeconds: 5), expect: "GOOD"),
          ]))
    #expect(agent.stopTimeoutSeconds == 180)
    #expect(agent.downtimeBudgetSeconds == 120)
    #expect(agent.rehearsalLockSeconds == 2)
  }

  @Test func `an app without systemd has three commands`() throws {
    let agent = try profile("services: { start: a, stop: { run: b, timeout: 5m }, status: [c] }").agent
    #expect(
      agent.services
        == .commands(
          start: Run(command: .shell("a"), timeoutSeconds: 120),
          stop: Run(command: .shell("b"), timeoutSeconds: 300),
          status: Run(command: .arguments(["c"]), timeoutSeconds: 120)))
  }

  @Test func `a minisign key is one`() throws {
    let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
    let verify = try profile("verify: { require: [minisign], minisign: [\(key)] }", asset: true).verify
    #expect(verify == VerifyPolicy(require: ["minisign"], minisignKeys: [try #require(MinisignKey(key))]))
    // Who names a key wants it asked for.
    #expect(
      try profile("verify: { minisign: [\(key)] }", asset: true).verify.require == ["sha256", "minisign"])
    #expect(try profile("verify: { require: [], minisign: [\(key)] }", asset: true).verify.require == [])
  }

  @Test func `several profiles stand in a list or in documents`() throws {
    let first = "install: /opt/B\nfor: \">=8\"\nsource: { github: o/b }\nversion: { file: v, match: (.+) }\n"
    let second = first.replacing(">=8", with: "<8").replacing("/opt/B", with: "/opt/A")
    func item(_ text: String) -> String {
      "- " + text.split(separator: "\n").joined(separator: "\n  ") + "\n"
    }
    for text in [first + "---\n" + second, item(first) + item(second)] {
      let folder = try InventoryFolder("app: app\nhosts: { veg: }\n", profile: text)
      let profiles = try folder.load().profiles
      #expect(profiles.map(\.agent.install) == ["/opt/B", "/opt/A"])
      let version = try #require(Version("7.9.9"))
      #expect(profiles.first { $0.applies?.contains(version) ?? true }?.agent.install == "/opt/A")
    }
  }

  @Test func `overrides change single keys, the most particular last`() throws {
    let fleet = try InventoryFolder(
      """
      app: app
      profile: { keep_backups: 9, source: { api: "http://127.0.0.1:1/" }, health: { deadline: 9m } }
      groups: { small: { profile: { keep_backups: 1, stop_timeout: 1m } } }
      hosts:
        plain:
        attic:
          groups: [small]
          install: /srv/App
          services: [other.service]
          profile: { stop_timeout: 2m }
        local: { profile: { source: { directory: /srv/releases } } }
        bare: { profile: { health: } }
      """, profile: InventoryFolder.profile + "\nhealth: { healthy_for: 3s }\nservices: [app.service]\n"
    ).load()
    let profiles = fleet.hosts.compactMap(\.profiles.first)
    #expect(profiles[0] == fleet.profiles[0])
    #expect(profiles[0].agent.keepBackups == 9)
    #expect(
      profiles[0].source
        == .github(repository: "owner/app", api: "http://127.0.0.1:1", tokenVariable: nil))
    #expect(profiles[0].agent.health == Health(healthyForSeconds: 3, deadlineSeconds: 540))
    #expect(profiles[1].agent.install == "/srv/App")
    #expect(profiles[1].agent.backups == "/srv/app-backups")
    #expect(profiles[1].agent.services == .units(["other.service"]))
    #expect(profiles[1].agent.keepBackups == 1)
    #expect(profiles[1].agent.stopTimeoutSeconds == 120)
    #expect(profiles[2].source == .directory("/srv/releases"))
    #expect(profiles[3].agent.health == Health())
  }

  @Test func `an empty mapping empties, and nothing at all brings the default back`() throws {
    let fleet = try InventoryFolder(
      """
      app: app
      hosts:
        plain:
        outside: { profile: { units: {} } }
        home: { profile: { units: } }
      """,
      profile: InventoryFolder.profile + "\nunits: { app.service: app.service }\nservices: [app.service]\n"
    ).load()
    let units = fleet.hosts.compactMap(\.profiles.first?.agent.units)
    #expect(units.map(\.count) == [1, 0, 0])
  }

  @Test func `variables of a host reach its profile only`() throws {
    let fleet = try InventoryFolder(
      "app: app\nhosts: { a: { vars: { light: 12h } }, b: }\n"
    ).load()
    #expect(fleet.hosts[0].profiles[0].agent.vars == ["LIGHT": "12h"])
    #expect(fleet.hosts[1].profiles[0].agent.vars.isEmpty)
    #expect(fleet.profiles[0].agent.vars.isEmpty)
  }
}
