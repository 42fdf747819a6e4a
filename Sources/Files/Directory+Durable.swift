import ByteText
import CLinux
import Glibc
package import SystemPackage

/// Puts a whole file in place so that after a power cut there is the old one or the new one, never
/// less: a temporary name, fsync, rename, fsync of the directory. A symbolic link at `path` is
/// replaced, not followed.
///
/// A writer that is killed leaves its temporary file. Whoever writes into the same directory next removes it.
package func writeDurably(
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
  /// The same by way of a file that is there already and has room, and is gone afterwards: on a full disk nothing has
  /// to be found for it. Both lie on one file system.
  package func writeDurably(
    _ bytes: [UInt8], using spare: FilePath, to name: FilePath.Component,
    permissions: FilePermissions = FilePermissions(rawValue: 0o644)
  ) throws(FileError) {
    guard let spareName = spare.lastComponent else {
      throw FileError(.write, spare, .invalidArgument, detail: "the path has no name")
    }
    let spareFolder = try Directory.openReal(spare.removingLastComponent())
    let file = try spareFolder.openFile(spareName, .writeOnly)
    try file.write(bytes, at: 0)
    try file.truncate(toBytes: Int64(bytes.count))
    try file.setMode(permissions)
    try file.synchronize()
    try spareFolder.rename(spareName, to: name, in: self, replacing: true)
    try synchronize()
    try spareFolder.synchronize()
  }

  /// The same as the first for a name in an open directory. The umask does not apply.
  package func writeDurably(
    _ bytes: some Collection<UInt8>, to name: FilePath.Component,
    permissions: FilePermissions = FilePermissions(rawValue: 0o644)
  ) throws(FileError) {
    removeUnfinished()
    let temporary = Unfinished.name()
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

extension Directory {
  /// Removes the temporary files of `writeDurably` whose writers are gone. That they stay does no harm, so it
  /// is no error where they cannot be removed.
  package func removeUnfinished() {
    guard let names = try? entries() else { return }
    for name in names where Unfinished.isAbandoned(name.string) { _ = try? unlink(name) }
  }
}

/// The temporary names of `writeDurably`: `.fleet-tmp-PID-BIRTH-TAG`.
enum Unfinished {
  static let prefix = ".fleet-tmp-"

  /// This process: its pid, and when it began, since a pid is given away again.
  static let writer = "\(getpid())-\(birth(of: getpid()) ?? "0")"

  static func name() -> FilePath.Component {
    let tag = String(UInt64.random(in: 0 ... .max), radix: 36)
    return FilePath.Component("\(prefix)\(writer)-\(tag)") ?? ".fleet-tmp-0-0-0"
  }

  /// Whether a name is such a one, and whoever made it is gone.
  static func isAbandoned(_ name: String) -> Bool {
    guard let words = name.without(prefix: prefix)?.pieces(by: "-") else { return false }
    guard words.count == 3, let pid = pid_t(words[0]) else { return false }
    return birth(of: pid) != String(words[1])
  }

  /// When a process began, in clock ticks since the boot (proc(5), /proc/PID/stat); nil when there is none.
  private static func birth(of pid: pid_t) -> String? {
    guard let bytes = try? readBounded(FilePath("/proc/\(pid)/stat"), maxBytes: 4096),
      // The name before it stands in parentheses and may contain anything.
      let end = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
    return fields.count > 19 ? String(decoding: fields[19], as: UTF8.self) : nil
  }
}

/// A whole regular file (or one of /proc and /sys) of at most `maxBytes`; EFBIG if it is larger,
/// EINVAL if it is no file.
package func readBounded(
  _ path: FilePath, maxBytes: Int, following: Bool = false
) throws(FileError) -> [UInt8] {
  try readPlain(OpenFile.open(path, following: following), maxBytes: maxBytes)
}

extension Directory {
  /// The same for a name in an open directory, not following.
  package func readBounded(_ name: FilePath.Component, maxBytes: Int) throws(FileError) -> [UInt8] {
    try readPlain(openFile(name), maxBytes: maxBytes)
  }
}

private func readPlain(_ file: borrowing OpenFile, maxBytes: Int) throws(FileError) -> [UInt8] {
  guard try file.status().kind == .regular else {
    throw FileError(.read, file.path, .invalidArgument, detail: "it is not a plain file")
  }
  return try file.readAll(maxBytes: maxBytes)
}

extension Directory {
  /// syncfs(2): everything written to the file system that it lies on is on the disk.
  package func synchronizeFileSystem() throws(FileError) {
    try synchronizeOnce(path) { fleet_syncfs(fd) }
  }
}

/// A sync is never tried again after a failure: the kernel then calls the pages clean, and what was lost stays so.
func synchronizeOnce(_ path: FilePath, _ call: () -> Int32) throws(FileError) {
  try FileEffects.pass(.synchronize, path)
  if call() != 0 { throw FileError(.synchronize, path, Errno(rawValue: errno)) }
}
