import Rollout
import Text
package import Store
import ByteText
import Files
package import SystemPackage

/// `$XDG_STATE_HOME/fleet/rollouts`: one folder for each rollout, named by its id.
package struct RolloutStore: Sendable {
  package let folder: FilePath

  package init(folder: FilePath) { self.folder = folder }

  /// XDG base directory specification; `~/.local/state` where the variable is not set.
  package init(environment: [String: String]) {
    let state =
      environment["XDG_STATE_HOME"].flatMap { $0.begins(with: "/") ? $0 : nil }
      ?? (environment["HOME"] ?? "/root") + "/.local/state"
    self.init(folder: FilePath(state).appending("fleet").appending("rollouts"))
  }

  /// All ids, oldest first.
  package func ids() throws(StoreError) -> [String] {
    try OwnFolder(folder).check()
    let names = try StateFiles.stored(folder) { () throws(FileError) -> [String] in
      do throws(FileError) {
        return try Directory.open(folder, following: true).entries().map(\.string)
      } catch {
        guard error.errno == .noSuchFileOrDirectory else { throw error }
        return []
      }
    }
    return names.filter(Self.isID).sorted()
  }

  /// Ids are file names: what a person types is held to their form.
  package static func isID(_ text: String) -> Bool {
    text.utf8.count <= 200 && text.unicodeScalars.first?.isDigit == true
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"),
          UInt8(ascii: "_"), UInt8(ascii: "+"):
          true
        default: false
        }
      }
  }

  package func path(of id: String) -> FilePath { folder.appending(id) }

  /// The folder of a new rollout, and its log with its first line.
  ///
  /// - Parameters:
  ///   - header: with the wished id; where that is taken, another is given.
  ///   - now: milliseconds since 1970.
  package func begin(
    _ header: RolloutHeader, at now: Int64
  ) throws(StoreError) -> (record: RolloutRecord, log: EventLog) {
    for attempt in 1...100 {
      var header = header
      if attempt > 1 { header.rollout += "_\(attempt)" }
      guard let log = try make(header.rollout) else { continue }
      let begun = RolloutRecord(header, at: UTC.text(now))
      try log.append(begun.firstLine, durable: true)
      var record = begun
      _ = record.add(begun.firstLine)
      return (record, log)
    }
    throw StoreError(path: folder, action: "make \(header.rollout)", cause: "taken too often")
  }

  /// Makes the folder of a new rollout; nil where the id is taken.
  package func make(_ id: String) throws(StoreError) -> EventLog? {
    try OwnFolder(folder).make()
    guard let name = FilePath.Component(id) else { return nil }
    let isNew = try StateFiles.stored(path(of: id)) { () throws(FileError) -> Bool in
      do throws(FileError) {
        try Directory.open(folder, following: true)
          .makeNewDirectory(name, permissions: [.ownerReadWriteExecute])
        return true
      } catch {
        guard error.errno == .fileExists else { throw error }
        return false
      }
    }
    guard isNew else { return nil }
    let log: EventLog
    do throws(StoreError) { log = try EventLog.open(path(of: id).appending("events.jsonl")).0 } catch {
      // A folder without a log is no rollout.
      _ = try? Directory.open(folder, following: true).removeIfEmpty(name)
      throw error
    }
    try StateFiles.stored(path(of: id)) { () throws(FileError) in
      try Directory.open(path(of: id)).synchronize()
      try Directory.open(folder, following: true).synchronize()
    }
    return log
  }

  /// For going on with it: keeps others out while the log lives.
  package func open(_ id: String) throws(StoreError) -> (EventLog, RolloutRecord?) {
    try OwnFolder(path(of: id)).check()
    do {
      let (log, lines) = try EventLog.open(path(of: id).appending("events.jsonl"))
      return (log, RolloutRecord(lines: lines))
    } catch {
      guard error.isLocked, let record = try? record(id) else { throw error }
      var told = error
      told.cause =
        "another fleet on this machine is at work on the rollout \(id) since \(Wording.minute(record.taken)), of "
        + "\(record.header.who). Wait for its end, or look: fleet status. Ctrl-C there ends it, or: fleet abort"
      throw told
    }
  }

  /// Whether another fleet on this machine has it in hand.
  package func isDriven(_ id: String) -> Bool { EventLog.isLocked(path(of: id).appending("events.jsonl")) }

  /// Whether another fleet on this machine goes on with it now.
  package func isAtWork(_ record: RolloutRecord) -> Bool { record.isOpen && isDriven(record.header.rollout) }

  /// For looking at it.
  package func record(_ id: String) throws(StoreError) -> RolloutRecord? {
    try OwnFolder(path(of: id)).check()
    return RolloutRecord(lines: StateFiles.lines(try StateFiles.read(path(of: id).appending("events.jsonl"))))
  }

  /// The newest first, of this inventory; those that cannot be read are passed over.
  ///
  /// - Parameter app: of this one of its apps; nil: whatever app it was of.
  package func records(
    inventory: FilePath, app: String?, limit: Int = .max
  ) throws(StoreError) -> [RolloutRecord] {
    var found: [RolloutRecord] = []
    for id in try ids().reversed() {
      guard found.count < limit else { break }
      guard let record = try? record(id), record.header.isOf(inventory, app) else { continue }
      found.append(record)
    }
    return found
  }

  /// The last upgrade of this inventory, whatever was put back by hand since.
  package func lastUpgrade(inventory: FilePath, app: String?) throws(StoreError) -> RolloutRecord? {
    for id in try ids().reversed() {
      guard let record = try? record(id), record.header.isOf(inventory, app), !record.isRollback else {
        continue
      }
      return record
    }
    return nil
  }

  /// The folders of the inventories that rollouts were of, the last one first; what cannot be read says nothing.
  package func lastInventories() -> [FilePath] {
    var found: [FilePath] = []
    for id in ((try? ids()) ?? []).suffix(RolloutLimits.inventoriesLookedFor).reversed() {
      guard let folder = (try? record(id)).map({ FilePath($0.header.inventory) }), !found.contains(folder)
      else {
        continue
      }
      found.append(folder)
    }
    return found
  }
}

extension RolloutHeader {
  fileprivate func isOf(_ inventory: FilePath, _ app: String?) -> Bool {
    self.inventory == inventory.string && (app.map { self.app.isSpelled($0) } ?? true)
  }
}
