import Glibc
package import SystemPackage

extension Directory {
  /// More names than this in one directory is an error, not a long wait.
  package static let maxEntries = 2_000_000

  /// The names in this directory without `.` and `..`, in the order of their bytes. Names may be any
  /// bytes.
  package func entries(maxEntries: Int = Directory.maxEntries) throws(FileError) -> [FilePath.Component] {
    // A descriptor of its own, since reading moves the position that a descriptor carries.
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    let own = try check(.list, path) { openat(fd, ".", flags, 0) }
    guard let stream = fdopendir(own) else {
      let failure = Errno(rawValue: errno)
      _ = close(own)
      throw FileError(.list, path, failure)
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno == 0 { break }
        throw FileError(.list, path, Errno(rawValue: errno))
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        // The record is only as long as the name, so it must not be copied as a whole.
        let text = UnsafeRawPointer($0)
        return [UInt8](
          UnsafeRawBufferPointer(start: text, count: strlen(text.assumingMemoryBound(to: CChar.self))))
      }
      if name == [0x2E] || name == [0x2E, 0x2E] { continue }
      guard names.count < maxEntries else {
        throw FileError(
          .list, path, .fileTooLarge, detail: "it has more than \(maxEntries) entries")
      }
      names.append(name)
    }
    names.sort { $0.lexicographicallyPrecedes($1) }
    return names.compactMap { FilePath.Component(bytes: $0) }
  }
}
