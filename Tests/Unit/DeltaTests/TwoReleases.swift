import Archive
import Foundation
import Release
import SystemPackage
import TestSupport
import Wire

@testable import Delta
@testable import Files

/// Two releases of one app as a forge packs them: each a commit of a real git, its archive, and its files unpacked.
struct TwoReleases {
  let folder: TestDirectory
  static let modified: Int64 = 1_800_000_000

  /// - Parameters:
  ///   - old: shell text that makes the old release's files.
  ///   - new: the same, of what it changes into the new one.
  init(old: String, new: String) throws {
    ArchiveLocale.set()
    folder = try TestDirectory()
    let git = "git -c user.name=a -c user.email=a@example.org -c tar.umask=0002"
    let date = "GIT_COMMITTER_DATE=@\(Self.modified) GIT_AUTHOR_DATE=@\(Self.modified)"
    let script = """
      set -e
      cd \(folder.path); mkdir repo; cd repo; git init -q .
      pack() {
        git add -A; \(date) \(git) commit -qm "$1"
        \(git) archive --format=tar --prefix="app-$1/" HEAD >"../$1.tar"; gzip -kn "../$1.tar"
        mkdir "../$1"; tar -xf "../$1.tar" -C "../$1" --strip-components=1
      }
      \(old)
      pack 1
      \(new)
      pack 2
      """
    try Shell.run("/bin/sh", "-c", script)
  }

  var shape: DeltaShape { DeltaShape(topDirectory: "app-2", modifiedSeconds: Self.modified) }

  func path(_ name: String) -> FilePath { FilePath(folder.file(name)) }

  func listing(_ release: String) throws -> ReleaseListing {
    let manifest = try ArchiveJudge.inspect(path("\(release).tar.gz"))
    return ReleaseListing(
      files: manifest.entries.compactMap { entry in
        entry.blob.map { ReleaseListing.File(path: entry.path, blob: $0.description) }
      })
  }

  /// The reference of a tree, by a listing.
  func reference(
    _ listing: ReleaseListing, of tree: String = "1", shape: DeltaShape? = nil
  ) throws -> [UInt8] {
    let file = try open("reference")
    var reference = try DeltaReference(listing, of: Directory.open(path(tree)), shape: shape ?? self.shape)
    try reference.write(to: file)
    return try folder.bytes("reference")
  }

  func open(_ name: String, emptied: Bool = true) throws -> OpenFile {
    try OpenFile.open(path(name), .readWrite, options: emptied ? [.create, .truncate] : [])
  }

  func map(_ name: String) throws -> MappedFile { try MappedFile.reading(open(name, emptied: false)) }
}
