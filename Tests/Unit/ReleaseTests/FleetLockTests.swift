import Release
import Testing

@Suite struct FleetLockTests {
  let first = identity("v4.2.0", commit: "1", tree: "2")

  @Test func `a tag is first seen then the same`() {
    let lock = FleetLock()
    #expect(lock.check(first, app: "mycodo") == .firstSeen)
    let next = lock.accepting(first, app: "mycodo")
    #expect(next.check(first, app: "mycodo") == .same)
    #expect(next.check(first, app: "other") == .firstSeen)
    #expect(next.identity(of: first.tag, app: "mycodo") == first)
  }

  @Test(arguments: [
    identity("v4.2.0", commit: "9", tree: "2"), identity("v4.2.0", commit: "1", tree: "9"),
    identity("v4.2.0", commit: nil, tree: "2"), identity("v4.2.0", commit: "1", tree: nil),
  ])
  func `a moved tag is changed until it is accepted`(moved: ReleaseIdentity) {
    let lock = FleetLock().accepting(first, app: "mycodo")
    #expect(lock.check(moved, app: "mycodo") == .changed(from: first))
    #expect(lock.accepting(moved, app: "mycodo").check(moved, app: "mycodo") == .same)
  }

  @Test func `a digest counts where there is nothing better`() {
    let one = identity("v4.2.0", commit: nil, tree: nil, sha256: "a")
    let other = identity("v4.2.0", commit: nil, tree: nil, sha256: "b")
    let lock = FleetLock().accepting(one, app: "mycodo")
    #expect(lock.check(one, app: "mycodo") == .same)
    #expect(lock.check(other, app: "mycodo") == .changed(from: one))
  }

  @Test func `the file is pretty sorted and read back`() throws {
    let lock = FleetLock()
      .accepting(identity("v4.10.0", commit: "3", tree: nil, sha256: "c"), app: "mycodo")
      .accepting(first, app: "mycodo")
    let bytes = try lock.encoded()
    let text = String(decoding: bytes, as: UTF8.self)
    let ones = String(repeating: "1", count: 40)
    let twos = String(repeating: "2", count: 40)
    let threes = String(repeating: "3", count: 40)
    let digest = String(repeating: "c", count: 64)
    #expect(
      text == """
        {
          "apps" : {
            "mycodo" : {
              "v4.10.0" : {
                "commit" : "\(threes)",
                "sha256" : "\(digest)",
                "tag" : "v4.10.0",
                "version" : "4.10.0"
              },
              "v4.2.0" : {
                "commit" : "\(ones)",
                "tag" : "v4.2.0",
                "tree" : "\(twos)",
                "version" : "4.2.0"
              }
            }
          },
          "schema" : "fleet.lock/1"
        }

        """)
    #expect(try FleetLock(decoding: bytes) == lock)
  }

  @Test(arguments: ["", "{", "[]", "nonsense", "{\"apps\":{}}", "{\"schema\":\"fleet.lock/1\"}"])
  func `content that is no lock is an error`(text: String) {
    #expect(throws: FleetLockError.self) { try FleetLock(decoding: Array(text.utf8)) }
  }

  @Test func `another schema is named`() {
    let text = "{\"schema\":\"fleet.lock/2\",\"apps\":[]}"
    #expect(throws: FleetLockError.unknownSchema("fleet.lock/2")) {
      try FleetLock(decoding: Array(text.utf8))
    }
  }

  @Test(arguments: [
    "{\"tag\":\"v4.2.0\",\"version\":\"4.2.1\"}", "{\"tag\":\"v4.2.1\",\"version\":\"4.2.1\"}",
    "{\"tag\":\"v4.2.0\",\"version\":\"4.2.0\",\"tree\":\"short\"}", "{\"version\":\"4.2.0\"}",
  ])
  func `a bad entry is named by its place`(entry: String) {
    let text = "{\"schema\":\"fleet.lock/1\",\"apps\":{\"mycodo\":{\"v4.2.0\":\(entry)}}}"
    do {
      _ = try FleetLock(decoding: Array(text.utf8))
      Issue.record("it was taken")
    } catch {
      #expect(error.description.contains("apps.mycodo.v4.2.0"), "\(error)")
    }
  }
}
