import CLinux
import Glibc
package import Files
package import SystemPackage

/// Reading a file of a tree that no symbolic link leads out of (openat2(2), RESOLVE_BENEATH).
package enum TreeFile {
  package static func read(_ relative: String, in tree: FilePath, limitBytes: Int) throws(FileError)
    -> [UInt8]
  {
    let path = tree.pushing(FilePath(relative))
    let directory = try Directory.openReal(tree)
    let fd = fleet_open_beneath(directory.descriptor.rawValue, relative)
    guard fd >= 0 else {
      let failure = Errno(rawValue: errno)
      let leaves = failure == .improperLink ? "it leads out of \(tree.printable)" : nil
      throw FileError(.open, path, failure, detail: leaves)
    }
    let file = FileDescriptor(rawValue: fd)
    defer { try? file.close() }
    var status = stat()
    guard fstat(fd, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(.read, path, .invalidArgument, detail: "it is not a plain file")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count: Int
      do { count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) } } catch {
        throw FileError(.read, path, error as? Errno ?? .ioError)
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer.prefix(count))
      if bytes.count > limitBytes {
        throw FileError(
          .read, path, .fileTooLarge, detail: "it is larger than \(limitBytes) bytes")
      }
    }
  }
}
