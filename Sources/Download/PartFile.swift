import ByteText
import Glibc
import SystemPackage

/// A file that is on its way, and beside it (`NAME.etag`) which version of what it is a part of.
///
/// Only a strong ETag (RFC 9110, section 8.8.3) says that two parts are of the same bytes; without one a
/// part is worth nothing, and the file is begun anew.
final class PartFile {
  let path: FilePath
  private let note: FilePath
  private let descriptor: FileDescriptor
  private(set) var bytes: Int64 = 0
  /// Of what is in the file now.
  private(set) var etag: String?

  /// Opens or makes it. What is there is kept where `resume` is set and the note is about the same address.
  init(_ path: FilePath, url: String, resume: Bool) throws(DownloadError) {
    self.path = path
    note = FilePath(path.string + ".etag")
    do {
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.create, .noFollow, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw .writeFailed(path: path, errno: error as? Errno ?? .ioError)
    }
    guard resume, let known = Self.read(note), known.url == url else {
      try restart(etag: nil, url: url)
      return
    }
    let end = lseek(descriptor.rawValue, 0, SEEK_END)
    guard end >= 0 else { throw failed() }
    etag = known.etag
    bytes = Int64(end)
  }

  deinit { try? descriptor.close() }

  /// Empties the file, for the version of this ETag. The note is written first: a part is never taken for
  /// one of another version.
  func restart(etag: String?, url: String) throws(DownloadError) {
    unlink(note.string)
    guard ftruncate(descriptor.rawValue, 0) == 0, lseek(descriptor.rawValue, 0, SEEK_SET) == 0 else {
      throw failed()
    }
    bytes = 0
    self.etag = etag.flatMap { Self.isStrong($0) ? $0 : nil }
    guard let kept = self.etag else { return }
    do {
      let file = try FileDescriptor.open(
        note, .writeOnly, options: [.create, .truncate, .noFollow, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      try file.closeAfter { _ = try file.writeAll("\(kept)\n\(url)\n".utf8) }
    } catch {
      throw .writeFailed(path: note, errno: error as? Errno ?? .ioError)
    }
  }

  func append(_ piece: UnsafeRawBufferPointer) throws(DownloadError) {
    do {
      try descriptor.writeAll(piece)
    } catch {
      throw .writeFailed(path: path, errno: error as? Errno ?? .ioError)
    }
    bytes += Int64(piece.count)
  }

  /// The file is whole: what was only for resuming goes.
  func finish() { unlink(note.string) }

  private func failed() -> DownloadError { .writeFailed(path: path, errno: Errno(rawValue: errno)) }

  private static func isStrong(_ etag: String) -> Bool {
    (2...1024).contains(etag.utf8.count) && etag.begins(with: "\"") && etag.ends(with: "\"")
  }

  private static func read(_ note: FilePath) -> (etag: String, url: String)? {
    guard let file = try? FileDescriptor.open(note, .readOnly, options: [.noFollow, .closeOnExec]) else {
      return nil
    }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 16 * 1024)
    guard let count = try? bytes.withUnsafeMutableBytes({ try file.read(into: $0) }) else { return nil }
    let lines = String(decoding: bytes.prefix(count), as: UTF8.self).pieces(by: "\n")
    guard lines.count == 2, isStrong(String(lines[0])) else { return nil }
    return (String(lines[0]), String(lines[1]))
  }
}
