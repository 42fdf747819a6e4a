import Archive
import ByteText
import Delta
import Files
import Release
import SystemPackage
import Threads
import Wire

/// The delta between two releases that lie in the cache: made once, and kept beside the newer one. Whoever calls has
/// that one's turn.
struct KeptDelta {
  let from: FetchedRelease
  let to: FetchedRelease
  let limits: CatalogueLimits
  let cancel: CancelFlag

  /// Also of one that cannot be, or is not worth it, so that it is not made again.
  private struct Facts: Codable {
    static let schema = "fleet.delta/1"
    var schema = Self.schema
    var from: String
    var to: String
    var made: Made?

    struct Made: Codable {
      var delta: Artifact
      var content: Artifact
      var shape: DeltaShape
      var referenceBytes: Int64
    }
  }

  /// One that is no smaller than this part of the archive is not worth what a host has to do for it.
  private static let worthwhilePart: Int64 = 2
  private static let workSuffix = ".work"

  func find() throws(CatalogueError) -> DeltaFile? {
    if let kept = read() { return kept.made.map(file) }
    var facts = Facts(from: from.name.sha256, to: to.name.sha256)
    do {
      facts.made = try make()
    } catch DeltaError.tooLarge, DeltaError.differs, ArchiveError.outputTooLarge {
      // It would be no other another time. A disk that is full, or memory that is short, may be.
    } catch {
      throw .storage("no delta from \(from.name.tag) to \(to.name.tag) can be made: \(error)")
    }
    try SealedFile.write(facts, to: note)
    return facts.made.map(file)
  }

  private var folder: FilePath { to.file.removingLastComponent() }
  private var name: String { "delta-\(from.name.sha256)" }
  private var file: FilePath { folder.appending("\(name).zst") }
  private var note: FilePath { folder.appending("\(name).json") }

  private func file(_ made: Facts.Made) -> DeltaFile {
    DeltaFile(
      file: file, artifact: made.delta, content: made.content, shape: made.shape,
      referenceBytes: made.referenceBytes)
  }

  /// Nil where there is none, or it is no longer what was made.
  private func read() -> Facts? {
    guard let facts = SealedFile.read(Facts.self, from: note, maxBytes: limits.maxKeptBytes),
      facts.schema == Facts.schema, facts.from == from.name.sha256, facts.to == to.name.sha256
    else { return nil }
    guard let delta = facts.made?.delta else { return facts }
    let found = try? FileDigest.of(file, maxBytes: DeltaLimits.deltaBytes)
    return found?.description == delta.sha256 ? facts : nil
  }

  private func make() throws -> Facts.Made? {
    guard let listing = from.listing, let sha256 = SHA256Digest(to.name.sha256) else { return nil }
    let above = try Directory.open(folder)
    // What a fleet that was ended has left.
    for name in try above.entries() where name.string.without(suffix: Self.workSuffix) != nil {
      try above.removeTree(name)
    }
    let work = folder.appending("\(name)\(Self.workSuffix)")
    guard let workName = work.lastComponent else { return nil }
    try requireRoom()
    try makeFolder(work)
    defer { _ = try? above.removeTree(workName) }

    let create: FileDescriptor.OpenOptions = [.create, .truncate]
    let content = try OpenFile.open(work.appending("content"), .readWrite, options: create)
    guard
      let unpacked = try ArchiveContent.unpack(
        to.file, sha256: sha256, to: content, maxBytes: DeltaLimits.contentBytes)
    else { return nil }
    let manifest = try ArchiveJudge.inspect(to.file)
    let files = manifest.entries.filter { $0.kind == .file }
    let shape = DeltaShape(
      topDirectory: manifest.topDirectory ?? "",
      modifiedSeconds: files.compactMap(\.modifiedSeconds).first ?? 0)

    let tree = work.appending("installed")
    try makeFolder(tree)
    try ArchiveExtractor.extract(from.file, into: tree, manifest: ArchiveJudge.inspect(from.file)) { _ in
      cancel.isSet ? .cancel : .goOn
    }
    let reference = try OpenFile.open(work.appending("reference"), .readWrite, options: create)
    let listed = try JSON.decode(
      ReleaseListing.self, from: readBounded(listing.file, maxBytes: ReleaseListing.maxBytes))
    var dictionary = DeltaReference(listed, of: try Directory.open(tree), shape: shape)
    try dictionary.write(to: reference)
    // A disk that takes no more says so here, and not while its bytes are looked at.
    try content.synchronizeData()
    try reference.synchronizeData()

    let most = min(DeltaLimits.deltaBytes, to.name.size / Self.worthwhilePart)
    let delta = try DeltaFrame.make(
      of: MappedFile.reading(content), over: MappedFile.reading(reference), maxBytes: Int(most))
    guard let delta else { return nil }
    try writeDurably(delta, to: file)
    return Facts.Made(
      delta: Artifact(sha256: SHA256Digest(of: delta).description, size: Int64(delta.count)),
      content: Artifact(sha256: unpacked.sha256.description, size: unpacked.sizeBytes), shape: shape,
      referenceBytes: dictionary.sizeBytes)
  }

  /// Both releases unpacked, and each as a tar once more: not of what the rollout's own log needs.
  private func requireRoom() throws(FileError) {
    let space = try FreeSpace.at(folder)
    let needed = 2 * (from.unpackedBytes + to.unpackedBytes) + CatalogueLimits.deltaReserveBytes
    guard Int64(clamping: space.availableBytes) >= needed else {
      throw FileError(.write, folder, .noSpace)
    }
  }
}
