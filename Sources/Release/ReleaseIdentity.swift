/// What a release is: its tag, commit and tree. The SHA-256 of an archive belongs to it only where no tree
/// can be checked, since archives made on demand change while their content does not.
package struct ReleaseIdentity: Sendable, Hashable, Codable, CustomStringConvertible {
  package let tag: TagName
  package let commit: ObjectID?
  package let tree: ObjectID?
  package let sha256: SHA256Digest?

  package var version: Version { tag.version }

  package init(tag: TagName, commit: ObjectID?, tree: ObjectID?, sha256: SHA256Digest?) {
    self.tag = tag
    self.commit = commit
    self.tree = tree
    self.sha256 = sha256
  }

  /// Whether two looks at a tag saw the same release. A digest counts where both looks had to rely on it.
  package func isSame(as other: ReleaseIdentity) -> Bool {
    let digestsAgree = sha256 == nil || other.sha256 == nil || sha256 == other.sha256
    return tag == other.tag && commit == other.commit && tree == other.tree && digestsAgree
  }

  package var description: String {
    var parts = ["\(tag)"]
    if let commit { parts.append("commit \(commit)") }
    if let tree { parts.append("tree \(tree)") }
    if let sha256 { parts.append("sha256 \(sha256)") }
    return parts.joined(separator: "  ")
  }

  private enum CodingKeys: String, CodingKey { case tag, version, commit, tree, sha256 }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    tag = try container.decode(TagName.self, forKey: .tag)
    commit = try container.decodeIfPresent(ObjectID.self, forKey: .commit)
    tree = try container.decodeIfPresent(ObjectID.self, forKey: .tree)
    sha256 = try container.decodeIfPresent(SHA256Digest.self, forKey: .sha256)
    let version = try container.decode(Version.self, forKey: .version)
    guard version == tag.version, version.build == tag.version.build else {
      throw DecodingError.dataCorruptedError(
        forKey: .version, in: container,
        debugDescription: "\(version) is not the version that the tag \(tag) names")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(tag, forKey: .tag)
    try container.encode(version, forKey: .version)
    try container.encodeIfPresent(commit, forKey: .commit)
    try container.encodeIfPresent(tree, forKey: .tree)
    try container.encodeIfPresent(sha256, forKey: .sha256)
  }
}
