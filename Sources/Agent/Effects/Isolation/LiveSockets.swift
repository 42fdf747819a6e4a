import ByteText
import Files
import SystemPackage

/// The unix sockets that somebody listens on. A read-only mount does not keep a process from
/// connecting to one (measured; connect(2) asks for write permission on the inode, and only files and
/// directories are guarded by the mount): they must be covered.
enum LiveSockets {
  /// Paths as they were bound (proc(5), /proc/net/unix): absolute ones only. Sockets without a path
  /// belong to the network namespace.
  static func paths() -> [String] {
    guard
      let bytes = try? readBounded("/proc/net/unix", maxBytes: EffectLimits.procFileBytes)
    else { return [] }
    return parse(String(decoding: bytes, as: UTF8.self))
  }

  static func parse(_ table: String) -> [String] {
    var found: [String] = []
    var seen: Set<[UInt8]> = []
    for line in table.pieces(by: "\n").dropFirst() {
      // Num RefCount Protocol Flags Type St Inode Path; the path may have blanks.
      let fields = line.pieces(by: " ", maxSplits: 7)
      guard fields.count == 8, fields[7].begins(with: "/") else { continue }
      // A Set of texts would take two paths that look the same for one.
      if seen.insert(Array(fields[7].utf8)).inserted { found.append(String(fields[7])) }
    }
    return found.sorted().suffix(EffectLimits.maskedSockets)
  }
}
