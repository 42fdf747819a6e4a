import Driver
import Files
import Hub
import Report
import Store
import SystemPackage
import Text

/// The rollout of a fleet that is at work, or is open, or else was the last, as its log tells it, whoever drives it.
struct RolloutFollower {
  private let store: RolloutStore
  private(set) var record: RolloutRecord?
  private(set) var live: LiveState?
  private(set) var isDriven = false
  /// The ids that were there the last time, those of them that it may be, and how much of its log was read.
  private var known: [String] = []
  private var candidates: [String] = []
  private var readBytes: Int64 = -1
  private var readLines = 0

  init(_ store: RolloutStore) { self.store = store }

  /// - Returns: whether anything is new.
  mutating func look(at fleet: FleetIdentity) throws(StoreError) -> Bool {
    let before = (id: record?.header.rollout, isDriven: isDriven)
    let ids = try store.ids()
    if ids != known { try takeCandidates(ids, of: fleet) }
    let driven = candidates.first { store.isDriven($0) }
    isDriven = driven != nil
    // What was driven may be open no more, or the other way about.
    if before.isDriven, !isDriven { try takeCandidates(ids, of: fleet) }
    guard let id = driven ?? candidates.first else {
      (record, live) = (nil, nil)
      return before.id != nil
    }
    if id != before.id { (record, live, readBytes, readLines) = (nil, nil, -1, 0) }
    let log = store.path(of: id).appending("events.jsonl")
    let size = try StateFiles.stored(log) { () throws(FileError) in try FileStatus.of(log).sizeBytes }
    guard size != readBytes else { return isDriven != before.isDriven }
    take(StateFiles.lines(try StateFiles.read(log)))
    readBytes = size
    return true
  }

  /// The open ones, the newest first, and else the newest.
  private mutating func takeCandidates(_ ids: [String], of fleet: FleetIdentity) throws(StoreError) {
    let records = try store.records(inventory: fleet.folder, app: fleet.app, limit: Self.most)
    let open = records.filter(\.isOpen)
    candidates = (open.isEmpty ? Array(records.prefix(1)) : open).map(\.header.rollout)
    // One that is being made has no first line yet: it is looked at again.
    let isWhole = try ids.last.map { (id) throws(StoreError) in try store.record(id) != nil } ?? true
    known = isWhole ? ids : []
  }

  /// Of how many rollouts one may still be open.
  private static let most = 20

  private mutating func take(_ lines: [EventLine]) {
    // A torn line that another fleet has cut off.
    if lines.count < readLines || live == nil {
      (readLines, live, record) = (0, nil, RolloutRecord(lines: []))
    }
    for line in lines.dropFirst(readLines) {
      let now = UTC.milliseconds(line.time) ?? 0
      if let begun = RolloutRecord(first: line) {
        record = begun
        live = LiveState(begun)
      } else {
        _ = record?.add(line)
      }
      live?.apply(line, now: now)
    }
    readLines = lines.count
  }
}

/// Whose rollouts are meant.
struct FleetIdentity: Equatable {
  var folder: FilePath
  var app: String?
}
