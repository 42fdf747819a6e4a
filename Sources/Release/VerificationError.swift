/// Why a release is refused. Nothing of it has been extracted or pushed.
package enum VerificationError: Error, Sendable, Equatable, CustomStringConvertible {
  case otherCommit(tag: TagName, claimed: ObjectID, found: ObjectID)
  case otherTree(tag: TagName, claimed: ObjectID, found: ObjectID)
  case otherDigest(tag: TagName, published: SHA256Digest, found: SHA256Digest)
  case notProved(Evidence, tag: TagName, why: String)
  case identityChanged(old: ReleaseIdentity, new: ReleaseIdentity)

  package var description: String {
    switch self {
    case .otherCommit(let tag, let claimed, let found):
      """
      \(tag) is refused: its archive was made from another commit.
        the tag:      \(claimed)
        the archive:  \(found)
      If the tag was moved a moment ago, fetch it again; otherwise do not trust this archive.
      """
    case .otherTree(let tag, let claimed, let found):
      """
      \(tag) is refused: the files in its archive are not those of its commit.
        the commit's tree:   \(claimed)
        the archive's tree:  \(found)
      Fetch it again; if that does not help, do not trust this archive.
      """
    case .otherDigest(let tag, let published, let found):
      """
      \(tag) is refused: its archive has another SHA-256 than the one published for it.
        published:    \(published)
        the archive:  \(found)
      Fetch it again; if that does not help, do not trust this archive.
      """
    case .notProved(let evidence, let tag, let why):
      "\(tag) is refused: verify.require asks for \(evidence.rawValue), but \(why). "
        + "Fetch it from a source that offers that, or take \(evidence.rawValue) out of verify.require."
    case .identityChanged(let old, let new):
      """
      \(new.tag) is refused: it is no longer the release that fleet.lock has on file.
        was: \(old)
        now: \(new)
      If the change is known and meant, take the new one with: fleet fetch --accept \(new.version)
      """
    }
  }
}
