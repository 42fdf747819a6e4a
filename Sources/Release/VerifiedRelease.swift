/// A release that was verified: the only thing that may be pushed to a host. It comes from `verify` and from
/// nowhere else, so it has no public initializer and cannot be decoded.
package struct VerifiedRelease: Sendable, Equatable {
  /// What belongs into fleet.lock.
  package let identity: ReleaseIdentity
  /// What was proved, in the order to show it.
  package let evidence: [Evidence]
  /// The archive that was verified.
  package let sha256: SHA256Digest
  package let sizeBytes: UInt64
  /// What fleet.lock said of it. Unless `.same`, the lock is to be written with `accepting(identity)`.
  package let lockVerdict: FleetLock.Verdict
  /// Why the tree proves nothing, where it differs from the commit's for a good reason; else empty.
  package let treeObstacles: [TreeObstacle]

  private init(
    identity: ReleaseIdentity, evidence: [Evidence], observed: ObservedArchive,
    lockVerdict: FleetLock.Verdict, treeObstacles: [TreeObstacle]
  ) {
    self.identity = identity
    self.evidence = evidence
    self.sha256 = observed.sha256
    self.sizeBytes = observed.sizeBytes
    self.lockVerdict = lockVerdict
    self.treeObstacles = treeObstacles
  }

  /// Holds what the source claims against what the archive shows.
  /// - Parameters:
  ///   - claimed: tag, commit and tree as the source names them.
  ///   - require: what must be proved; what is missing is a refusal.
  ///   - accept: take a changed identity, since the user said so (`fleet fetch --accept`).
  ///   - tls: whether every byte came over TLS with a checked certificate.
  ///   - publishedDigest: the digest that the source publishes beside the archive.
  ///   - isSigned: whether a signature of the observed archive by one of the app's keys was checked.
  package static func verify(
    claimed: ReleaseIdentity, app: String, observed: ObservedArchive, require: Set<Evidence>,
    lock: FleetLock, accept: Bool, tls: Bool, publishedDigest: SHA256Digest?, isSigned: Bool
  ) throws(VerificationError) -> VerifiedRelease {
    let tag = claimed.tag
    var proved: Set<Evidence> = tls ? [.tls] : []
    if let commit = claimed.commit, let found = observed.commit {
      guard commit == found else { throw .otherCommit(tag: tag, claimed: commit, found: found) }
      proved.insert(.commit)
    }
    var obstacles: [TreeObstacle] = []
    if let tree = claimed.tree, let found = observed.tree {
      if tree == found {
        proved.insert(.tree)
      } else if observed.treeObstacles.isEmpty {
        throw .otherTree(tag: tag, claimed: tree, found: found)
      } else {
        obstacles = observed.treeObstacles
      }
    }
    for case let digest? in [publishedDigest, claimed.sha256] where digest != observed.sha256 {
      throw .otherDigest(tag: tag, published: digest, found: observed.sha256)
    }
    if publishedDigest != nil { proved.insert(.sha256) }
    if isSigned { proved.insert(.minisign) }
    if let missing = require.subtracting(proved).min() {
      let why = Self.reason(missing, claimed: claimed, observed: observed, obstacles: obstacles)
      throw .notProved(missing, tag: tag, why: why)
    }

    let identity = ReleaseIdentity(
      tag: tag, commit: claimed.commit, tree: claimed.tree,
      sha256: proved.contains(.tree) ? nil : observed.sha256)
    let verdict = lock.check(identity, app: app)
    if case .changed(let old) = verdict, !accept {
      throw .identityChanged(old: old, new: identity)
    }
    return VerifiedRelease(
      identity: identity, evidence: proved.sorted(), observed: observed, lockVerdict: verdict,
      treeObstacles: obstacles)
  }

  private static func reason(
    _ missing: Evidence, claimed: ReleaseIdentity, observed: ObservedArchive, obstacles: [TreeObstacle]
  ) -> String {
    switch missing {
    case .tls: "it did not come over TLS"
    case .commit:
      claimed.commit == nil ? "the source names no commit" : "the archive's header names no commit"
    case .tree where !obstacles.isEmpty: obstacles.map(\.description).joined(separator: "; ")
    case .tree:
      claimed.tree == nil ? "the source names no tree" : "no tree could be computed from the archive"
    case .sha256: "the source publishes no digest for it"
    case .minisign: "there is no signature beside it"
    }
  }
}
