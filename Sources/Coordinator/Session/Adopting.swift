import Store
import Inventory
import Report
import Driver
import ByteText
import Files
import Glibc
import SystemPackage
import Wire

/// `fleet plan --adopt`: proposes lines of fleet.yaml for what would stay behind, shows them, and writes them after
/// asking.
struct Adopting {
  let session: Session
  let plan: Plan
  let accounts: [String: FileAccount]

  /// - Returns: whether something was written.
  func run() async throws -> Bool {
    let found = plan.entries.compactMap { entry in
      if case .groups(let groups) = accounts[entry.host.name], !groups.isEmpty { groups } else { nil }
    }
    let adoption = Adoption.of(found)
    for text in adoption.open { session.aside("Not proposed, look yourself: \(text)") }
    guard !adoption.lines.isEmpty else {
      session.aside("There is nothing to propose.")
      return false
    }
    guard let location = session.location else {
      paste(adoption, "the inventory is no file")
      return false
    }
    guard session.fleet.namedApp == nil else {
      paste(adoption, "it is of several apps")
      return false
    }
    let file: FilePath
    let old: [UInt8]
    do {
      // What may be a link is written where it leads.
      file = try realPath(location.file)
      old = try readBounded(file, maxBytes: InventoryLimits.fileBytes)
    } catch {
      throw StoreError(path: location.file, action: "read", cause: "\(error)")
    }
    guard let text = String(validating: old, as: UTF8.self), let new = Self.insert(adoption, into: text)
    else {
      paste(adoption, "no place in \(location.shown(location.file)) is certain to be the right one")
      return false
    }
    if let why = objection(to: new, adoption, at: location) {
      paste(adoption, why)
      return false
    }
    show(LineChanges(from: text, to: new), of: location.shown(location.file))
    guard try await session.prompter.confirm("Write this into \(location.shown(location.file))?") else {
      session.aside("Nothing was written.")
      return false
    }
    try write(Array(new.utf8), over: old, at: file)
    return true
  }

  static func insert(_ adoption: Adoption, into text: String) -> String? {
    var insertion = YAMLInsertion(text: text)
    for key in Adoption.Key.allCases.reversed() {
      guard insertion.add(adoption.lines(key).map(\.yaml), to: key.rawValue, of: "profile", after: "app")
      else {
        return nil
      }
    }
    return insertion.text
  }

  /// Why the file as it would be does not say what is meant: a group or a host may have lists of its own, which replace
  /// those at the top.
  private func objection(to new: String, _ adoption: Adoption, at location: InventoryLocation) -> String? {
    let fleet: Fleet
    do { fleet = try Fleet.load(from: location, saying: Array(new.utf8)) } catch {
      return "with them the inventory could not be read (\(error.errors.first?.message ?? ""))"
    }
    let answered = accounts.filter { if case .groups = $0.value { true } else { false } }
    if let other = fleet.hosts.first(where: { answered[$0.name] == nil }) {
      return "\(other.name) has not said what it has, and they would count there too"
    }
    let names = Set(
      plan.entries.map(\.host.name).filter { name in
        if case .groups(let groups) = accounts[name], !groups.isEmpty { true } else { false }
      })
    for host in fleet.hosts where names.contains(host.name) {
      for line in adoption.lines {
        let isThere = host.profiles.allSatisfy { profile in
          switch line.method {
          case nil: profile.agent.ignore.contains(line.pattern)
          case let method?: profile.agent.carry.contains { $0.kind == method && $0.path == line.pattern }
          }
        }
        guard isThere else {
          return
            "\(host.name), a group of it or defaults: has \(line.key.rawValue) of its own, which counts instead"
        }
      }
    }
    return nil
  }

  private func paste(_ adoption: Adoption, _ why: String) {
    let place = session.fleet.namedApp.map { "apps: \($0): profile:" } ?? "profile:"
    session.aside("Nothing was written: \(why). To paste under \(place) in fleet.yaml:")
    for key in Adoption.Key.allCases where !adoption.lines(key).isEmpty {
      session.printWhole("  \(key.rawValue):")
      for line in adoption.lines(key) { session.printWhole("    - \(line.yaml)") }
    }
  }

  /// On the error stream, as the question is.
  private func show(_ changes: LineChanges, of file: String) {
    session.warn("\(file):")
    for line in changes.lines { session.warn(line) }
  }

  private func write(_ new: [UInt8], over old: [UInt8], at file: FilePath) throws {
    do {
      // Somebody may have had it open in an editor while the question stood there.
      guard try readBounded(file, maxBytes: InventoryLimits.fileBytes) == old else {
        throw UsageError(
          "\(file) has changed meanwhile, and was left alone; again: \(session.typed.command("plan --adopt"))"
        )
      }
      let status = try FileStatus.of(file)
      try writeDurably(new, to: file, permissions: status.permissions)
      // Run by sudo, the file stays its owner's.
      if geteuid() == 0, status.user != 0 {
        try OpenFile.open(file).setOwner(user: status.user, group: status.group)
      }
    } catch let error as FileError {
      throw StoreError(path: file, action: "write", cause: "\(error)")
    }
  }
}
