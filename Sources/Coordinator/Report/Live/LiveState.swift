internal import Wire

/// How the lines on a terminal may look.
struct LiveStyle: Equatable, Sendable {
  var color = true
  var unicode = true

  init(color: Bool = true, unicode: Bool = true) {
    self.color = color
    self.unicode = unicode
  }

  /// NO_COLOR (no-color.org) and the locale decide.
  init(environment: [String: String]) {
    color = (environment["NO_COLOR"] ?? "").isEmpty
    let locale =
      ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    let name = locale.lowercased()
    unicode = name.contains("utf-8") || name.contains("utf8")
  }
}

/// What a terminal shows of a rollout under way. Pure: lines in, a frame out.
struct LiveState: Sendable {
  private struct Row: Sendable {
    var name: String
    var activity = ""
    var done: Int64?
    var total: Int64?
    var downSince: Int64?
    var downtimeMilliseconds: Int?
    var outcome: Outcome?
    var isActive = false
  }

  private var title = ""
  private var rows: [Row] = []
  private var foot = ""

  mutating func apply(_ line: EventLine, now: Int64) {
    if let header = line.header {
      title = "\(header.name) \(header.tag) (track \(header.track))"
      rows = header.hosts.map { Row(name: visible($0, limit: 40)) }
      names = header.hosts
    }
    if line.event == EventLine.soaking { foot = "waiting \(line.total ?? 0) s before the next batch" }
    if ["soaked", EventLine.cutoverOrdered].contains(line.event) { foot = "" }
    if line.event == "interrupted" {
      foot = "interrupted: finishing what is in its cutover (Ctrl-C again lets go)"
    }
    guard let host = line.host, let index = names.firstIndex(of: host) else { return }
    update(&rows[index], line, now)
  }

  private var names: [String] = []

  private func update(_ row: inout Row, _ line: EventLine, _ now: Int64) {
    func set(_ activity: String, active: Bool = true) {
      (row.activity, row.isActive) = (activity, active)
      (row.done, row.total) = (nil, nil)
    }
    func end(_ outcome: Outcome?, _ resting: String) {
      row.outcome = outcome
      row.downSince = nil
      set(outcome.map { Wording.outcome($0) } ?? resting, active: false)
    }
    switch line.event {
    case "host_probed": end(line.outcome, "waiting to stage")
    case "host_unreachable": end(.unreachable, "")
    case "stage_failed": end(.refused, "")
    case EventLine.stageBegan: set("connecting")
    case EventLine.uploading, EventLine.uploaded:
      set("sending")
      (row.done, row.total) = (line.done, line.total)
    case "staged": end(line.result?.outcome, "staged, ready")
    case "not_now": end(.deferred, "")
    case EventLine.cutoverOrdered: set("ordered")
    case EventLine.following: set("following")
    case "cutover_rested":
      row.downtimeMilliseconds = line.result?.downtimeMilliseconds
      end(line.result?.outcome, "staged, ready")
    case "connection_lost": set("connection lost, its cutover goes on")
    case "heard_from": set("following")
    case "turned_unwell": end(.failed, "")
    case EventLine.goingBack:
      row.outcome = nil
      set("going back")
    case "went_back": end(line.result?.outcome == .upgraded ? .rolledBack : .upgraded, "")
    case "stays_upgraded": end(.upgraded, "")
    case "order_expired": end(.unknown, "")
    case JobEvent.Name.stepStarted.rawValue: set(line.step?.rawValue ?? "")
    case JobEvent.Name.stepProgress.rawValue: (row.done, row.total) = (line.done, line.total)
    case JobEvent.Name.down.rawValue: row.downSince = now
    case JobEvent.Name.up.rawValue:
      row.downSince = nil
      row.downtimeMilliseconds = line.milliseconds
    default: break
    }
  }

  /// - Parameters:
  ///   - width: no line is longer, in characters.
  ///   - height: no more lines; hosts at work come first then.
  func frame(width: Int, height: Int, style: LiveStyle, now: Int64) -> [String] {
    guard !rows.isEmpty else { return [] }
    let ended = rows.count { $0.outcome != nil }
    let room = max(1, height - 3)
    var shown = rows
    if rows.count > room {
      shown = Array((rows.filter(\.isActive) + rows.filter { !$0.isActive }).prefix(room))
    }
    let wide = shown.map(\.name.count).max() ?? 0
    var lines = [cut("\(title)   \(ended) of \(rows.count) done", width, style)]
    for row in shown {
      let text =
        "\(mark(row, style, now)) \(row.name)\(Table.spaces(wide - row.name.count))  \(detail(row, now))"
      lines.append(paint(cut(text, width, style), row, style))
    }
    if shown.count < rows.count { lines.append(cut("and \(rows.count - shown.count) more", width, style)) }
    if !foot.isEmpty { lines.append(cut(foot, width, style)) }
    return lines
  }

  private func detail(_ row: Row, _ now: Int64) -> String {
    var text = row.activity
    if let done = row.done, let total = row.total, total > 0 {
      let amount =
        row.activity == "sending" || total > 100_000
        ? "\(Wording.bytes(done)) of \(Wording.bytes(total))" : "\(done) of \(total)"
      text += "  \(amount), \(min(100, done * 100 / total)) %"
    }
    if let since = row.downSince { text += "  down \(Wording.seconds(Int(now - since)))" }
    if row.downSince == nil, let milliseconds = row.downtimeMilliseconds {
      text += "  was down \(Wording.seconds(milliseconds))"
    }
    return text
  }

  private func mark(_ row: Row, _ style: LiveStyle, _ now: Int64) -> String {
    switch row.outcome {
    case .upgraded, .current: return style.unicode ? "✓" : "+"
    case .rolledBack, .failed, .refused, .unknown: return style.unicode ? "✗" : "x"
    case .deferred, .unreachable, .untouched, .interrupted: return "-"
    case nil: break
    }
    guard row.isActive else { return style.unicode ? "·" : "." }
    let wheel = style.unicode ? ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"] : ["|", "/", "-", "\\"]
    return wheel[Int(max(0, now) / 125 % Int64(wheel.count))]
  }

  private func paint(_ text: String, _ row: Row, _ style: LiveStyle) -> String {
    guard style.color else { return text }
    let code: Int? =
      switch row.outcome {
      case .upgraded: 32
      case .rolledBack, .failed, .unknown: 31
      case .refused, .deferred, .unreachable, .interrupted: 33
      case .current, .untouched: 2
      case nil: row.downSince != nil ? 1 : nil
      }
    return code.map { "\u{1B}[\($0)m\(text)\u{1B}[0m" } ?? text
  }

  private func cut(_ text: String, _ width: Int, _ style: LiveStyle) -> String {
    guard text.count > width, width > 1 else { return text }
    return text.prefix(width - 1) + (style.unicode ? "…" : "~")
  }
}
