import CLinux
import Glibc
public import SystemPackage

/// Puts a whole file in place so that after a power cut there is the old one or the new one, never
/// less: a temporary name, fsync, rename, fsync of the directory. A symbolic link at `path` is
/// replaced, not followed.
public func writeDurably(
  _ bytes: some Collection<UInt8>, to path: FilePath,
  permissions: FilePermissions = FilePermissions(rawValue: 0o644)
) throws(FileError) {
  guard let name = path.lastComponent else {
    throw FileError(.write, path, .invalidArgument, detail: "the path has no name")
  }
  try Directory.open(parent(of: path), following: true)
    .writeDurably(bytes, to: name, permissions: permissions)
}

extension Directory {
  /// The same for a name in an open directory. The umask does not apply.
  public func writeDurably(
    _ bytes: some Collection<UInt8>, to name: FilePath.Component,
    permissions: FilePermissions = FilePermissions(rawValue: 0o644)
  ) throws(FileError) {
    let tag = String(UInt64.random(in: 0 ... .max), radix: 36)
    guard let temporary = FilePath.Component(".fleet-tmp-\(getpid())-\(tag)") else { return }
    let file = try openFile(temporary, .writeOnly, options: [.create, .exclusiveCreate])
    do throws(FileError) {
      try file.write(bytes)
      try file.setMode(permissions)
      try file.synchronize()
      try rename(temporary, to: name, replacing: true)
    } catch {
      _ = try? unlink(temporary)
      throw error
    }
    try synchronize()
  }
}

/// A whole regular file (or one of /proc and /sys) of at most `maxBytes`; EFBIG if it is larger,
/// EINVAL if it is no file.
public func readBounded(
  _ path: FilePath, maxBytes: Int, following: Bool = false
) throws(FileError) -> [UInt8] {
  let file = try OpenFile.open(path, following: following)
  guard try file.status().kind == .regular else {
    throw FileError(.read, path, .invalidArgument, detail: "it is not a plain file")
  }
  return try file.readAll(maxBytes: maxBytes)
}

/// syncfs(2): everything written to the file system that holds `path` is on the disk.
public func syncFileSystem(of path: FilePath) throws(FileError) {
  let file = try OpenFile.open(path, following: true)
  if fleet_syncfs(file.fd) != 0 { throw FileError(.synchronize, path, Errno(rawValue: errno)) }
}
