import Archive
import Files
import Minisign
import Release
import SystemPackage
import Threads

/// A directory of archives, put there by whoever runs the fleet.
///
/// There is nobody to ask what a release should be: no commit, no tree, no published digest. An archive's own header
/// may name a commit, but to hold an archive against itself proves nothing, so neither `commit` nor `tree` is ever
/// counted as proved, or written to fleet.lock, for a directory. What a release is identified by is the SHA-256 of
/// its archive: first seen it goes into fleet.lock, and another archive under the same name is refused from then on.
struct DirectorySource {
  let directory: FilePath
  let app: String
  let limits: CatalogueLimits
  let cancel: CancelFlag

  func tags() throws(SourceFailure) -> SourceTags {
    let names = try names()
    return SourceTags(
      versions: releases(names).map { SourceTag(name: $0.tag.text, commit: nil) },
      others: names.filter { ArchiveFileName.isArchive($0.string) }.filter {
        ArchiveFileName($0.string, app: app) == nil
      }.map(\.printable))
  }

  /// The archive of a tag and its SHA-256.
  func find(_ tag: TagName) throws(SourceFailure) -> (file: FilePath, digest: SHA256Digest)? {
    let found = releases(try names()).filter { $0.tag.text == tag.text }
    guard let only = found.first else { return nil }
    guard found.count == 1 else {
      let names = found.compactMap { $0.file.lastComponent?.printable }.joined(separator: ", ")
      throw SourceFailure(
        error: .source(
          "\(tag) is in \(directory.printable) more than once: \(names). Leave one of them there."))
    }
    do throws(FileError) {
      return (
        only.file,
        try FileDigest.of(
          only.file, maxBytes: limits.maxArchiveBytes, following: true, isCancelled: { cancel.isSet })
      )
    } catch {
      throw failure(error)
    }
  }

  /// Copies an archive, so that what is pushed later is what was verified now.
  func copy(
    _ file: FilePath, to part: FilePath, progress: (FetchProgress) -> Void
  ) throws(SourceFailure) -> Brought {
    do throws(FileError) {
      let total = try FileStatus.of(file, following: true).sizeBytes
      let copy = try OpenFile.open(part, .writeOnly, options: [.create, .truncate])
      var bytes: Int64 = 0
      _ = try FileDigest.read(
        file, maxBytes: limits.maxArchiveBytes, following: true, isCancelled: { cancel.isSet }
      ) {
        (piece) throws(FileError) in
        try copy.write(piece)
        bytes += Int64(piece.count)
        progress(FetchProgress(bytes: bytes, total: total))
      }
      return Brought(tls: false, resumed: false)
    } catch {
      // The copy is fleet's own.
      throw error.path == part ? SourceFailure(error: CatalogueError(error)) : failure(error)
    }
  }

  /// What minisign wrote beside an archive; nil where nothing lies there.
  func signature(of file: FilePath) throws(SourceFailure) -> String? {
    do throws(FileError) {
      let beside = FilePath(file.string + Minisign.suffix)
      let bytes = try OpenFile.open(beside, following: true).read(
        from: 0, maxBytes: Int(Minisign.maxSignatureBytes) + 1)
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      if error.isMissing { return nil }
      throw failure(error)
    }
  }

  /// Says at once what no archive in a directory can prove; a signature can lie beside it.
  func refuseUnprovable(_ require: Set<Evidence>, keys: [MinisignKey]) throws(CatalogueError) {
    let unprovable = keys.isEmpty ? require : require.subtracting([.minisign])
    guard !unprovable.isEmpty else { return }
    let wanted = unprovable.sorted().map(\.rawValue).joined(separator: ", ")
    throw .unverified(
      """
      \(directory.printable) is a directory of archives, where nobody says what a release should be: \(wanted) \
      cannot be proved there, and the profile requires it.
      If you trust whoever fills that directory, write in the profile:
        verify: { require: [] }
      Each archive's SHA-256 then goes into fleet.lock when it is first seen, and another one is refused.
      """)
  }

  private func releases(_ names: [FilePath.Component]) -> [(tag: TagName, file: FilePath)] {
    names.compactMap { name in
      ArchiveFileName(name.string, app: app).map { ($0.tag, directory.appending(name)) }
    }
  }

  private func names() throws(SourceFailure) -> [FilePath.Component] {
    do throws(FileError) {
      return try Directory.open(directory, following: true).entries(maxEntries: limits.maxDirectoryEntries)
    } catch {
      throw failure(error)
    }
  }

  private func failure(_ error: FileError) -> SourceFailure {
    if error.errno == .canceled { return .cancelled }
    // A stick that is not plugged in, a share that is not mounted.
    return SourceFailure(error: .source("\(error)"), isAway: error.isMissing)
  }
}
