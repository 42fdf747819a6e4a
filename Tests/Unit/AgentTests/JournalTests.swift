import Files
import SystemPackage
import Testing
import Wire

@testable import Upgrade
@testable import Agent

@Suite struct JournalTests {
  private let folder: FilePath

  init() throws {
    folder = FilePath("/tmp/fleet-journal-\(UInt64.random(in: 0 ... .max))")
    try Directory.open("/tmp").makeDirectory(try #require(folder.lastComponent))
  }

  private var path: FilePath { folder.appending("journal") }

  private func cleanUp() { _ = try? Directory.open("/tmp").removeTree(folder.lastComponent ?? "x") }

  @Test func `what was recorded is read again`() throws {
    defer { cleanUp() }
    var journal = try Journal.open(path)
    let cause = Cause(code: .prove, step: .prove, text: "unwell", logTail: ["a", "b"])
    for state in Upgrade.State.allCases + Upgrade.State.allCases {
      try journal.record(state, job: "j", cause: cause, bootID: "b")
      let read = try Journal.open(path).current
      #expect(read == journal.current)
      #expect(read.state == state)
      #expect(read.cause == cause)
    }
  }

  @Test func `a new journal is idle and never grows`() throws {
    defer { cleanUp() }
    var journal = try Journal.open(path)
    #expect(journal.current.state == .idle)
    let size = try FileStatus.of(path).sizeBytes
    for _ in 0..<40 { try journal.record(.begin, job: "j", cause: nil, bootID: "b") }
    #expect(try FileStatus.of(path).sizeBytes == size)
  }

  @Test func `every flipped bit of a slot leaves the previous record`() throws {
    defer { cleanUp() }
    var journal = try Journal.open(path)
    try journal.record(.stopping, job: "j", cause: nil, bootID: "b")
    try journal.record(.stopped, job: "j", cause: nil, bootID: "b")
    let bytes = try readBounded(path, maxBytes: 1 << 20)
    let slot = 2 * Journal.slotBytes
    let used = try Journal.encode(journal.current).lastIndex { $0 != 0 } ?? 0
    for bit in 0..<(used + 1) * 8 {
      var damaged = bytes
      damaged[slot + bit / 8] ^= 1 << (bit % 8)
      #expect(Journal.newest(in: damaged)?.state == .stopping, "bit \(bit)")
    }
  }

  @Test func `a torn write leaves the previous record`() throws {
    defer { cleanUp() }
    var journal = try Journal.open(path)
    try journal.record(.swapping, job: "j", cause: nil, bootID: "b")
    let before = try readBounded(path, maxBytes: 1 << 20)
    try journal.record(.swapped, job: "j", cause: nil, bootID: "b")
    let after = try readBounded(path, maxBytes: 1 << 20)
    let slot = 2 * Journal.slotBytes
    for cut in stride(from: 0, to: Journal.encodedLength(journal.current), by: 7) {
      let torn = before[..<slot] + after[slot..<slot + cut] + before[(slot + cut)...]
      #expect(Journal.newest(in: Array(torn))?.state == .swapping)
    }
  }

  // Its checksum is right: not a torn write, but somebody who wrote it.
  @Test(arguments: [-1, .min, .max, 1 << 41])
  func `a record with a number that cannot be is none`(seq: Int) throws {
    var json = try JSON.encode(JournalRecord(seq: seq, state: .staged, job: "j"))
    json =
      Array(UInt64(bitPattern: Int64(seq)).littleEndianBytes + UInt32(json.count).littleEndianBytes) + json
    let slot = Journal.magic + CRC32.of(json).littleEndianBytes + json
    let whole = slot + [UInt8](repeating: 0, count: Journal.slotBytes - slot.count)
    #expect(Journal.decode(whole) == nil)
  }

  @Test func `the job that left the old version down is known until another has started one`() throws {
    defer { cleanUp() }
    var journal = try Journal.open(path)
    func end(_ job: String, _ outcome: Outcome, _ leavesDown: Bool?) throws -> String? {
      try journal.record(.begin, job: job, cause: nil, bootID: "b")
      let before = journal.current.jobWithoutOld
      try journal.record(
        .idle, job: nil, cause: nil, bootID: "b",
        ended: JobEnd(job: job, outcome: outcome, leavesDown: leavesDown))
      #expect(try Journal.open(path).current.jobWithoutOld == journal.current.jobWithoutOld)
      return before
    }
    #expect(try end("a", .upgraded, false) == nil)
    #expect(try end("b", .failed, true) == nil)
    // What stops nothing starts nothing.
    #expect(try end("c", .refused, nil) == "b")
    #expect(try end("d", .deferred, nil) == "b")
    #expect(try end("e", .interrupted, nil) == "b")
    #expect(try end("f", .failed, true) == "b")
    #expect(try end("g", .interrupted, false) == "f")
    #expect(journal.current.jobWithoutOld == nil, "a shutdown came in between, and it was proved after it")
    // As an agent wrote it that did not write that down.
    #expect(try end("h", .failed, nil) == nil)
    #expect(journal.current.jobWithoutOld == "h")
    #expect(try end("i", .rolledBack, false) == "h")
    #expect(journal.current.jobWithoutOld == nil)
  }

  @Test func `a cause that is too long is shortened not lost`() throws {
    defer { cleanUp() }
    var journal = try Journal.open(path)
    let long = Cause(
      code: .migrate, step: .migrate, text: String(repeating: "é", count: 4_000),
      logTail: Array(repeating: String(repeating: "x", count: 390), count: 40))
    try journal.record(.rollingBack, job: "j", cause: long, bootID: "b")
    let read = try Journal.open(path).current
    #expect(read.state == .rollingBack)
    #expect(read.cause?.code == .migrate)
    #expect(read.cause?.text.hasPrefix("éééé") == true)
  }
}

extension FixedWidthInteger {
  fileprivate var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}

extension Journal {
  static func encodedLength(_ record: JournalRecord) -> Int {
    ((try? encode(record))?.lastIndex { $0 != 0 } ?? 0) + 1
  }
}
