import Archive
import Delta
import Files
import FoundationEssentials
import Release
import SystemPackage
import Wire

/// The delta between two releases that lie in the cache: made once, and kept beside the newer one.
struct KeptDelta {
  let from: FetchedRelease
  let to: FetchedRelease
  let limits: CatalogueLimits

  /// Also of one that was not worth it, so that it is not made again.
  private struct Facts: Codable {
    static let schema = "fleet.delta/1"
    var schema = Self.schema
    var from: String
    var to: String
    var delta: Artifact?
    var content: Artifact
    var shape: DeltaShape

    func file(_ path: FilePath) -> DeltaFile? {
      delta.map { DeltaFile(file: path, artifact: $0, content: content, shape: shape) }
    }
  }

  /// One that is no smaller than this part of the archive is not worth what a host has to do for it.
  private static let worthwhilePart: Int64 = 2

  func find() throws(CatalogueError) -> DeltaFile? {
    if let kept = read() { return kept.file(file) }
    do {
      return try make()
    } catch let error as CatalogueError {
      throw error
    } catch {
      throw .storage("no delta from \(from.name.tag) to \(to.name.tag) can be made: \(error)")
    }
  }

  private var folder: FilePath { to.file.removingLastComponent() }
  private var name: String { "delta-\(from.name.sha256)" }
  private var file: FilePath { folder.appending("\(name).zst") }
  private var note: FilePath { folder.appending("\(name).json") }

  /// Nil where there is none, or it is no longer what was made.
  private func read() -> Facts? {
    guard let facts = SealedFile.read(Facts.self, from: note, maxBytes: limits.maxKeptBytes),
      facts.schema == Facts.schema, facts.from == from.name.sha256, facts.to == to.name.sha256
    else { return nil }
    guard let delta = facts.delta else { return facts }
    let found = try? FileDigest.of(file, maxBytes: DeltaLimits.deltaBytes)
    return found?.description == delta.sha256 ? facts : nil
  }

  private func make() throws -> DeltaFile? {
    guard let listing = from.listing, let sha256 = SHA256Digest(to.name.sha256) else { return nil }
    let work = folder.appending("\(name).work")
    let above = try Directory.open(folder)
    guard let workName = work.lastComponent else { return nil }
    // What an earlier try left.
    try above.removeTree(workName)
    try makeFolder(work)
    defer { _ = try? above.removeTree(workName) }

    let create: FileDescriptor.OpenOptions = [.create, .truncate]
    let content = try OpenFile.open(work.appending("content"), .readWrite, options: create)
    guard let unpacked = try ArchiveContent.unpack(to.file, sha256: sha256, to: content),
      unpacked.sizeBytes <= DeltaLimits.contentBytes
    else { return nil }
    let manifest = try ArchiveJudge.inspect(to.file)
    let files = manifest.entries.filter { $0.kind == .file }
    let shape = DeltaShape(
      topDirectory: manifest.topDirectory ?? "",
      modifiedSeconds: files.compactMap(\.modifiedSeconds).first ?? 0)

    let tree = work.appending("installed")
    try makeFolder(tree)
    try ArchiveExtractor.extract(from.file, into: tree, manifest: ArchiveJudge.inspect(from.file))
    let reference = try OpenFile.open(work.appending("reference"), .readWrite, options: create)
    let listed = try JSONDecoder().decode(
      ReleaseListing.self, from: Data(readBounded(listing.file, maxBytes: ReleaseListing.maxBytes)))
    var dictionary = DeltaReference(listed, of: try Directory.open(tree), shape: shape)
    try dictionary.write(to: reference)

    let most = min(DeltaLimits.deltaBytes, to.name.size / Self.worthwhilePart)
    let delta = try DeltaFrame.make(
      of: MappedFile.reading(content), over: MappedFile.reading(reference), maxBytes: Int(most))
    var facts = Facts(
      from: from.name.sha256, to: to.name.sha256, delta: nil,
      content: Artifact(sha256: unpacked.sha256.description, size: unpacked.sizeBytes), shape: shape)
    if let delta {
      try writeDurably(delta, to: file)
      facts.delta = Artifact(sha256: SHA256Digest(of: delta).description, size: Int64(delta.count))
    }
    try SealedFile.write(facts, to: note)
    return facts.file(file)
  }
}
