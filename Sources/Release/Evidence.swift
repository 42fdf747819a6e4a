/// What can be proved about a release, in the order in which it is shown.
package enum Evidence: String, Sendable, Codable, CaseIterable, Comparable {
  /// It came over TLS from a server with a valid certificate.
  case tls
  /// The archive says that it was made from the tag's commit.
  case commit
  /// The tree of the archive's files is the tree of the tag's commit.
  case tree
  /// The archive has the digest that was published for it.
  case sha256
  /// The archive is signed with a minisign key of the profile.
  case minisign

  package static func < (left: Evidence, right: Evidence) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .tls: 0
    case .commit: 1
    case .tree: 2
    case .sha256: 3
    case .minisign: 4
    }
  }
}

/// Why the tree of an archive may rightly differ from its commit's (gitattributes(5), gitmodules(5)).
package enum TreeObstacle: Sendable, Hashable, Codable, CustomStringConvertible {
  /// A .gitattributes leaves files out of archives.
  case exportIgnore(attributes: String)
  /// A .gitattributes has git write into files while it makes an archive.
  case exportSubst(attributes: String)
  /// A .gitattributes has git convert files on their way into a working tree, which an archive is, too.
  case conversion(attributes: String, by: String)
  /// Archives hold an empty directory in place of a submodule.
  case submodules

  package var description: String {
    switch self {
    case .exportIgnore(let path): "\(path) leaves files out of archives (export-ignore)"
    case .exportSubst(let path): "\(path) changes files in archives (export-subst)"
    case .conversion(let path, let attribute): "\(path) converts files in archives (\(attribute))"
    case .submodules: "the repository has submodules, which archives leave out"
    }
  }
}

/// What was seen in an archive that is at hand.
package struct ObservedArchive: Sendable, Equatable {
  package let sha256: SHA256Digest
  package let sizeBytes: UInt64
  /// The commit that the archive's header names.
  package let commit: ObjectID?
  /// The tree recomputed from the entries.
  package let tree: ObjectID?
  package let treeObstacles: [TreeObstacle]

  package init(
    sha256: SHA256Digest, sizeBytes: UInt64, commit: ObjectID?, tree: ObjectID?,
    treeObstacles: [TreeObstacle] = []
  ) {
    self.sha256 = sha256
    self.sizeBytes = sizeBytes
    self.commit = commit
    self.tree = tree
    self.treeObstacles = treeObstacles
  }
}
