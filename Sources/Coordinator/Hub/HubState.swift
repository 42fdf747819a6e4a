import ByteText
import Driver
package import Report
import Wire

/// What the page shows, at one moment.
package struct HubState: Sendable {
  /// A host of the inventory.
  package struct Room: Sendable {
    package var host: String
    /// As it answered last; nil: it was not asked yet.
    package var row: StatusRow?
    /// Why it is left alone; nil: it is not.
    package var held: Bool
    /// What the rollout does with it, or did last.
    package var live: LiveState.HostWords?

    package init(host: String, held: Bool = false) {
      self.host = host
      self.held = held
    }
  }

  /// The rollout that is open, or else the last one.
  package struct Work: Sendable {
    package var rollout: String
    /// Somebody on this machine drives it now.
    package var isDriven: Bool
    package var isOpen: Bool
    /// What goes on, or what it came to: the first line of its report.
    package var headline: String
    /// What comes next.
    package var foot: String?
    /// How bad it is.
    package var mood: Mood

    package init(
      rollout: String, isDriven: Bool, isOpen: Bool, headline: String, foot: String?, mood: Mood
    ) {
      self.rollout = rollout
      self.isDriven = isDriven
      self.isOpen = isOpen
      self.headline = headline
      self.foot = foot
      self.mood = mood
    }
  }

  package enum Mood: String, Sendable { case good, warn, bad }

  /// A command that was begun from the page.
  package struct Command: Sendable {
    package var typed: String
    package var by: String
    /// Milliseconds since 1970.
    package var began: Int64
    /// The end of what it printed.
    package var output: String
    /// nil: it is not over.
    package var code: Int32?

    package init(typed: String, by: String, began: Int64) {
      self.typed = typed
      self.by = by
      self.began = began
      output = ""
    }
  }

  /// What the fleet is called.
  package var name: String
  package var timezone: String?
  package var rooms: [Room]
  /// When all were asked last, milliseconds since 1970.
  package var looked: Int64?
  package var isLooking = false
  /// Why it is not known which releases there are.
  package var sourceTrouble: String?
  package var work: Work?
  package var command: Command?
  /// The inventory cannot be read: nothing can be done before it is mended.
  package var trouble: String?

  package init(name: String, timezone: String?, rooms: [Room]) {
    self.name = name
    self.timezone = timezone
    self.rooms = rooms
  }

  /// A rollout or a command is under way.
  package var isBusy: Bool { work?.isDriven == true || isRunning }
  package var isRunning: Bool { command.map { $0.code == nil } ?? false }

  /// Whose failure nobody has looked at.
  package var marked: [String] { rooms.filter { $0.row?.marked != nil }.map(\.host) }
  package var upgradable: [String] { rooms.filter { $0.row?.available != nil && !$0.held }.map(\.host) }
  package var unwell: [String] {
    rooms.filter { $0.row?.healthy == false || $0.row?.problem != nil }.map(\.host)
  }

  /// Why this is not to be pressed now; nil: it may be.
  package func objection(to action: HubAction) -> String? {
    if action == .pause { return work?.isDriven == true ? nil : "Nothing is at work." }
    if action == .abort { return work?.isOpen == true ? nil : "No rollout is open." }
    if let trouble { return trouble }
    // They become words of a command line: an option, or a pattern, is no room.
    if let stranger = action.hosts.first(where: { name in !rooms.contains { $0.host.isSpelled(name) } }) {
      return "There is no room \(stranger)."
    }
    switch action {
    case .pause, .abort: return nil
    case .resume:
      if isBusy { return "It is at work." }
      if !marked.isEmpty { return Self.lookFirst(marked) }
      return work?.isOpen == true ? nil : "No rollout is open."
    case .clear(let host):
      if isBusy { return "Something is at work." }
      return row(host)?.marked == nil && row(host)?.held == nil ? "There is nothing to clear." : nil
    case .rollback(let host):
      if isBusy { return "Something is at work." }
      return (row(host)?.backups ?? 0) > 0 ? nil : "It has no backup."
    case .upgrade(let hosts), .stage(let hosts):
      if isBusy { return "Something is at work." }
      let meant = hosts.isEmpty ? rooms.map(\.host) : hosts
      let unseen = marked.filter { meant.contains($0) }
      if !unseen.isEmpty { return Self.lookFirst(unseen) }
      if rooms.contains(where: { meant.contains($0.host) && $0.row == nil && !$0.held }) {
        return "Not all have been asked yet."
      }
      return upgradable.contains(where: meant.contains) ? nil : "There is nothing newer."
    }
  }

  private static func lookFirst(_ hosts: [String]) -> String {
    "Look first what failed: \(hosts.joined(separator: ", "))."
  }

  private func row(_ host: String) -> StatusRow? { rooms.first { $0.host == host }?.row }
}
