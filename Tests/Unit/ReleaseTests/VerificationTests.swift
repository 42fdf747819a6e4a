import Release
import Testing

@Suite struct VerificationTests {
  let claimed = identity("v4.2.0", commit: "1", tree: "2")
  let good = archive(commit: "1", tree: "2")

  static func archive(
    commit: String?, tree: String?, sha256: String = "a", obstacles: [TreeObstacle] = []
  ) -> ObservedArchive {
    ObservedArchive(
      sha256: digest(sha256), sizeBytes: 1000, commit: commit.map(object), tree: tree.map(object),
      treeObstacles: obstacles)
  }

  static func verify(
    _ claimed: ReleaseIdentity, _ observed: ObservedArchive, require: Set<Evidence> = [.commit, .tree],
    lock: FleetLock = FleetLock(), accept: Bool = false, tls: Bool = true, published: SHA256Digest? = nil,
    isSigned: Bool = false
  ) throws(VerificationError) -> VerifiedRelease {
    try VerifiedRelease.verify(
      claimed: claimed, app: "mycodo", observed: observed, require: require, lock: lock, accept: accept,
      tls: tls, publishedDigest: published, isSigned: isSigned)
  }

  @Test func `a good release carries what was proved`() throws {
    let release = try Self.verify(claimed, good, published: digest("a"))
    #expect(release.evidence == [.tls, .commit, .tree, .sha256])
    #expect(release.identity == claimed)
    #expect(release.sha256 == digest("a"))
    #expect(release.sizeBytes == 1000)
    #expect(release.lockVerdict == .firstSeen)
  }

  @Test func `a signature that was checked is shown last`() throws {
    let release = try Self.verify(
      claimed, good, require: [.minisign], published: digest("a"), isSigned: true)
    #expect(release.evidence == [.tls, .commit, .tree, .sha256, .minisign])
  }

  @Test func `another archive of the same tree is the same release`() throws {
    let release = try Self.verify(claimed, good)
    let lock = FleetLock().accepting(release.identity, app: "mycodo")
    let other = Self.archive(commit: "1", tree: "2", sha256: "b")
    #expect(try Self.verify(claimed, other, lock: lock).lockVerdict == .same)
  }

  @Test func `without a tree the digest is the identity`() throws {
    let bare = identity("v4.2.0", commit: nil, tree: nil)
    let release = try Self.verify(bare, Self.archive(commit: nil, tree: "7"), require: [], tls: false)
    #expect(release.evidence == [])
    #expect(release.identity.sha256 == digest("a"))
    let lock = FleetLock().accepting(release.identity, app: "mycodo")
    #expect(throws: VerificationError.self) {
      try Self.verify(bare, Self.archive(commit: nil, tree: "7", sha256: "b"), require: [], lock: lock)
    }
  }

  @Test func `another commit or tree or digest is refused whatever is required`() {
    #expect(
      throws: VerificationError.otherCommit(tag: claimed.tag, claimed: object("1"), found: object("9"))
    ) {
      try Self.verify(claimed, Self.archive(commit: "9", tree: "2"), require: [])
    }
    #expect(
      throws: VerificationError.otherTree(tag: claimed.tag, claimed: object("2"), found: object("9"))
    ) {
      try Self.verify(claimed, Self.archive(commit: "1", tree: "9"), require: [])
    }
    #expect(
      throws: VerificationError.otherDigest(tag: claimed.tag, published: digest("b"), found: digest("a"))
    ) {
      try Self.verify(claimed, good, require: [], published: digest("b"))
    }
    #expect(
      throws: VerificationError.otherDigest(tag: claimed.tag, published: digest("b"), found: digest("a"))
    ) {
      try Self.verify(identity("v4.2.0", commit: "1", tree: "2", sha256: "b"), good, require: [])
    }
  }

  @Test(arguments: [
    (Evidence.commit, identity("v4.2.0", commit: nil, tree: "2"), archive(commit: "1", tree: "2")),
    (Evidence.commit, identity("v4.2.0", commit: "1", tree: "2"), archive(commit: nil, tree: "2")),
    (Evidence.tree, identity("v4.2.0", commit: "1", tree: nil), archive(commit: "1", tree: "2")),
    (Evidence.tree, identity("v4.2.0", commit: "1", tree: "2"), archive(commit: "1", tree: nil)),
    (Evidence.sha256, identity("v4.2.0", commit: "1", tree: "2"), archive(commit: "1", tree: "2")),
    (Evidence.tls, identity("v4.2.0", commit: "1", tree: "2"), archive(commit: "1", tree: "2")),
    (Evidence.minisign, identity("v4.2.0", commit: "1", tree: "2"), archive(commit: "1", tree: "2")),
  ])
  func `what is required and not proved is refused`(
    evidence: Evidence, claimed: ReleaseIdentity, observed: ObservedArchive
  ) {
    do {
      _ = try Self.verify(claimed, observed, require: [evidence], tls: false)
      Issue.record("it was taken")
    } catch {
      guard case .notProved(evidence, claimed.tag, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(error.description.contains(evidence.rawValue))
    }
  }

  @Test func `a tree that may rightly differ proves nothing`() throws {
    let obstacle = TreeObstacle.exportSubst(attributes: ".gitattributes")
    let observed = Self.archive(commit: "1", tree: "9", obstacles: [obstacle])
    let release = try Self.verify(claimed, observed, require: [.commit])
    #expect(release.evidence == [.tls, .commit])
    #expect(release.treeObstacles == [obstacle])
    #expect(release.identity.sha256 == digest("a"))
    #expect(throws: VerificationError.notProved(.tree, tag: claimed.tag, why: obstacle.description)) {
      try Self.verify(claimed, observed, require: [.tree])
    }
  }

  @Test func `an obstacle does not matter where the trees agree`() throws {
    let observed = Self.archive(commit: "1", tree: "2", obstacles: [.submodules])
    let release = try Self.verify(claimed, observed)
    #expect(release.evidence.contains(.tree))
    #expect(release.treeObstacles == [])
  }

  @Test func `a moved tag is refused with both identities until accepted`() throws {
    let lock = FleetLock().accepting(identity("v4.2.0", commit: "8", tree: "9"), app: "mycodo")
    do {
      _ = try Self.verify(claimed, good, lock: lock)
      Issue.record("it was taken")
    } catch {
      let text = error.description
      #expect(text.contains(object("8").description) && text.contains(object("1").description))
      #expect(text.contains("fleet fetch --accept 4.2.0"))
    }
    let release = try Self.verify(claimed, good, lock: lock, accept: true)
    #expect(release.lockVerdict == .changed(from: identity("v4.2.0", commit: "8", tree: "9")))
  }

  @Test func `accepting does not weaken the other checks`() {
    #expect(throws: VerificationError.self) {
      try Self.verify(claimed, Self.archive(commit: "1", tree: "9"), accept: true)
    }
    #expect(throws: VerificationError.self) {
      try Self.verify(claimed, Self.archive(commit: nil, tree: "2"), accept: true)
    }
  }
}
