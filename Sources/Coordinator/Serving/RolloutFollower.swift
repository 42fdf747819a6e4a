import Driver
import Files
import Hub
import Report
import Store
import SystemPackage
import Text

/// The newest rollout of a fleet, as its log tells it, whoever drives it.
struct RolloutFollower {
  private let store: RolloutStore
  private(set) var record: RolloutRecord?
  private(set) var live: LiveState?
  private(set) var isDriven = false
  /// The ids that were there the last time, and how much of the log was read.
  private var known: [String] = []
  private var readBytes: Int64 = -1
  private var readLines = 0

  init(_ store: RolloutStore) { self.store = store }

  /// - Returns: whether anything is new.
  mutating func look(at fleet: FleetIdentity) throws(StoreError) -> Bool {
    var isNew = false
    let ids = try store.ids()
    if ids != known {
      known = ids
      let newest = try store.records(inventory: fleet.folder, app: fleet.app, limit: 1).first
      if newest?.header.rollout != record?.header.rollout {
        record = newest
        live = nil
        (readBytes, readLines) = (-1, 0)
        isNew = true
      }
    }
    guard let id = record?.header.rollout else { return isNew }
    let driven = store.isDriven(id)
    if driven != isDriven {
      isDriven = driven
      isNew = true
    }
    let log = store.path(of: id).appending("events.jsonl")
    let size = try StateFiles.stored(log) { () throws(FileError) in try FileStatus.of(log).sizeBytes }
    guard size != readBytes else { return isNew }
    let lines = StateFiles.lines(try StateFiles.read(log))
    take(lines)
    readBytes = size
    return true
  }

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
