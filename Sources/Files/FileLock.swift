import Glibc
package import SystemPackage

/// A lock on a file (flock(2)), gone with its holder however that ends. The file keeps who
/// holds it, for the other's message, and stays when the lock goes: removing it would let two in.
package struct FileLock: ~Copyable, Sendable {
  private let file: OpenFile

  static let maxOwnerBytes = 512

  /// Takes the lock, waiting at most `waitMilliseconds` (0: not at all). `owner` is who, in words. Where it is shared,
  /// others that share it may have it too.
  /// EWOULDBLOCK, with the holder's words, if it stays taken.
  package static func take(
    _ path: FilePath, owner: String, waitMilliseconds: Int = 0, isShared: Bool = false
  ) throws(FileError) -> FileLock {
    let file = try OpenFile.open(path, .readWrite, options: [.create])
    do throws(FileError) { try file.lock(waitMilliseconds: waitMilliseconds, isShared: isShared) } catch {
      guard error.errno == .wouldBlock else { throw error }
      throw FileError(.lock, path, .wouldBlock, detail: "held by \(holder(of: path))")
    }
    let text = "\(owner) (pid \(getpid())) since \(utcNow())\n"
    // Only for the other's message: on a full disk the lock must be had all the same, to undo what filled it.
    _ = try? file.truncate(toBytes: 0)
    _ = try? file.write(text.utf8.prefix(maxOwnerBytes))
    return FileLock(file: file)
  }

  private init(file: consuming OpenFile) { self.file = file }

  /// Borrowed. A process that inherits it keeps the lock taken until it has ended too.
  package var descriptor: FileDescriptor { file.descriptor }

  /// Lets go now, instead of when the owner's life ends.
  package consuming func release() {}

  private static func holder(of path: FilePath) -> String {
    let bytes = (try? readBounded(path, maxBytes: maxOwnerBytes)) ?? []
    let text = printableText(bytes.prefix { $0 != 0x0A })
    return text.isEmpty ? "another process" : text
  }
}

/// The wall clock as RFC 3339 in UTC, for people: nothing is ordered by it.
func utcNow() -> String {
  var now = time(nil)
  var parts = tm()
  gmtime_r(&now, &parts)
  var text = [CChar](repeating: 0, count: 32)
  let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
  return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
