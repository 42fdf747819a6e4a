import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

@Suite struct InventoryTests {
  @Test func `five lines are enough`() throws {
    let folder = try InventoryFolder(
      """
      app: app
      hosts:
        veg: 192.168.1.21
        flower: me@flower.local
        dry: root@192.168.1.28
      """)
    let fleet = try folder.load()
    #expect(fleet.app == "app")
    #expect(fleet.folder == folder.path)
    #expect(fleet.hosts.map(\.name) == ["veg", "flower", "dry"])
    #expect(fleet.hosts.map(\.address) == ["192.168.1.21", "flower.local", "192.168.1.28"])
    #expect(fleet.hosts.map(\.user) == [nil, "me", "root"])
    #expect(fleet.hosts.map(\.become) == [.sudo, .sudo, .sudo])
    #expect(fleet.hosts.allSatisfy { $0.connection == .ssh && !$0.hold && $0.track == nil })
    #expect(fleet.policy == RolloutPolicy())
    #expect(fleet.profiles.count == 1)
    #expect(fleet.hosts.allSatisfy { $0.profiles == fleet.profiles })
  }

  @Test(
    arguments: [
      ("10.0.0.1", "10.0.0.1", nil, nil),
      ("me@pi.local", "pi.local", "me", nil),
      ("me@pi.local:2222", "pi.local", "me", 2222),
      ("pi:22", "pi", nil, 22),
      ("2001:db8::1", "2001:db8::1", nil, nil),
      ("[2001:db8::1]", "2001:db8::1", nil, nil),
      ("me@[fe80::1%eth0]:23", "fe80::1%eth0", "me", 23),
      ("me@example.org@pi", "pi", "me@example.org", nil),
    ] as [(String, String, String?, Int?)])
  func `an address is taken apart`(_ text: String, _ address: String, _ user: String?, _ port: Int?) throws {
    let parsed = try HostAddress(text)
    #expect(parsed.address == address)
    #expect(parsed.user == user)
    #expect(parsed.port == port)
  }

  @Test func `a host is more particular than its groups, and they than the defaults`() throws {
    let fleet = try InventoryFolder(
      """
      app: app
      defaults: { user: one, port: 1, track: v1, hold: true, vars: { a: 1, b: 1, c: 1, d: 1 } }
      groups:
        outer: { groups: [inner], port: 2, track: v2, vars: { b: 2, c: 2, d: 2 } }
        inner: { track: v3, vars: { c: 3, d: 3 } }
        later: { vars: { d: 4 } }
      hosts:
        plain:
        veg: { groups: [inner, later], hold: false, vars: { e: 5 } }
      """
    ).load()
    let veg = fleet.hosts[1]
    #expect(veg.groups == ["outer", "inner", "later"])
    #expect(veg.user == "one")
    #expect(veg.port == 2)
    #expect(veg.track == "v3")
    #expect(!veg.hold)
    #expect(veg.vars == ["A": "1", "B": "2", "C": "3", "D": "4", "E": "5"])
    #expect(fleet.hosts[0].track == "v1")
    #expect(fleet.hosts[0].hold)
    #expect(fleet.hosts[0].address == nil)
  }

  @Test func `who speaks SSH is said of all, of a group and of a host`() throws {
    let fleet = try InventoryFolder(
      """
      app: app
      defaults: { transport: libssh2 }
      groups: { tokens: { transport: openssh } }
      hosts: { a: , b: { groups: [tokens] }, c: { groups: [tokens], transport: auto } }
      """
    ).load()
    #expect(fleet.hosts.map(\.transport) == [.libssh2, .openssh, .auto])
    #expect(try InventoryFolder("app: app\nhosts: { a: }\n").load().hosts[0].transport == .auto)
  }

  @Test func `windows of a host and its groups all apply`() throws {
    let fleet = try InventoryFolder(
      """
      app: app
      groups: { flower: { window: "Sat,Sun 10:00-16:00" } }
      hosts: { veg: { groups: [flower], window: "12:00-14:00" } }
      """
    ).load()
    #expect(fleet.hosts[0].windows == ["Sat,Sun 10:00-16:00", "12:00-14:00"])
  }

  @Test(arguments: [
    ("4.1.1", ["4.1.1"]), ("[4.1.1]", ["4.1.1"]), ("\"4.1.1\"", ["4.1.1"]), ("4.10", ["4.10"]),
    ("[\"4.1.1\", 5.0.1]", ["4.1.1", "5.0.1"]), ("[]", []), ("", []),
  ])
  func `one release to skip is a list of one`(written: String, skip: [String]) throws {
    let fleet = try InventoryFolder("app: app\nskip: \(written)\nhosts: { veg: }\n").load()
    #expect(fleet.skip == skip)
  }

  @Test func `keys and paths are found from home and from the inventory`() throws {
    let folder = try InventoryFolder(
      """
      app: app
      profile: { source: { directory: releases } }
      hosts: { a: { ssh_key: ~/.ssh/id }, b: { ssh_key: keys/b }, c: { ssh_key: /k } }
      """)
    let fleet = try folder.load()
    #expect(fleet.hosts.map(\.sshKey) == ["/home/me/.ssh/id", folder.path.pushing("keys/b"), "/k"])
    #expect(fleet.profiles[0].source == .directory(folder.path.appending("releases")))
  }

  @Test func `all keys of a rollout are read`() throws {
    let fleet = try InventoryFolder(
      """
      app: app
      timezone: Europe/Berlin
      skip: ["8.16.1"]
      rollout:
        canary: [veg]
        batches: [1, 2, "50%"]
        max_parallel: 2
        stage_parallel: 8
        max_failures: 1
        unreachable: halt
        on_failure: rollback
        soak: 5m
        canary_for: 1d
        never_together: [[veg, dry]]
        undo_unless_reachable: 5m
      notify: [ { ntfy: "https://ntfy.sh/x" }, { webhook: "http://10.0.0.1/hook" }, { run: [mail, me] } ]
      hosts: { veg: , dry: }
      """
    ).load()
    var policy = RolloutPolicy()
    policy.canary = .hosts(["veg"])
    policy.batches = [.count(1), .count(2), .percent(50)]
    policy.maxParallel = 2
    policy.stageParallel = 8
    policy.maxFailures = 1
    policy.unreachable = .halt
    policy.onFailure = .rollback
    policy.soakSeconds = 300
    policy.canaryForSeconds = 86_400
    policy.neverTogether = [["veg", "dry"]]
    policy.undoUnlessReachableSeconds = 300
    #expect(fleet.policy == policy)
    #expect(fleet.timezone == "Europe/Berlin")
    #expect(fleet.skip == ["8.16.1"])
    #expect(
      fleet.notify == [
        .ntfy("https://ntfy.sh/x"), .webhook("http://10.0.0.1/hook"), .run(.arguments(["mail", "me"])),
      ])
  }
}
