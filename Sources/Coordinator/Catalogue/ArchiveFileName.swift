import ByteText
import Release

/// The rule by which a file in a directory of archives is a release: `TAG.EXT` or `APP-TAG.EXT`.
///
/// TAG is a tag that names a version, as in a repository (`v4.2.0`, `4.2.0`, `exp-v4.9.0`); EXT is one of tar.gz,
/// tgz, tar.xz, tar.zst, zip; APP is the key of the app in the inventory, in any case. No other word is taken off,
/// since what stands before `-v` is a channel: `exp-v4.9.0.zip` is no release of an app named exp.
struct ArchiveFileName: Equatable {
  static let extensions = [".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".zip"]

  let tag: TagName

  static func isArchive(_ name: String) -> Bool { extensions.contains { name.ends(with: $0) } }

  /// Nil for files that are no releases; they are passed over.
  init?(_ name: String, app: String) {
    guard var stem = Self.extensions.lazy.compactMap({ name.without(suffix: $0) }).first else { return nil }
    let prefix = "\(app)-"
    if stem.asciiLowercase.begins(with: prefix.asciiLowercase) {
      stem = stem[stem.utf8.index(stem.startIndex, offsetBy: prefix.utf8.count)...]
    }
    // Rollouts, and the folders of their jobs, are named after tags, and no tag of a repository holds this sign.
    guard !stem.holds("~"), let tag = TagName(String(stem)) else { return nil }
    self.tag = tag
  }
}
