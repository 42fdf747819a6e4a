import ByteText
import Files
import Release
import SystemPackage
import Wire

@testable import Effects
@testable import Agent
@testable import Archive

/// A record that is whole comes back as it was written, and none breaks what is read after it.
func readJobFiles(_ bytes: [UInt8]) throws(Broken) {
  try readJournal(bytes)
  try readStory(bytes)
  try requireSame(JobOrder.self, bytes)
  try requireSame(JobFacts.self, bytes)
  try requireSame(BackupRecord.self, bytes)
  try requireSame(Marker.self, bytes)
  try requireSame(StoredClaim.self, bytes)
  try requireSame(OrderedCutover.self, bytes)
  try requireSame(Mark.self, bytes)
  try requireSame([Refusal].self, bytes)
  if let entry = try requireSame(ArchiveEntry.self, bytes) {
    try require(!entry.path.utf8.starts(with: "/".utf8) && !entry.path.holds("../"), "a path \(entry.path)")
  }
  if let record = try? CarryRecord(decoding: bytes) {
    let again = try mustWork("a record of what was carried") { try CarryRecord(decoding: record.encoded()) }
    try require(again == record, "another record of what was carried")
  }
  for line in SupervisorReport(parsing: bytes).lines {
    try require(
      SupervisorReport(parsing: Array(line.text.utf8)).lines == [line], "another report: \(line.text)")
  }
}

/// As a slot's JSON under a checksum that is right, and as the file itself.
private func readJournal(_ bytes: [UInt8]) throws(Broken) {
  _ = Journal.newest(in: bytes)
  let room = Journal.slotBytes - Journal.headerBytes
  guard bytes.count <= room else { return }
  let sequences = [(try? JSON.decode(JournalRecord.self, from: bytes))?.seq ?? 0, 0]
  for sequence in sequences {
    let checked = littleEndian(Int64(sequence)) + littleEndian(Int32(bytes.count)) + bytes
    let slot = Journal.magic + littleEndian(Int32(bitPattern: CRC32.of(checked))) + checked
    let whole = slot + [UInt8](repeating: 0, count: Journal.slotBytes - slot.count)
    guard let record = Journal.decode(whole) else { continue }
    let written = try mustWork("a journal") { () throws -> [UInt8] in
      try Scratch.write(whole, to: "journal")
      var journal = try Journal.open(Scratch.folder.appending("journal"))
      try journal.record(
        record.state, job: record.job, cause: record.cause, bootID: "boot", ended: record.ended,
        isDurable: false)
      return try Journal.encode(journal.current)
    }
    try require(Journal.decode(written)?.seq == record.seq + 1, "the record after \(record.seq)")
  }
}

private func readStory(_ bytes: [UInt8]) throws(Broken) {
  try Scratch.write(bytes, to: "events")
  let path = Scratch.folder.appending("events")
  let before = JobEventLog.readAll(path).0
  let forecast = Forecast(rehearsal: 0, earlier: before.compactMap(\.result), healthyForSeconds: 10)
  try require(forecast.milliseconds >= 0, "a downtime of \(forecast.milliseconds) ms")
  let log = try mustWork("a story") { try JobEventLog(path) }
  try require(log.append(JobEvent(event: .note)), "a story that cannot go on")
  let after = JobEventLog.readAll(path).0
  try require(
    after.count == before.count + 1 && after.last?.event == .note, "the end of the story is not there")
}

@discardableResult
private func requireSame<Fact: Codable & Equatable>(_ type: Fact.Type, _ bytes: [UInt8]) throws(Broken)
  -> Fact?
{
  guard let fact = try? JSON.decode(type, from: bytes) else { return nil }
  let again = try mustWork("\(type)") { try JSON.decode(type, from: try JSON.encode(fact, pretty: true)) }
  try require(again == fact, "another \(type) after a trip")
  return fact
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
