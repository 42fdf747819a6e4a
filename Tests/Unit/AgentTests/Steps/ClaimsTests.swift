import Foundation
import SystemPackage
import Testing
import Wire

@testable import Agent

@Suite struct ClaimsTests {
  private func withClaims(_ body: (AgentPaths) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "fleet-claims-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let paths = AgentPaths(app: "app", root: FilePath(folder.path))
    try StateFolder(paths).prepare()
    try body(paths)
  }

  private func claim(_ rollout: String, seconds: Int = 600) -> Claim {
    Claim(
      rollout: rollout, who: "me@laptop", inventory: "/home/me/rooms", sinceMilliseconds: 0,
      lifetimeSeconds: seconds)
  }

  @Test func `a claim keeps others out until it is given back`() throws {
    try withClaims { paths in
      let claims = Claims(paths: paths, bootID: "boot")
      #expect(try claims.take(claim("a")) == nil)
      #expect(try claims.take(claim("a")) == nil, "renewing one's own")
      #expect(try claims.take(claim("b"))?.rollout == "a")
      try claims.release(rollout: "b")
      #expect(try claims.inForce()?.rollout == "a", "nobody gives back another's claim")
      try claims.release(rollout: "a")
      #expect(try claims.take(claim("b")) == nil)
    }
  }

  /// One person starts two in the same second: the rollouts have the same name, and their profiles may differ.
  @Test func `the same rollout from another machine or for another inventory is another`() throws {
    try withClaims { paths in
      let claims = Claims(paths: paths, bootID: "boot")
      let ours = claim("a")
      #expect(try claims.take(ours) == nil)
      var (elsewhere, others) = (ours, ours)
      elsewhere.who = "me@desktop"
      others.inventory = "/home/me/more-rooms"
      for claim in [elsewhere, others] {
        let held = try claims.take(claim)
        #expect(held?.who == ours.who && held?.inventory == ours.inventory)
      }
    }
  }

  /// Two names of the inventory that lead to one install.
  @Test func `the same rollout for another host is another, where both say which`() throws {
    try withClaims { (paths) throws in
      let claims = Claims(paths: paths, bootID: "boot")
      var veg = claim("a")
      veg.host = "veg"
      var flower = veg
      flower.host = "flower"
      #expect(try claims.take(veg) == nil)
      #expect(try claims.take(flower)?.host == "veg")
      #expect(try claims.take(veg) == nil)
      #expect(try claims.take(claim("a")) == nil, "one that does not say it, from an older fleet")
    }
  }

  @Test func `a boot ends all claims`() throws {
    try withClaims { paths in
      let inTheWay = [
        try Claims(paths: paths, bootID: "before").take(claim("a")),
        try Claims(paths: paths, bootID: "after").take(claim("b")),
      ]
      #expect(inTheWay == [nil, nil])
    }
  }

  @Test func `a claim that ran out is none`() {
    let stored = StoredClaim(claim: claim("a"), bootID: "boot", expiresMilliseconds: 1_000)
    #expect(stored.isInForce(bootID: "boot", now: 999))
    #expect(!stored.isInForce(bootID: "boot", now: 1_000))
  }

  @Test func `a claim covers the jobs of its rollout`() {
    #expect(claim("r").covers(job: "r"))
    #expect(claim("r").covers(job: "r.2"))
    #expect(!claim("r").covers(job: "r2"))
  }

  @Test(arguments: [
    "", ".", "..", "../x", "a/b", "-rf", ".hidden", "a b", "ä", String(repeating: "x", count: 121),
  ])
  func `what cannot be a name is refused`(text: String) {
    #expect(!AgentPaths.isName(text))
  }

  @Test func `names of apps jobs and backups are accepted`() {
    for text in ["mycodo", "20261122-101500-v4.2.0", "App-backup-2026-11-22_10-15-00-8.16.0+1"] {
      #expect(AgentPaths.isName(text))
    }
  }
}
