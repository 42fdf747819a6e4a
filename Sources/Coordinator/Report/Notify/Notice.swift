import Rollout
import Driver
import Text
package import Inventory
import FoundationEssentials
import Wire

/// What somebody who is not looking is told: `fleet.notification/1`.
package struct Notice: Encodable, Equatable, Sendable {
  package static let schema = "fleet.notification/1"

  package enum Event: String, Codable, Sendable {
    /// A rollout came to its end.
    case finish
    /// A rollout halted, or a host needs hands.
    case halt
    /// There is a release that hosts would go to.
    case release
  }

  package struct NewRelease: Codable, Equatable, Sendable {
    package var tag: String
    package var track: String
    package var hosts: [String]

    package init(tag: String, track: String, hosts: [String]) {
      self.tag = tag
      self.track = track
      self.hosts = hosts
    }
  }

  package var event: Event
  package var app: String
  /// The first line of what the program prints.
  package var title: String
  /// All of it.
  package var text: String
  /// Of a rollout.
  package var report: Report?
  /// Of `release`.
  package var releases: [NewRelease]

  /// nil for a run that nobody needs to be told of: the person ended it, or it only staged.
  package init?(
    _ report: Report, timezone: String?, typed: TypedFleet = TypedFleet(),
    since: NextSteps.Since = NextSteps.Since()
  ) {
    guard report.outcome == .done || report.outcome == .halted else { return nil }
    let needsHands = report.hosts.contains { $0.outcome == .failed || $0.now?.healthy == false }
    let isStageOnly = report.hosts.contains { $0.reason?.code == .staged }
    guard report.outcome == .halted || needsHands || !isStageOnly else { return nil }
    event = report.outcome == .halted || needsHands ? .halt : .finish
    app = report.app
    var text = ReportText(report, timezone: timezone, typed: typed)
    text.since = since
    title = text.title
    self.text = text.lines.joined(separator: "\n")
    self.report = report
    releases = []
  }

  package init(app: String, releases: [NewRelease], notes: [String], typed: TypedFleet) {
    event = .release
    self.app = app
    let lines = releases.map {
      "\(app) \($0.tag) is out on track \($0.track), for \(Wording.list($0.hosts))."
    }
    title = lines.first ?? ""
    text = (lines + notes + ["next: \(typed.command("upgrade"))"]).joined(separator: "\n")
    report = nil
    self.releases = releases
  }

  /// Of more than one the worst is said first, so one is enough to know whether to get up.
  package var isUrgent: Bool { report?.hosts.contains { $0.outcome == .failed } ?? false }

  enum CodingKeys: String, CodingKey { case schema, event, app, title, text, report, releases }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(Self.schema, forKey: .schema)
    try keys.encode(event, forKey: .event)
    try keys.encode(app, forKey: .app)
    try keys.encode(title, forKey: .title)
    try keys.encode(text, forKey: .text)
    try keys.encode(report, forKey: .report)
    try keys.encode(releases, forKey: .releases)
  }

  /// One line of JSON, keys in snake case, every key always there.
  package func encoded() throws -> [UInt8] { try Array(SnakeJSON.encoder.encode(self)) }
}

/// Every bound on telling somebody, with its unit.
enum NotifyLimits {
  /// One of `notify`, from the first packet to the answer, in seconds.
  static let seconds = 20.0
  /// A command, in seconds; it is killed then, with all that it started.
  static let commandSeconds = 60.0
  /// An answer is not read beyond this, in bytes.
  static let answerBytes: Int64 = 64 << 10
  /// ntfy takes a longer text for a file, in bytes.
  static let ntfyTextBytes = 3_800
  /// In a header, in characters.
  static let titleCharacters = 250
  /// What is shown of why it failed, in characters.
  static let problemCharacters = 300
  /// Releases that are remembered as told, of one inventory.
  static let remembered = 200
}
