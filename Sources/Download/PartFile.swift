import ByteText
import Files
import SystemPackage

/// A file that is on its way, and beside it (`NAME.etag`) which version of what it is a part of.
///
/// Only a strong ETag (RFC 9110, section 8.8.3) says that two parts are of the same bytes; without one a
/// part is worth nothing, and the file is begun anew.
final class PartFile {
  let path: FilePath
  private let note: FilePath
  private let file: OpenFile
  private(set) var bytes: Int64 = 0
  /// Of what is in the file now.
  private(set) var etag: String?

  /// Opens or makes it. What is there is kept where `resume` is set and the note is about the same address.
  init(_ path: FilePath, url: String, resume: Bool) throws(DownloadError) {
    self.path = path
    note = FilePath(path.string + ".etag")
    file = try Self.writing { () throws(FileError) in
      try OpenFile.open(path, .readWrite, options: [.create, .append], permissions: Self.permissions)
    }
    guard resume, let known = Self.read(note), known.url == url else {
      try restart(etag: nil, url: url)
      return
    }
    etag = known.etag
    bytes = try Self.writing { () throws(FileError) in try file.status().sizeBytes }
  }

  private static let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]

  /// Empties the file, for the version of this ETag. The note is written first: a part is never taken for
  /// one of another version.
  func restart(etag: String?, url: String) throws(DownloadError) {
    try Self.writing { () throws(FileError) in
      try Self.remove(note)
      try file.truncate(toBytes: 0)
    }
    bytes = 0
    self.etag = etag.flatMap { Self.isStrong($0) ? $0 : nil }
    guard let kept = self.etag else { return }
    try Self.writing { () throws(FileError) in
      let new = try OpenFile.open(
        note, .writeOnly, options: [.create, .truncate], permissions: Self.permissions)
      try new.write("\(kept)\n\(url)\n".utf8)
    }
  }

  func append(_ piece: UnsafeRawBufferPointer) throws(DownloadError) {
    try Self.writing { () throws(FileError) in try file.write(piece) }
    bytes += Int64(piece.count)
  }

  /// The file is whole: what was only for resuming goes.
  func finish() { try? Self.remove(note) }

  private static func remove(_ file: FilePath) throws(FileError) {
    guard let name = file.lastComponent else { return }
    try Directory.open(parent(of: file), following: true).unlink(name)
  }

  private static func writing<Value: ~Copyable>(
    _ body: () throws(FileError) -> Value
  ) throws(DownloadError) -> Value {
    do throws(FileError) { return try body() } catch {
      throw .writeFailed(path: error.path, errno: error.errno)
    }
  }

  private static func isStrong(_ etag: String) -> Bool {
    (2...1024).contains(etag.utf8.count) && etag.begins(with: "\"") && etag.ends(with: "\"")
  }

  private static func read(_ note: FilePath) -> (etag: String, url: String)? {
    guard let bytes = try? readBounded(note, maxBytes: 16 * 1024) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).pieces(by: "\n")
    guard lines.count == 2, isStrong(String(lines[0])) else { return nil }
    return (String(lines[0]), String(lines[1]))
  }
}
