package import Upgrade
package import Files
package import SystemPackage
package import Wire

/// What the journal remembers of the one open job of an app.
package struct JournalRecord: Codable, Equatable, Sendable {
  package var seq: Int
  package var state: Upgrade.State
  /// The open job; nil when idle from the beginning.
  package var job: String?
  /// The first cause, once there is one: it outlives a crash in the undo.
  package var cause: Cause?
  /// The boot in which this was written: `/proc/sys/kernel/random/boot_id`.
  package var bootID: String
  /// Idle: the job that was open last, and how it ended; what its story says last may have been lost.
  package var ended: JobEnd?
  /// The job after which neither version ran, until a later one has started one.
  private var leftDown: String?

  package init(
    seq: Int = 0, state: Upgrade.State = .idle, job: String? = nil, cause: Cause? = nil,
    bootID: String = "", ended: JobEnd? = nil, leftDown: String? = nil
  ) {
    self.seq = seq
    self.state = state
    self.job = job
    self.cause = cause
    self.bootID = bootID
    self.ended = ended
    self.leftDown = leftDown
  }

  /// The job whose way back left the old version down, as far as is known. Jobs that stop nothing change nothing of it.
  var jobWithoutOld: String? {
    guard let ended else { return leftDown }
    // In the record of an agent that did not write it down a failed job is known by its outcome.
    guard let isDown = ended.leavesDown ?? (ended.outcome == .failed ? true : nil) else { return leftDown }
    return isDown ? ended.job : nil
  }
}

/// How a job ended.
package struct JobEnd: Codable, Equatable, Sendable {
  package var job: String
  /// nil: it did not come to an end that has a name.
  package var outcome: Outcome?
  /// What went wrong in the undo, where something did.
  package var undoCause: Cause?
  /// See ``Upgrade/leavesDown``.
  var leavesDown: Bool?
}

package enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  case record(String)

  package var description: String {
    switch self {
    case .file(let error): "the journal: \(error)"
    case .record(let text): "journal: \(text)"
    }
  }
}

/// The agent's journal: one file of ``slots`` × ``slotBytes`` bytes, written full of zeros once and
/// never grown, so that a job can be undone on a full disk. Record `seq` goes to slot
/// `seq mod slots` in one write, and one `fdatasync` where a power cut must not take it; what is read is the
/// highest `seq` whose checksum is right, so a torn write leaves the record before it.
///
/// A slot: magic `FLJ1`, CRC-32 of what follows (IEEE 802.3, little-endian), sequence (8 bytes),
/// length (4), JSON, zeros.
package struct Journal: Sendable {
  static let slots = 16
  static let slotBytes = 4096
  static let headerBytes = 20
  static let magic = Array("FLJ1".utf8)

  package let path: FilePath
  package private(set) var current: JournalRecord

  /// Opens the journal, making it where there is none.
  package static func open(_ path: FilePath) throws(JournalError) -> Journal {
    let bytes: [UInt8]
    if let found = try read(path) {
      bytes = found
    } else {
      bytes = [UInt8](repeating: 0, count: slots * slotBytes)
      do { try writeDurably(bytes, to: path, permissions: FilePermissions(rawValue: 0o600)) } catch {
        throw .file(error)
      }
    }
    return Journal(path: path, current: newest(in: bytes) ?? JournalRecord())
  }

  /// The record in force, or nil where there is no journal. Reads only.
  package static func peek(_ path: FilePath) throws(JournalError) -> JournalRecord? {
    guard let bytes = try read(path) else { return nil }
    return newest(in: bytes) ?? JournalRecord()
  }

  /// Records a state. A failed sync is never tried again, because the kernel then calls the page clean.
  ///
  /// - Parameter isDurable: it is on the disk, and all records before it, when this returns.
  package mutating func record(
    _ state: Upgrade.State, job: String?, cause: Cause?, bootID: String, ended: JobEnd? = nil,
    isDurable: Bool = true
  ) throws(JournalError) {
    var next = JournalRecord(
      seq: current.seq + 1, state: state, job: job, cause: cause, bootID: bootID, ended: ended,
      leftDown: current.jobWithoutOld)
    let slot: [UInt8]
    do {
      slot = try Self.encode(next)
    } catch {
      // Too long for a slot: the output's tail is the long part, and it is in the log too.
      next.cause = cause?.short
      next.ended?.undoCause = ended?.undoCause?.short
      slot = try Self.encode(next)
    }
    let offset = Int64(next.seq % Self.slots * Self.slotBytes)
    do {
      let file = try OpenFile.open(path, .writeOnly)
      try file.write(slot, at: offset)
      if isDurable { try file.synchronizeData() }
    } catch { throw .file(error) }
    current = next
  }

  // MARK: The file

  /// Its bytes, fewer where somebody has cut it short; nil where there is none.
  private static func read(_ path: FilePath) throws(JournalError) -> [UInt8]? {
    do { return try OpenFile.open(path).readFirst(bytes: slots * slotBytes) } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw .file(error)
    }
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
    guard let record = try? JSON.decode(JournalRecord.self, from: json),
      Figure.sequence.isPossible(record.seq)
    else { return nil }
    return UInt64(record.seq) == number(8..<16) ? record : nil
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension Cause {
  fileprivate var short: Cause { Cause(code: code, step: step, text: visible(text, limit: 600)) }
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
