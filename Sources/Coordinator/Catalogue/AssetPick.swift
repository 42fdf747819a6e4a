import ByteText
import Inventory
import Minisign
import Release
import Wire

/// A file beside a release, as its forge lists it.
struct ListedAsset: Decodable, Equatable {
  var id: Int64
  var name: String
  var size: Int64
  /// GitHub: `uploaded`, or what it is on the way there.
  var state: String?
  /// GitHub: `sha256:…`, of what was uploaded since 2025.
  var digest: String?
  var createdAt: String?
  var updatedAt: String?

  private enum CodingKeys: String, CodingKey {
    case id, name, size, state, digest
    case createdAt = "created_at"
    case updatedAt = "updated_at"
  }

  var isWhole: Bool { state == nil || state == "uploaded" }

  /// Stands for this upload, where nobody says a digest: a file that is replaced is another upload.
  var upload: String {
    let words = "\(id) \(size) \(createdAt ?? "") \(updatedAt ?? "")"
    return "upload-\(SHA256Digest(of: Array(words.utf8)).description.prefix(32))"
  }
}

/// Which of the files beside a release is meant. Pure.
struct AssetPick {
  let rule: AssetRule
  let tag: TagName
  let assets: [ListedAsset]
  let limits: CatalogueLimits

  private static let maxNamed = 5

  /// The archive.
  func archive() throws(CatalogueError) -> ListedAsset {
    if rule.isPerArchitecture, rule.architecture == nil {
      throw .notFound("\(tag) has an archive for each architecture; which one is meant?")
    }
    let names = rule.names(tag: tag.text, version: "\(tag.version)", architecture: rule.architecture)
    return try pick(names, key: "asset")
  }

  /// The file with its digest; nil where the profile names none.
  func checksums(of archive: ListedAsset) throws(CatalogueError) -> ListedAsset? {
    guard
      let name = rule.checksumsName(tag: tag.text, version: "\(tag.version)", asset: archive.name)
    else { return nil }
    let file = try pick([name], key: "checksums")
    guard file.size <= ChecksumFile.maxBytes else {
      throw .source("\(name) of \(tag) has \(file.size) bytes, which no list of digests has")
    }
    return file
  }

  /// What minisign wrote beside the archive; nil where nothing is there.
  func signature(of archive: ListedAsset) throws(CatalogueError) -> ListedAsset? {
    let name = archive.name + Minisign.suffix
    guard assets.contains(where: { $0.name.isSpelled(name) }) else { return nil }
    return try pick([name], key: "asset")
  }

  /// What is published for the archive: by the forge, by the file beside it, or by both, which then say the same.
  func published(
    for archive: ListedAsset, checksums: (file: String, text: String)?
  ) throws(CatalogueError) -> SHA256Digest? {
    let said = try forgeDigest(of: archive)
    guard let checksums else { return said }
    let listed: SHA256Digest
    do throws(ChecksumFile.Refusal) {
      listed = try ChecksumFile.digest(of: archive.name, in: checksums.text)
    } catch {
      switch error {
      case .missing: throw .unverified("\(tag) is refused: \(checksums.file) says nothing of \(archive.name)")
      case .twice:
        throw .unverified("\(tag) is refused: \(checksums.file) has two digests for \(archive.name)")
      }
    }
    guard let said, said != listed else { return listed }
    throw .unverified(
      """
      \(tag) is refused: two digests are published for \(archive.name).
        beside the file:  \(said)
        \(checksums.file):  \(listed)
      If it was uploaded anew a moment ago, fetch it again; otherwise do not trust it.
      """)
  }

  private func forgeDigest(of archive: ListedAsset) throws(CatalogueError) -> SHA256Digest? {
    guard let hex = archive.digest?.without(prefix: "sha256:") else { return nil }
    guard let digest = SHA256Digest(String(hex)) else {
      throw .source(
        "what is said to be the SHA-256 of \(archive.name) is none: \(visible(String(hex), limit: 80))")
    }
    return digest
  }

  private func pick(_ names: [String], key: String) throws(CatalogueError) -> ListedAsset {
    let found = assets.filter { asset in names.contains { $0.isSpelled(asset.name) } }
    guard let asset = found.first else {
      throw .notFound(
        "the release \(tag) has no file \(names.joined(separator: " or ")). \(all). \(key) in the "
          + "profile's source says which is meant")
    }
    guard found.count == 1 else {
      let both = Set(found.map(\.name)).sorted().joined(separator: " and ")
      throw .source(
        "the release \(tag) has more than one file that may be meant: \(both). "
          + (Set(found.map(\.name)).count > 1
            ? "arch in the profile's source says which, as in arch: { aarch64: arm64 }" : "One has to go"))
    }
    guard asset.isWhole else {
      throw .source("\(asset.name) of \(tag) is still being uploaded; try again later")
    }
    guard (1...limits.maxArchiveBytes).contains(asset.size) else {
      throw .source(
        "\(asset.name) of \(tag) is said to have \(asset.size) bytes; from 1 to \(limits.maxArchiveBytes) are taken"
      )
    }
    return asset
  }

  private var all: String {
    guard !assets.isEmpty else { return "It has no files at all" }
    let names = assets.prefix(Self.maxNamed).map { visible($0.name, limit: 100) }
    let more = assets.count > names.count ? " and \(assets.count - names.count) more" : ""
    return "It has \(names.joined(separator: ", "))\(more)"
  }
}
