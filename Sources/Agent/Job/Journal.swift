internal import CLinux
internal import Glibc
public import SystemPackage
public import Wire

/// What the journal remembers of the one open job of an app.
public struct JournalRecord: Codable, Equatable, Sendable {
  public var seq: Int
  public var state: Upgrade.State
  /// The open job; nil when idle from the beginning.
  public var job: String?
  /// The first cause, once there is one: it outlives a crash on the way back.
  public var cause: Reason?
  /// The boot in which this was written: `/proc/sys/kernel/random/boot_id`.
  public var bootID: String
  /// In an idle record: the job that came to its end here, and how. Its story may have lost its last word.
  public var ended: Ended?

  public struct Ended: Codable, Equatable, Sendable {
    public var job: String
    public var outcome: Outcome?
    public var undoCause: Reason?

    public init(job: String, outcome: Outcome?, undoCause: Reason? = nil) {
      self.job = job
      self.outcome = outcome
      self.undoCause = undoCause
    }
  }

  public init(
    seq: Int = 0, state: Upgrade.State = .idle, job: String? = nil, cause: Reason? = nil,
    bootID: String = "", ended: Ended? = nil
  ) {
    self.seq = seq
    self.state = state
    self.job = job
    self.cause = cause
    self.bootID = bootID
    self.ended = ended
  }
}

public enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
  case io(operation: String, path: FilePath, errno: Errno)
  case record(String)

  public var description: String {
    switch self {
    case .io(let operation, let path, let errno): "journal \(path): \(operation): \(errno)"
    case .record(let text): "journal: \(text)"
    }
  }
}

/// The agent's journal: one file of ``slots`` × ``slotBytes`` bytes, written full of zeros once and
/// never grown, so that a job can be undone on a full disk. Record `seq` goes to slot
/// `seq mod slots` in one write and one `fdatasync`; what is read is the highest `seq` whose checksum
/// is right, so a torn write leaves the record before it.
///
/// A slot: magic `FLJ1`, CRC-32 of what follows (IEEE 802.3, little-endian), sequence (8 bytes),
/// length (4), JSON, zeros.
public struct Journal: Sendable {
  static let slots = 16
  static let slotBytes = 4096
  static let headerBytes = 20
  static let magic = Array("FLJ1".utf8)

  public let path: FilePath
  public private(set) var current: JournalRecord

  /// Opens the journal, making it where there is none.
  public static func open(_ path: FilePath) throws(JournalError) -> Journal {
    let bytes: [UInt8]
    if let found = try read(path) {
      bytes = found
    } else {
      bytes = [UInt8](repeating: 0, count: slots * slotBytes)
      try create(path, bytes)
    }
    return Journal(path: path, current: newest(in: bytes) ?? JournalRecord())
  }

  /// The record in force, or nil where there is no journal. Reads only.
  public static func peek(_ path: FilePath) throws(JournalError) -> JournalRecord? {
    guard let bytes = try read(path) else { return nil }
    return newest(in: bytes) ?? JournalRecord()
  }

  /// Records a state. It is on the disk when this returns; a failed sync is never tried again,
  /// because the kernel then calls the page clean.
  public mutating func record(
    _ state: Upgrade.State, job: String?, cause: Reason?, bootID: String,
    ended: JournalRecord.Ended? = nil
  ) throws(JournalError) {
    var next = JournalRecord(
      seq: current.seq + 1, state: state, job: job, cause: cause, bootID: bootID, ended: ended)
    var slot: [UInt8]
    do {
      slot = try Self.encode(next)
    } catch {
      // Too long for a slot: the output's tail is the long part, and it is in the log too.
      next.cause = cause?.short
      next.ended?.undoCause = ended?.undoCause?.short
      slot = try Self.encode(next)
    }
    let fd = Glibc.open(path.string, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
    guard fd >= 0 else { throw .io(operation: "open", path: path, errno: lastErrno()) }
    defer { close(fd) }
    let offset = off_t(next.seq % Self.slots * Self.slotBytes)
    let written = pwrite(fd, &slot, slot.count, offset)
    guard written == slot.count else {
      throw .io(operation: "write", path: path, errno: written < 0 ? lastErrno() : .noSpace)
    }
    guard fdatasync(fd) == 0 else { throw .io(operation: "sync", path: path, errno: lastErrno()) }
    current = next
  }

  // MARK: The file

  private static func read(_ path: FilePath) throws(JournalError) -> [UInt8]? {
    let fd = Glibc.open(path.string, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard fd >= 0 else {
      if lastErrno() == .noSuchFileOrDirectory { return nil }
      throw .io(operation: "open", path: path, errno: lastErrno())
    }
    defer { close(fd) }
    var bytes = [UInt8](repeating: 0, count: slots * slotBytes)
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        pread(fd, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, off_t(filled))
      }
      if count < 0 { throw .io(operation: "read", path: path, errno: lastErrno()) }
      if count == 0 { break }
      filled += count
    }
    return bytes
  }

  private static func create(_ path: FilePath, _ bytes: [UInt8]) throws(JournalError) {
    let temporary = FilePath(path.string + ".new")
    let fd = Glibc.open(temporary.string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard fd >= 0 else { throw .io(operation: "create", path: temporary, errno: lastErrno()) }
    defer { close(fd) }
    guard write(fd, bytes, bytes.count) == bytes.count, fsync(fd) == 0 else {
      throw .io(operation: "fill", path: temporary, errno: lastErrno())
    }
    guard rename(temporary.string, path.string) == 0 else {
      throw .io(operation: "rename", path: path, errno: lastErrno())
    }
    let folder = Glibc.open(
      path.removingLastComponent().string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .io(operation: "open", path: path, errno: lastErrno()) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw .io(operation: "sync", path: path, errno: lastErrno()) }
  }

  // MARK: Records

  static func encode(_ record: JournalRecord) throws(JournalError) -> [UInt8] {
    let json: [UInt8]
    do { json = try JSON.encode(record) } catch { throw .record("\(error)") }
    guard json.count <= slotBytes - headerBytes else {
      throw .record("a record of \(json.count) bytes")
    }
    let checked = littleEndian(UInt64(record.seq)) + littleEndian(UInt32(json.count)) + json
    let slot = magic + littleEndian(CRC32.of(checked)) + checked
    return slot + [UInt8](repeating: 0, count: slotBytes - slot.count)
  }

  static func newest(in bytes: [UInt8]) -> JournalRecord? {
    (0..<slots).compactMap { index -> JournalRecord? in
      let start = index * slotBytes
      guard bytes.count >= start + slotBytes else { return nil }
      return decode(Array(bytes[start..<start + slotBytes]))
    }.max { $0.seq < $1.seq }
  }

  static func decode(_ slot: [UInt8]) -> JournalRecord? {
    guard slot.starts(with: magic) else { return nil }
    func number(_ range: Range<Int>) -> UInt64 {
      slot[range].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let length = Int(number(16..<20))
    guard length <= slotBytes - headerBytes else { return nil }
    guard UInt32(number(4..<8)) == CRC32.of(slot[8..<headerBytes + length]) else { return nil }
    let json = slot[headerBytes..<headerBytes + length]
    guard let record = try? JSON.decode(JournalRecord.self, from: json) else { return nil }
    return UInt64(record.seq) == number(8..<16) ? record : nil
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension Reason {
  fileprivate var short: Reason { Reason(code: code, step: step, text: visible(text, limit: 600)) }
}

/// CRC-32 as in IEEE 802.3 and zlib: enough to tell a torn write.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { value, byte in
      table[Int((value ^ UInt32(byte)) & 0xFF)] ^ (value >> 8)
    }
  }
}

/// errno(3) of the call just made.
func lastErrno() -> Errno { Errno(rawValue: errno) }
