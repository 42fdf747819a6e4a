import Rollout
import Text
package import Store
import ByteText
import Glibc
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
    guard let directory = opendir(folder.string) else {
      guard errno == ENOENT else { throw failure("read the folder") }
      return []
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if Self.isID(name) { names.append(name) }
    }
    return names.sorted()
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

  /// Makes the folder of a new rollout; nil where the id is taken.
  package func make(_ id: String) throws(StoreError) -> EventLog? {
    try OwnFolder(folder).make()
    guard mkdir(path(of: id).string, 0o700) == 0 else {
      guard errno == EEXIST else { throw failure("make \(id)") }
      return nil
    }
    let (log, _) = try EventLog.open(path(of: id).appending("events.jsonl"))
    do {
      try StateFiles.syncDirectory(path(of: id))
      try StateFiles.syncDirectory(folder)
    } catch {
      throw StoreError(path: folder, action: "sync", cause: "\(error)")
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
  package func records(inventory: FilePath, limit: Int = .max) throws(StoreError) -> [RolloutRecord] {
    var found: [RolloutRecord] = []
    for id in try ids().reversed() {
      guard found.count < limit else { break }
      guard let record = try? record(id), record.header.inventory == inventory.string else { continue }
      found.append(record)
    }
    return found
  }

  /// The last upgrade of this inventory, whatever was put back by hand since.
  package func lastUpgrade(inventory: FilePath) throws(StoreError) -> RolloutRecord? {
    for id in try ids().reversed() {
      guard let record = try? record(id), record.header.inventory == inventory.string, !record.isRollback
      else { continue }
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

  private func failure(_ action: String) -> StoreError {
    StoreError(path: folder, action: action, cause: "\(Errno(rawValue: errno))")
  }
}
