package import Release

/// The name of a release on the wire: what the coordinator verified.
package struct ReleaseName: Codable, Equatable, Sendable {
  package internal(set) var version: String
  package internal(set) var tag: String
  package internal(set) var commit: String?
  package internal(set) var tree: String?
  package internal(set) var sha256: String
  package internal(set) var size: Int64

  /// The only way to one, but for reading what was sent: what is ordered of a host was verified.
  package init(_ verified: VerifiedRelease) {
    let identity = verified.identity
    self.init(
      version: "\(identity.version)", tag: identity.tag.text, commit: identity.commit?.description,
      tree: identity.tree?.description, sha256: "\(verified.sha256)",
      size: Int64(clamping: verified.sizeBytes))
  }

  init(
    version: String, tag: String, commit: String?, tree: String?, sha256: String, size: Int64
  ) {
    self.version = version
    self.tag = tag
    self.commit = commit
    self.tree = tree
    self.sha256 = sha256
    self.size = size
  }
}

/// A file that was uploaded, named by its content.
package struct Artifact: Codable, Equatable, Sendable {
  package var sha256: String
  package var size: Int64

  package init(sha256: String, size: Int64) {
    self.sha256 = sha256
    self.size = size
  }
}
