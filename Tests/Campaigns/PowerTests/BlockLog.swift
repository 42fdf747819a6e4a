import Foundation

/// What a disk was told, in order (see `Tests/Campaigns/Tools/blocklog`).
struct BlockLog: Sendable {
  enum Record: Sendable, Equatable {
    /// `at`: where its bytes are in the log's file.
    case write(offset: Int, count: Int, at: Int)
    case flush
    case discard(offset: Int, count: Int)
    case mark(String)
  }

  let records: [Record]
  private let bytes: Data

  struct Torn: Error {}

  init(_ bytes: Data) throws {
    var records: [Record] = []
    var at = bytes.startIndex
    func number<T: FixedWidthInteger>(_ type: T.Type, _ place: Int) -> Int {
      let size = MemoryLayout<T>.size
      return bytes[place..<place + size].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    while at < bytes.endIndex {
      guard at + 24 <= bytes.endIndex else { throw Torn() }
      let (kind, length) = (number(UInt32.self, at), number(UInt32.self, at + 4))
      let (offset, extent) = (number(UInt64.self, at + 8), number(UInt64.self, at + 16))
      at += 24
      guard at + length <= bytes.endIndex else { throw Torn() }
      switch kind {
      case 1: records.append(.write(offset: offset, count: length, at: at))
      case 2: records.append(.flush)
      case 3: records.append(.discard(offset: offset, count: extent))
      case 4: records.append(.mark(String(decoding: bytes[at..<at + length], as: UTF8.self)))
      default: throw Torn()
      }
      at += length
    }
    self.records = records
    self.bytes = bytes
  }

  func content(at: Int, count: Int) -> Data { bytes[at..<at + count] }

  /// Whether a record of the agent's journal is written there.
  func isJournal(_ index: Int) -> Bool {
    guard case .write(_, let count, let at) = records[index] else { return false }
    return content(at: at, count: count).starts(with: Self.journalMagic)
  }

  private static let journalMagic = Data("FLJ1".utf8)

  /// Where a mark stands.
  func index(of mark: String) -> Int? { records.firstIndex(of: .mark(mark)) }

  /// What had been promised before record `end`.
  func promises(before end: Int) -> Promises {
    var promises = Promises()
    for case .mark(let text) in records[..<end] {
      for line in text.split(separator: "\n") { promises.take(String(line)) }
    }
    return promises
  }
}

/// What somebody had been told by the moment of the cut, and must therefore find afterwards.
struct Promises: Equatable, Sendable {
  /// Sequence numbers of measurements, by the version that took them.
  var rows: [String: [Int]] = [:]
  /// Names of pictures, likewise.
  var pictures: [String: [String]] = [:]
  /// How the job rests, as the coordinator heard it.
  var heard: String?

  mutating func take(_ line: String) {
    let words = line.split(separator: " ").map(String.init)
    switch (words.first, words.count) {
    case ("row", 3): rows[words[1], default: []].append(Int(words[2]) ?? -1)
    case ("picture", 3): pictures[words[1], default: []].append(words[2])
    case ("heard", 2): heard = words[1]
    default: break
    }
  }
}
