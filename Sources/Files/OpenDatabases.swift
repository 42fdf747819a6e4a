import ByteText
import Glibc
package import SystemPackage

/// SQLite databases that processes have open for writing, by the names that the kernel shows (proc(5), /proc/PID/fd).
/// No file is opened for it: a name may lead to anything.
package enum OpenDatabases {
  /// Ends of names that databases usually have (the format gives them none).
  private static let suffixes = [".db", ".db3", ".sqlite", ".sqlite3", ".s3db", ".sl3"]
  private static let sides = ["-wal", "-shm", "-journal"]

  /// Sorted. What cannot be looked at, or ends meanwhile, is left out.
  package static func of(_ processes: some Sequence<Int32>) -> [FilePath] {
    var found: Set<[UInt8]> = []
    for pid in processes { found.formUnion(databases(among: written(by: pid))) }
    return found.sorted { $0.lexicographicallyPrecedes($1) }.map { FilePath(bytes: $0) }
  }

  /// Which of the files that one process has open are databases: by their names, or since SQLite keeps a journal or
  /// shared memory beside them.
  static func databases(among names: Set<[UInt8]>) -> Set<[UInt8]> {
    names.filter { name in
      guard name.first == UInt8(ascii: "/"), !name.ends(with: " (deleted)"),
        !sides.contains(where: { name.ends(with: $0) })
      else { return false }
      return suffixes.contains { name.ends(with: $0) }
        || sides.contains { names.contains(name + Array($0.utf8)) }
    }
  }

  private static func written(by pid: Int32) -> Set<[UInt8]> {
    guard let process = try? Directory.open(FilePath("/proc/\(pid)")), let files = try? process.open("fd"),
      let entries = try? files.entries()
    else { return [] }
    var names: Set<[UInt8]> = []
    for entry in entries where isForWriting(entry, of: process) {
      if let name = try? files.readLinkBytes(entry) { names.insert(name) }
    }
    return names
  }

  /// By the flags of /proc/PID/fdinfo, in octal.
  private static func isForWriting(_ entry: FilePath.Component, of process: Directory) -> Bool {
    guard let info = try? process.openFile(at: FilePath(root: nil, components: "fdinfo", entry)),
      let bytes = try? info.readAll(maxBytes: 64 << 10),
      let flags = String(decoding: bytes, as: UTF8.self).textLines.lazy
        .compactMap({ $0.without(prefix: "flags:")?.trimmed }).first.flatMap({ Int32($0, radix: 8) })
    else { return false }
    return flags & O_ACCMODE != O_RDONLY
  }
}

extension [UInt8] {
  fileprivate func ends(with text: String) -> Bool { reversed().starts(with: text.utf8.reversed()) }
}
