package import SystemPackage

/// What an early carry put into the new tree, and what the old file looked like then: given back to
/// the carry for good, which takes away what has gone and copies again what has changed.
package struct CarryRecord: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    enum Kind: UInt8 { case file, directory, symbolicLink }
    var kind: Kind
    var inode: UInt64
    var sizeBytes: Int64
    var modified: FileTime
    var changed: FileTime
    /// It changed while, or so shortly before, it was copied that its times prove nothing.
    var unsettled: Bool
    /// The directory was not in the release: it goes when it is empty.
    var made: Bool
  }

  var entries: [FilePath: Entry] = [:]

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }
  package var count: Int { entries.count }

  /// The carried paths, in the order of their bytes.
  package var paths: [FilePath] {
    entries.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  package func contains(_ path: FilePath) -> Bool { entries[path] != nil }

  package mutating func merge(_ other: CarryRecord) {
    entries.merge(other.entries) { _, new in new }
  }
}

extension CarryRecord.Entry {
  /// A change within so long before the copy may share its time stamp with one after it: file
  /// systems with stamps of whole or two seconds exist.
  static let racySeconds: Int64 = 2

  init(_ kind: Kind, _ status: FileStatus, readAt now: FileTime, made: Bool = false) {
    self.kind = kind
    inode = status.identity.inode
    sizeBytes = status.sizeBytes
    modified = status.modified
    changed = status.changed
    unsettled = status.changed.seconds >= now.seconds - Self.racySeconds
    self.made = made
  }

  /// Whether the old file is surely still what it was when it was copied.
  func stillDescribes(_ status: FileStatus) -> Bool {
    !unsettled && inode == status.identity.inode && sizeBytes == status.sizeBytes
      && modified == status.modified && changed == status.changed
  }
}

extension CarryRecord {
  /// A record that cannot be read.
  package struct Malformed: Error, Sendable, CustomStringConvertible {
    package var description: String { "the record of what was carried early is damaged" }
  }

  private static let magic = Array("fleet-carry 1\0".utf8)

  /// Bytes for a file: numbers in text, then the path as it is, each ended by a NUL.
  package func encoded() -> [UInt8] {
    var bytes = Self.magic
    for path in paths {
      guard let entry = entries[path] else { continue }
      let numbers: [any BinaryInteger] = [
        entry.kind.rawValue, Int64(bitPattern: entry.inode), entry.sizeBytes, entry.modified.seconds,
        entry.modified.nanoseconds, entry.changed.seconds, entry.changed.nanoseconds,
        entry.unsettled ? 1 : 0, entry.made ? 1 : 0,
      ]
      bytes += numbers.map { "\($0)" }.joined(separator: " ").utf8
      bytes += [0] + path.bytes + [0]
    }
    return bytes
  }

  package init(decoding bytes: [UInt8]) throws(Malformed) {
    guard bytes.starts(with: Self.magic), bytes.last == 0 else { throw Malformed() }
    let fields = bytes[Self.magic.count...].split(separator: 0)
    guard fields.count.isMultiple(of: 2) else { throw Malformed() }
    for index in stride(from: 0, to: fields.count, by: 2) {
      let numbers = fields[index].split(separator: 0x20)
        .compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
      guard numbers.count == 9, let raw = UInt8(exactly: numbers[0]),
        let kind = Entry.Kind(rawValue: raw)
      else { throw Malformed() }
      entries[FilePath(bytes: fields[index + 1])] = Entry(
        kind: kind, inode: UInt64(bitPattern: numbers[1]), sizeBytes: numbers[2],
        modified: FileTime(seconds: numbers[3], nanoseconds: numbers[4]),
        changed: FileTime(seconds: numbers[5], nanoseconds: numbers[6]),
        unsettled: numbers[7] != 0, made: numbers[8] != 0)
    }
  }
}
