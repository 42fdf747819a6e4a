import SystemPackage
import Testing
import Zones

@testable import Inventory
@testable import Coordinator

/// A wrong inventory and all that fleet says about it.
struct WrongInventory: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var text: String
  var says: String

  init(_ name: String, _ text: String, _ says: String) {
    testDescription = name
    self.text = text
    self.says = says
  }
}

@Suite struct WrongInventoryTests {
  @Test(arguments: whole + keys + hosts + groups + rollout)
  func `each is named with its place and what would be right`(_ wrong: WrongInventory) throws {
    let folder = try InventoryFolder(wrong.text)
    #expect(folder.complaints() == wrong.says)
  }

  @Test(arguments: [
    ("batch", "batches"), ("can", "canary"), ("max_fail", nil), ("soaks", "soak"), ("unreach", "unreachable"),
    ("never", "never_together"), ("ba", nil), ("max_", nil),
  ])
  func `a key that was cut short leads to the whole one`(key: String, meant: String?) throws {
    let folder = try InventoryFolder("app: app\nhosts: { veg: }\nrollout: { \(key): 1 }\n")
    let hint = folder.complaints().split(separator: "\n").last ?? ""
    if let meant {
      #expect(hint == "  did you mean \"\(meant)\"?")
    } else {
      #expect(!hint.contains("did you mean"))
    }
  }

  @Test(arguments: [
    ("track: v4", "track belongs below defaults:, or in a host's braces"),
    ("canary: 1", "canary belongs below rollout:"),
    ("soak: 5s", "soak belongs below rollout:"),
    ("address: veg.local", "address belongs in a host's braces"),
    ("keep_backups: 5", "keep_backups belongs below profile:"),
    ("defaults: { skip: 4.1.1 }", "skip belongs at the left edge of fleet.yaml"),
    ("defaults: { soak: 5s }", "soak belongs below rollout:"),
    ("defaults: { timezone: UTC }", "timezone belongs at the left edge of fleet.yaml"),
    ("rollout: { track: v4 }", "track belongs below defaults:, or in a host's braces"),
    ("rollout: { notify: [] }", "notify belongs at the left edge of fleet.yaml"),
    ("groups: { a: { canary: 1 } }", "canary belongs below rollout:"),
    ("notify: [ { soak: 5s, run: mail } ]", "soak belongs below rollout:"),
  ])
  func `a key of another level is told with where it belongs`(line: String, says: String) throws {
    let folder = try InventoryFolder("app: app\nhosts: { veg: }\n\(line)\n")
    #expect(folder.complaints().split(separator: "\n").last.map(String.init) == "  \(says)")
  }

  @Test func `a key of another level in a host's braces, too`() throws {
    let folder = try InventoryFolder("app: app\nhosts: { veg: { soak: 5s } }\n")
    #expect(folder.complaints().hasSuffix("unknown key \"soak\" in host\n  soak belongs below rollout:"))
  }

  @Test(arguments: [
    ("soak", "soak belongs below rollout:"),
    ("track", "track belongs below defaults:, or in a host's braces"),
    ("rollout", "rollout belongs at the left edge of fleet.yaml"), ("backups", nil), ("version", nil),
  ])
  func `among the hosts, too, unless only profiles know it`(key: String, says: String?) throws {
    let warnings = try InventoryFolder("app: app\nhosts:\n  veg:\n  \(key): v4\n").load().warnings
    #expect(warnings.count == (says == nil ? 0 : 1))
    if let says { #expect(warnings.first?.hasSuffix("If the key was meant: \(says)") == true) }
  }

  private func reading(_ text: String, _ variable: String) throws -> Findings {
    let folder = try InventoryFolder("app: app\n\(text)\n")
    let zones = ZoneFolder("/nowhere/zoneinfo")
    let findings = Findings()
    let local = LocalZone(variable: variable, folder: zones, file: "/nowhere/localtime")
    _ = InventoryReader(location: folder.location, findings: findings, zones: zones, localZone: local).read()
    return findings
  }

  @Test func `where no time zones are installed, that is said of the one that is named`() throws {
    let findings = try reading("timezone: Europe/Berlin\nhosts: { veg: { window: 10:00-12:00 } }", "UTC")
    #expect(
      findings.errors?.description == """
        fleet.yaml:2:11: timezone: "Europe/Berlin" is not known here, since there are no time zones in /nowhere/zoneinfo
          Debian's package of them is tzdata
        """)
    #expect(try reading("timezone: UTC\nhosts: { veg: { window: 10:00-12:00 } }", "XX").errors == nil)
  }

  @Test func `windows that go by a zone that is not known are warned of`() throws {
    let window = "hosts: { veg: { window: 10:00-12:00 } }"
    #expect(
      try reading(window, "Europe/Berlin").warnings == [
        "fleet.yaml:2: windows go by UTC, since TZ=Europe/Berlin is no time zone that is known here (Debian's "
          + "package of them is tzdata); timezone: says which one is meant"
      ])
    #expect(try reading(window, "CET-1").warnings.isEmpty)
    #expect(try reading("timezone: UTC\n\(window)", "Europe/Berlin").warnings.isEmpty)
    #expect(try reading("hosts: { veg: }", "Europe/Berlin").warnings.isEmpty)
  }

  @Test(arguments: ["track", "user", "hold", "rollout", "canary", "soak", "profile", "defaults", "install"])
  func `a host that is called like a key is warned of`(key: String) throws {
    let folder = try InventoryFolder("app: app\nhosts:\n  veg:\n  \(key): v4\n")
    let warnings = try folder.load().warnings
    #expect(warnings.count == 1)
    #expect(
      warnings.first?.hasPrefix("fleet.yaml:4: \"\(key)\" is read as a host, and is called like a key.")
        == true)
    #expect(try InventoryFolder("app: app\nhosts: { veg: , dry: , tracks: }\n").load().warnings == [])
  }

  static let whole = [
    WrongInventory(
      "empty", "",
      """
      fleet.yaml: is empty
        the least is "app: mycodo" and "hosts:" with a line for each host
      """),
    WrongInventory(
      "only a comment", "# nothing\n",
      """
      fleet.yaml: is empty
        the least is "app: mycodo" and "hosts:" with a line for each host
      """),
    WrongInventory(
      "a list", "- app: app\n",
      "fleet.yaml:1:1: inventory must be a mapping (key: value), not a list"),
    WrongInventory(
      "nothing said", "skip: []\n",
      """
      fleet.yaml:1:1: inventory needs the key app
      fleet.yaml:1:1: inventory needs the key hosts
      """),
    WrongInventory(
      "no hosts", "app: app\nhosts: {}\n", "fleet.yaml:2:1: hosts is empty"),
    WrongInventory(
      "two documents", "app: app\nhosts: { veg: }\n---\napp: other\n",
      "fleet.yaml:4:1: a second document; an inventory is one"),
    WrongInventory(
      "an app that is a path", "app: ../app\nhosts: { veg: }\n",
      """
      fleet.yaml:1:6: app: "../app" cannot be an app's key
        letters, digits, dots, _ and -, first a letter or digit, at most 64
      """),
    WrongInventory(
      "an app without a profile", "app: ap\nhosts: { veg: }\n",
      """
      fleet.yaml: there is no profile for the app "ap"; looked for apps/ap.yaml
        did you mean "app"?
      """),
    WrongInventory(
      "an app without a profile, and none is near", "app: zigbee\nhosts: { veg: }\n",
      """
      fleet.yaml: there is no profile for the app "zigbee"; looked for apps/zigbee.yaml
        fleet profile new zigbee writes a first one; $FLEET_SHARE/apps is looked into where that is set
      """),
  ]

  static let keys = [
    WrongInventory(
      "unknown key", "app: app\nhots: { veg: }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:1: unknown key "hots" in inventory
        did you mean "hosts"?
      """),
    WrongInventory(
      "unknown key near nothing", "app: app\nhosts: { veg: }\nnotify: [ { email: me } ]\n",
      """
      fleet.yaml:3:11: an entry of notify needs exactly one of ntfy, webhook and run
      fleet.yaml:3:13: unknown key "email" in notify
        known are ntfy, run, webhook
      """),
    WrongInventory(
      "a key under its name elsewhere",
      "app: app\nhosts:\n  veg:\n    ansible_host: 10.0.0.1\n",
      """
      fleet.yaml:4:5: unknown key "ansible_host" in host
        here it is called "address"
      """),
    WrongInventory(
      "several at once", "app: app\ndefaults: { prot: 22, hold: maybe }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:13: unknown key "prot" in defaults
        did you mean "port"?
      fleet.yaml:2:29: hold: must be true or false, not "maybe"
      """),
    WrongInventory(
      "one that is not a version to skip", "app: app\nskip: newest\nhosts: { veg: }\n",
      """
      fleet.yaml:2:7: skip: "newest" is not a version such as 8.16.1
      """),
    WrongInventory(
      "not a version to skip", "app: app\nskip: [v8, 8.x]\nhosts: { veg: }\n",
      """
      fleet.yaml:2:8: skip: "v8" is not a version such as 8.16.1
      fleet.yaml:2:12: skip: "8.x" is not a version such as 8.16.1
      """),
    WrongInventory(
      "a time zone nobody has", "app: app\ntimezone: Europe/Berlim\nhosts: { veg: }\n",
      """
      fleet.yaml:2:11: timezone: "Europe/Berlim" is not a time zone such as Europe/Berlin
        did you mean "Europe/Berlin"?
      """),
    WrongInventory(
      "an override that is no mapping", "app: app\nprofile: 5\nhosts: { veg: }\n",
      "fleet.yaml:2:10: profile: must be a mapping, not \"5\""),
    WrongInventory(
      "an override with an unknown key", "app: app\nprofile: { kept: 5 }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:12: unknown key "kept" in profile
        known are advisories, also_carry, also_ignore,\
       backups, backups_size, carry, downtime_budget, for, forewarn, guards, health, ignore, install,\
       keep_backups, name, notes, outside, owner, packages, parity, rehearsal, services, source,\
       stepping_stones, steps, stop_timeout, units, verify, version
      """),
    WrongInventory(
      "an override said for every host is wrong once",
      "app: app\nprofile: { keep_backups: 0 }\nhosts: { veg: , flower: }\n",
      "fleet.yaml:2:26: keep_backups: must be a number from 1 to 1000, not \"0\""),
    WrongInventory(
      "a track", "app: app\nhosts: { veg: { track: latest } }\n",
      "fleet.yaml:2:24: track: \"latest\" is not a track such as v4, v4.1 or exp-v4"),
    WrongInventory(
      "a window", "app: app\nhosts: { veg: { window: \"Sat 10-16\" } }\n",
      """
      fleet.yaml:2:25: window: "Sat 10-16" is not a window
        such as "Sat,Sun 10:00-16:00", "Mon-Fri 08:00-17:00" or "22:00-06:00"
      """),
    WrongInventory(
      "variables", "app: app\nhosts: { veg: { vars: { 1st: a, light: [b], X: c, x: d } } }\n",
      """
      fleet.yaml:2:17: vars: two names become FLEET_VAR_X
      fleet.yaml:2:25: vars: "1st" is not a name of letters, digits and _ that starts with a letter
      fleet.yaml:2:33: vars: must be text, not a list
      """),
  ]

  static let hosts = [
    WrongInventory(
      "two of one name", "app: app\nhosts:\n  veg: 10.0.0.1\n  dry:\n    port: 1\n  veg: 10.0.0.2\n",
      "fleet.yaml:6:3: \"veg\" stands twice in the same mapping; first in line 3"),
    WrongInventory(
      "two of one name, one quoted", "app: app\nhosts:\n  veg: 10.0.0.1\n  \"veg\":\n",
      "fleet.yaml:4:3: \"veg\" stands twice in the same mapping; first in line 3"),
    WrongInventory(
      "a list", "app: app\nhosts: [veg]\n",
      """
      fleet.yaml:2:8: hosts must be a mapping (name: address), not a list
        write each host as a line "name: user@address"
      """),
    WrongInventory(
      "names", "app: app\nhosts: { -x: , \"@y\": , \"a b\": , all: , ../z: }\n",
      """
      fleet.yaml:2:10: "-x" cannot name a host
        letters, digits, dots, _ and -, first a letter or digit, at most 253 bytes
      fleet.yaml:2:16: "@y" cannot name a host
        letters, digits, dots, _ and -, first a letter or digit, at most 253 bytes
      fleet.yaml:2:24: "a b" cannot name a host
        letters, digits, dots, _ and -, first a letter or digit, at most 253 bytes
      fleet.yaml:2:33: "all" means every host and cannot name a host
      fleet.yaml:2:40: "../z" cannot name a host
        letters, digits, dots, _ and -, first a letter or digit, at most 253 bytes
      """),
    WrongInventory(
      "the name of a group", "app: app\ngroups: { veg: }\nhosts: { veg: }\n",
      """
      fleet.yaml:3:10: "veg" is a group already
        a host needs another name
      """),
    WrongInventory(
      "ports", "app: app\nhosts: { a: \"h:0\", b: \"h:ssh\", c: { port: 65536 }, d: { port: 0x16 } }\n",
      """
      fleet.yaml:2:13: a: the port "0" is not a number from 1 to 65535
      fleet.yaml:2:23: b: the port "ssh" is not a number from 1 to 65535
      fleet.yaml:2:43: port: must be a number from 1 to 65535, not "65536"
      fleet.yaml:2:63: port: must be a number from 1 to 65535, not "0x16"
      """),
    WrongInventory(
      "addresses",
      "app: app\nhosts:\n  a: ssh://pi\n  b: -oProxyCommand=x\n  c: me@\n  d: \"x y@pi\"\n  e: [fe80::1]\n",
      """
      fleet.yaml:3:6: a: "ssh://pi" is a URL
        write user@address or user@address:port
      fleet.yaml:4:6: b: "-oProxyCommand=x" is not an address: a name, IPv4 or IPv6
      fleet.yaml:5:6: c: the address is empty
      fleet.yaml:6:6: d: "x y" is not a login name
      fleet.yaml:7:6: e: an address, not a list
        an IPv6 address in [ ] needs quotes: "[…]"
      """),
    WrongInventory(
      "user and port said twice",
      "app: app\nhosts:\n  a:\n    address: me@pi:22\n    user: you\n    port: 23\n",
      """
      fleet.yaml:5:5: the user is said twice, here and in address
      fleet.yaml:6:5: the port is said twice, here and in address
      """),
    WrongInventory(
      "choices", "app: app\nhosts: { a: { become: su, connection: locl } }\n",
      """
      fleet.yaml:2:23: become: must be sudo or none, not "su"
      fleet.yaml:2:39: connection: must be ssh or local, not "locl"
        did you mean "local"?
      """),
  ]

  static let groups = [
    WrongInventory(
      "unknown", "app: app\ngroups: { flower: }\nhosts: { veg: { groups: [flowr] } }\n",
      """
      fleet.yaml:3:26: groups: there is no group "flowr"
        did you mean "flower"?
      """),
    WrongInventory(
      "a circle",
      "app: app\ngroups:\n  a: { groups: [b] }\n  b: { groups: [c] }\n  c: { groups: [a] }\n"
        + "hosts: { veg: }\n",
      "fleet.yaml:5:3: group \"a\" contains itself: a → b → c → a"),
    WrongInventory(
      "itself", "app: app\ngroups:\n  a: { groups: [a] }\nhosts: { veg: { groups: [a] } }\n",
      "fleet.yaml:3:3: group \"a\" contains itself: a → a"),
    WrongInventory(
      "children, as Ansible says", "app: app\ngroups: { a: { children: [b] }, b: }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:16: unknown key "children" in group
        here it is called "groups"
      """),
    WrongInventory(
      "a transport", "app: app\ndefaults: { transport: opensh }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:24: transport: must be auto or openssh or libssh2, not "opensh"
        did you mean "openssh"?
      """),
    WrongInventory(
      "an address", "app: app\ngroups: { a: { address: pi } }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:16: unknown key "address" in group
        address belongs in a host's braces
      """),
  ]

  static let rollout = [
    WrongInventory(
      "durations", "app: app\nrollout: { soak: 2 minutes, canary_for: 90 }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:18: soak: "2 minutes" is not a duration such as 90s, 15m or 2h
        s, m, h and d are known: 2s
      fleet.yaml:2:41: canary_for: "90" has no unit
        s, m, h and d are known: 90s
      """),
    WrongInventory(
      "names",
      "app: app\nrollout: { canary: [vge], never_together: [[veg, flower]] }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:21: canary: there is no host "vge"
        did you mean "veg"?
      fleet.yaml:2:44: never_together: there is no host "flower"
      """),
    WrongInventory(
      "batches", "app: app\nrollout: { batches: [0, 101%, 50 %, x] }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:22: batches: a batch must be a number of hosts or a share such as "50%", not "0"
      fleet.yaml:2:25: batches: a batch must be a number of hosts or a share such as "50%", not "101%"
      fleet.yaml:2:31: batches: a batch must be a number of hosts or a share such as "50%", not "50 %"
      fleet.yaml:2:37: batches: a batch must be a number of hosts or a share such as "50%", not "x"
      """),
    WrongInventory(
      "no batch", "app: app\nrollout: { batches: [] }\nhosts: { veg: }\n",
      """
      fleet.yaml:2:12: batches: the list is empty
        [1] is one host after the other
      """),
    WrongInventory(
      "the rest",
      "app: app\nrollout: { canary: -1, unreachable: stop, on_failure: undo, max_parallel: 0 }\n"
        + "hosts: { veg: }\n",
      """
      fleet.yaml:2:20: canary: must be a number or a list of hosts, not "-1"
      fleet.yaml:2:37: unreachable: must be continue or halt, not "stop"
      fleet.yaml:2:55: on_failure: must be halt or rollback, not "undo"
      fleet.yaml:2:75: max_parallel: must be a number from 1 to 1000, not "0"
      """),
    WrongInventory(
      "notifications", "app: app\nnotify: [ { webhook: example.org }, { run: \"\" } ]\nhosts: { veg: }\n",
      """
      fleet.yaml:2:22: webhook: must be a URL such as https://example.org/path, not "example.org"
      fleet.yaml:2:44: run: the command is empty
      """),
  ]
}
