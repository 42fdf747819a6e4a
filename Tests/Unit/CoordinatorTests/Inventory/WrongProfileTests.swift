import Testing

@testable import Coordinator

@Suite struct WrongProfileTests {
  @Test(arguments: whole + values + entries)
  func `each is named with its place and what would be right`(_ wrong: WrongInventory) throws {
    let folder = try InventoryFolder("app: app\nhosts: { veg: }\n", profile: wrong.text)
    #expect(folder.complaints() == wrong.says)
  }

  /// The least that a profile must say, in three lines, and one more.
  private static func with(_ line: String) -> String { InventoryFolder.profile + "\n" + line + "\n" }

  static let whole = [
    WrongInventory("empty", "", "apps/app.yaml: holds no profile"),
    WrongInventory(
      "nothing said", "name: App\n",
      """
      apps/app.yaml:1:1: profile needs the key install
      apps/app.yaml:1:1: profile needs the key version
      apps/app.yaml:1:1: profile needs the key source
      """),
    WrongInventory(
      "one hides another",
      "- install: /opt/A\n  source: { github: o/a }\n"
        + "  version: { file: v, match: (.+) }\n- install: /opt/B\n  source: { github: o/a }\n"
        + "  version: { file: v, match: (.+) }\n",
      """
      apps/app.yaml:1:3: a profile without for: fits every version, so that those after it are never used
        put it last, or say for which versions it is, as in for: ">=8.16.0"
      """),
    WrongInventory(
      "a list of words", "[a, b]\n",
      """
      apps/app.yaml:1:2: profile must be a mapping (key: value), not "a"
      apps/app.yaml:1:5: profile must be a mapping (key: value), not "b"
      """),
  ]

  static let values = [
    WrongInventory(
      "range", with("for: ^8"),
      """
      apps/app.yaml:4:6: for: "^8" is not a range of versions such as ">=8.16.0" or ">=4 <5"
      """),
    WrongInventory(
      "backups within the install", with("backups: /opt/App/old"),
      """
      apps/app.yaml:1:1: backups (/opt/App/old) and install (/opt/App) must not contain each other
      """),
    WrongInventory(
      "paths",
      "install: opt/App\nbackups: /opt/../x\nsource: { github: o/a }\n"
        + "version: { file: ../v, match: (.+) }\n",
      """
      apps/app.yaml:1:10: install: must be an absolute path on the host, not "opt/App"
      apps/app.yaml:2:10: backups: must not contain . or .., but is "/opt/../x"
      apps/app.yaml:4:18: file: must not contain .., but is "../v"
      """),
    WrongInventory(
      "a directory of the system",
      "install: /opt/\nsource: { github: o/a }\n"
        + "version: { file: v, match: (.+) }\n",
      """
      apps/app.yaml:1:10: install: /opt is a directory of the system
        name a directory in it
      """),
    WrongInventory(
      "groups of a pattern",
      "install: /opt/App\nsource: { github: o/a }\n"
        + "version: { file: v, match: \"V = '(.)(.)'\" }\n",
      """
      apps/app.yaml:3:28: match: "V = '(.)(.)'" must have exactly one group ( )
        groups that only hold together are written (?: )
      """),
    WrongInventory(
      "no group", "install: /opt/App\nsource: { github: o/a }\nversion: { file: v, match: \"V\" }\n",
      """
      apps/app.yaml:3:28: match: "V" must have exactly one group ( )
        groups that only hold together are written (?: )
      """),
    WrongInventory(
      "owner", with("owner: app"),
      """
      apps/app.yaml:4:8: owner: must be USER:GROUP, not "app"
      """),
    WrongInventory(
      "services", with("services: [app, -x.service]"),
      """
      apps/app.yaml:4:12: services: "app" does not say which kind of unit it is
        did you mean "app.service"?
      apps/app.yaml:4:17: services: "-x.service" is not the name of a systemd unit
      """),
    WrongInventory(
      "commands as services", with("services: { start: a, stpo: b }"),
      """
      apps/app.yaml:4:11: services needs the key stop
      apps/app.yaml:4:11: services needs the key status
      apps/app.yaml:4:23: unknown key "stpo" in services
        did you mean "stop"?
      """),
    WrongInventory(
      "units", with("units: { /etc/a.service: a.service, b: c }"),
      """
      apps/app.yaml:4:10: units: must be relative to the install, not "/etc/a.service"
      apps/app.yaml:4:37: units: "c" does not say which kind of unit it is
        did you mean "c.service"?
      """),
    WrongInventory(
      "outside in outside", with("outside: [/etc/x/y, /etc/x]"),
      """
      apps/app.yaml:4:1: outside: /etc/x/y lies in /etc/x, which is named too
        the outer one is enough
      """),
    WrongInventory(
      "outside", with("outside: [etc/x, /opt/App/y]"),
      """
      apps/app.yaml:4:1: outside: /opt/App/y and install (/opt/App) must not contain each other
        what lies in the install is carried
      apps/app.yaml:4:11: outside: must be an absolute path on the host, not "etc/x"
      """),
    WrongInventory(
      "packages", with("packages: [GCC]"),
      """
      apps/app.yaml:4:12: packages: "GCC" is not the name of a Debian package
      """),
    WrongInventory(
      "durations", with("stop_timeout: 0s\ndowntime_budget: long"),
      """
      apps/app.yaml:4:15: stop_timeout: must be at least 1s, not 0s
      apps/app.yaml:5:18: downtime_budget: "long" is not a duration such as 90s, 15m or 2h
      """),
    WrongInventory(
      "stones", with("stepping_stones: [v6]"),
      """
      apps/app.yaml:4:19: stepping_stones: "v6" is not a version such as 8.16.1
      """),
    WrongInventory(
      "advisories",
      with(
        """
        advisories:
          - { versions: "=4.1.1", from: "<4", why: a }
          - { to: "<4", why: a, refuse: maybe }
          - { versions: old, link: "ftp://x", wy: a }
        """),
      """
      apps/app.yaml:5:5: an advisory needs either versions, or both from and to
        versions: "=8.16.1", or from: "<8.16.0" with to: ">=8.16.1"
      apps/app.yaml:6:5: an advisory needs either versions, or both from and to
        versions: "=8.16.1", or from: "<8.16.0" with to: ">=8.16.1"
      apps/app.yaml:6:33: refuse: must be true or false, not "maybe"
      apps/app.yaml:7:5: advisory needs the key why
      apps/app.yaml:7:17: versions: "old" is not a range of versions such as ">=8.16.0" or ">=4 <5"
      apps/app.yaml:7:28: link: must be a URL such as https://example.org/path, not "ftp://x"
      apps/app.yaml:7:39: unknown key "wy" in advisory
        did you mean "why"?
      """),
    WrongInventory(
      "a changelog elsewhere", with("notes: { file: ../CHANGELOG.md }"),
      "apps/app.yaml:4:16: file: must not contain .., but is \"../CHANGELOG.md\""),
  ]

  static let entries = [
    WrongInventory(
      "carry", with("carry: [ { copy: a, link: b }, { copy: /c }, { link: \"[d\" }, { move: e } ]"),
      """
      apps/app.yaml:4:10: an entry of carry needs exactly one of sqlite, copy and link
      apps/app.yaml:4:40: copy: the pattern "/c" must be relative, without a leading slash
      apps/app.yaml:4:54: link: the pattern "[d" has a [ without its ]
      apps/app.yaml:4:62: an entry of carry needs exactly one of sqlite, copy and link
      apps/app.yaml:4:64: unknown key "move" in carry
        known are copy, link, required, revision, sqlite
      """),
    WrongInventory(
      "revision", with("carry: [ { copy: a, revision: { table: \"a b\", file: v } } ]"),
      """
      apps/app.yaml:4:21: revision belongs to sqlite, not to copy
      apps/app.yaml:4:31: revision needs the key match
      apps/app.yaml:4:40: table: "a b" is not the name of a table
      """),
    WrongInventory(
      "alternatives in a pattern", with("ignore: [\"{a,b}\"]"),
      """
      apps/app.yaml:4:10: ignore: "{a,b}": { } is not known in patterns
        write one entry for each
      """),
    WrongInventory(
      "steps", with("steps: { prepare: make, migrate: [ { in: x }, [], { run: y, undo: z } ] }"),
      """
      apps/app.yaml:4:19: prepare must be a list, not "make"
      apps/app.yaml:4:36: run needs the key run
      apps/app.yaml:4:47: migrate: the command is empty
      apps/app.yaml:4:61: undo belongs to finish steps only
      """),
    WrongInventory(
      "guards", with("guards: [ { run: a, wait: soon, user: -r } ]"),
      """
      apps/app.yaml:4:27: wait: "soon" is not a duration such as 90s, 15m or 2h
      apps/app.yaml:4:39: user: "-r" is not a login name
      """),
    WrongInventory(
      "parity",
      with("parity: [ { run: a }, { name: b, run: c, margin: 1 }, { name: d, run: e, compare: same } ]"),
      """
      apps/app.yaml:4:11: parity needs the key name
      apps/app.yaml:4:42: margin has no meaning for lines
        compare: at_least or at_most takes a number
      apps/app.yaml:4:83: compare: must be lines or at_least or at_most, not "same"
      """),
    WrongInventory(
      "parity twice by a name", with("parity: [ { name: b, run: c }, { name: b, run: d } ]"),
      """
      apps/app.yaml:4:1: parity has two entries named b
      """),
    WrongInventory(
      "checks",
      with("health: { checks: [ { http: ftp://x, tcp: 1 }, { tcp: 0 }, { tcp: 1, status: 200 } ] }"),
      """
      apps/app.yaml:4:21: a check needs exactly one of http, tcp and run
      apps/app.yaml:4:29: http: must be a URL such as https://example.org/path, not "ftp://x"
      apps/app.yaml:4:55: tcp: must be a port or address:port, not "0"
      apps/app.yaml:4:70: status has no meaning for a check of tcp
      """),
    WrongInventory(
      "health that cannot hold", with("health: { healthy_for: 5m, deadline: 60s }"),
      """
      apps/app.yaml:4:9: healthy_for (300s) must be shorter than deadline (60s)
      """),
    WrongInventory(
      "sources",
      "install: /opt/App\nversion: { file: v, match: (.+) }\n"
        + "source: { github: https://github.com/o/a, index: http://x.org/r.json, api: http://10.0.0.1 }\n",
      """
      apps/app.yaml:3:9: source needs exactly one of github, gitea, git, index, pypi, directory
      apps/app.yaml:3:19: github: must be OWNER/NAME, not "https://github.com/o/a"
        write github: o/a
      apps/app.yaml:3:50: index: must be https, not "http://x.org/r.json"
        http is for 127.0.0.1 only
      apps/app.yaml:3:76: api: must be https, not "http://10.0.0.1"
        http is for 127.0.0.1 only
      """),
    WrongInventory(
      "a key of another source",
      "install: /opt/App\nversion: { file: v, match: (.+) }\n"
        + "source: { directory: /srv, token_env: ghp-1 }\n",
      """
      apps/app.yaml:3:28: token_env has no meaning for a source of directory
      apps/app.yaml:3:39: token_env: must be the name of an environment variable, not "ghp-1"
        the token itself does not belong into the file
      """),
    WrongInventory(
      "a prefix of another source, that is none",
      "install: /opt/App\nversion: { file: v, match: (.+) }\n"
        + "source: { directory: /srv, tag_prefix: \"a b\" }\n",
      """
      apps/app.yaml:3:28: tag_prefix has no meaning for a source of directory
      apps/app.yaml:3:40: tag_prefix: must be what the tags of the app begin with, not "a b"
        for app-v1.2.0 write tag_prefix: "app-v"
      """),
    WrongInventory(
      "a key that is nearly a prefix, and one of other tools",
      "install: /opt/App\nversion: { file: v, match: (.+) }\n"
        + "source: { github: o/a, tag_prefx: app-v, prefix: app-v }\n",
      """
      apps/app.yaml:3:24: unknown key "tag_prefx" in source
        did you mean "tag_prefix"?
      apps/app.yaml:3:42: unknown key "prefix" in source
        here it is called "tag_prefix"
      """),
    WrongInventory(
      "proofs", with("verify: { require: [comit, tree], minisign: [] }\n"),
      """
      apps/app.yaml:4:21: require: "comit" cannot be required; what can is commit, tree, sha256, minisign
        did you mean "commit"?
      """),
    WrongInventory(
      "a proof without a key", with("verify: { require: [minisign] }"),
      """
      apps/app.yaml:4:11: minisign is required, but no key is given
        minisign: [ "RWQ…" ]
      """),
    WrongInventory(
      "a proof without one of its keys", with("verify: { require: [minisign], minisign: [] }"),
      """
      apps/app.yaml:4:11: minisign is required, but no key is given
        minisign: [ "RWQ…" ]
      """),
    WrongInventory(
      "a key for what nobody can sign",
      with("verify: { minisign: [RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3] }"),
      """
      apps/app.yaml:4:11: nobody can have signed what is packed anew each time from a tag
        signatures are read of asset:, index: and directory:
      """),
    WrongInventory(
      "a key that is none", with("verify: { minisign: [RWQx] }"),
      """
      apps/app.yaml:4:22: minisign: "RWQx" is not a minisign public key
        it is the second line of minisign.pub and begins with RW
      """),
  ]
}
