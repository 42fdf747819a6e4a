import ByteText
import Driver
package import Report
import Text
import Wire

/// The parts of the page that change, each under its own id: what a page that stays open is sent.
package struct HubFragments {
  let state: HubState
  /// Milliseconds since 1970.
  let now: Int64
  /// Whether who reads it may press.
  let acts: Bool

  package init(_ state: HubState, now: Int64, acts: Bool) {
    self.state = state
    self.now = now
    self.acts = acts
  }

  /// In the order in which they stand on the page.
  package var all: [(id: String, html: Markup)] {
    [("head", head)] + state.rooms.enumerated().map { ("room-\($0)", room($1, "room-\($0)")) }
      + [("command", command)]
  }

  // MARK: The head

  private var head: Markup {
    let work = state.work
    return """
      <header id="head" class="\(Markup(mood))" aria-live="polite">
      <h1>\(headline)</h1>
      \(line(work.flatMap { work in work.isDriven ? work.foot : nil }))\(line(state.sourceTrouble))\
      <p class="quiet">\(seen)\(report)</p>
      \(buttons([.upgrade([]), .stage([]), .pause, .resume, .abort].filter(isShown)))</header>

      """
  }

  private var headline: String {
    if let trouble = state.trouble { return trouble }
    if let work = state.work, work.isDriven { return work.headline }
    if let work = state.work, !state.marked.isEmpty || work.mood == .bad || work.isOpen && work.mood == .warn
    {
      return work.headline
    }
    let unwell = state.unwell
    guard unwell.isEmpty else { return "Not well: \(Wording.list(unwell))." }
    let unknown = state.rooms.filter { $0.row == nil && !$0.held }.map(\.host)
    guard unknown.isEmpty else {
      return state.isLooking ? "Asking the rooms." : "Not asked yet: \(Wording.list(unknown))."
    }
    let doubtful = state.rooms.filter { $0.row.map { $0.healthy == nil } ?? false }.map(\.host)
    guard doubtful.isEmpty else {
      return "Nobody knows how \(Wording.list(doubtful)) \(doubtful.count == 1 ? "is" : "are")."
    }
    let upgradable = state.upgradable
    let rest = upgradable.isEmpty ? "" : " There is something newer for \(Wording.list(upgradable))."
    return "All is well; nothing needs you." + rest
  }

  private var mood: HubState.Mood {
    if state.trouble != nil || !state.marked.isEmpty { return .bad }
    if let work = state.work, work.isDriven || work.mood == .bad || work.isOpen { return work.mood }
    return state.rooms.allSatisfy { $0.held || $0.row?.healthy == true } && state.unwell.isEmpty
      ? .good : .warn
  }

  private var seen: String {
    if state.isLooking { return "Asking the rooms now." }
    guard let looked = state.looked else { return "Nobody was asked yet." }
    return "Asked at \(Wording.localTime(looked, zone: state.timezone))."
  }

  private var report: Markup? {
    guard let work = state.work else { return nil }
    return " <a href=\"/rollouts/\(work.rollout)\">\(work.isOpen ? "The rollout" : "The last rollout")</a>"
  }

  /// What can be pressed at some time: the others are not there at all.
  private func isShown(_ action: HubAction) -> Bool {
    switch action {
    case .pause: state.work?.isDriven == true
    case .resume: state.work.map { $0.isOpen && !$0.isDriven } ?? false
    case .abort: state.work?.isOpen == true
    default: state.work?.isDriven != true
    }
  }

  // MARK: What was pressed

  private var command: Markup {
    guard let command = state.command else { return "<section id=\"command\" hidden></section>\n" }
    let end: Markup
    switch command.code {
    case nil: end = "<span class=\"outcome\">at work</span>"
    case 0?: end = "<span class=\"outcome good\">done</span>"
    case let code?: end = "<span class=\"outcome bad\">ended with \(Int(code))</span>"
    }
    let isBad = command.code.map { $0 != 0 } ?? false
    let began = Wording.localTime(command.began, zone: state.timezone)
    return """
      <section id="command" class="card">
      <h2><code>\(command.typed)</code> \(end)</h2>
      <p class="quiet">\(began), by \(command.by)</p>
      <details\(isBad ? " open" : "" as Markup)><summary>what it says</summary>\
      <pre tabindex="0">\(lines(command.output))</pre></details>
      </section>

      """
  }

  private func lines(_ text: String) -> [Markup] { text.textLines.map { "\(String($0))\n" } }

  // MARK: A room

  private func room(_ room: HubState.Room, _ id: String) -> Markup {
    let row = room.row
    return """
      <article id="\(id)" class="card \(Markup(look(room)))">
      <h2>\(room.host) <span class="outcome">\(word(room))</span></h2>
      <p class="facts">\(versions(room))</p>
      \(clock(room))\(line(activity(room)))\(line(row?.problem))\(line(row?.unwell))\(marked(row))\
      <p class="quiet">\(facts(row))</p>
      \(buttons(actions(room), of: room.host))</article>

      """
  }

  private func look(_ room: HubState.Room) -> HubState.Mood {
    guard let row = room.row else { return .warn }
    if row.marked != nil || state.work?.isDriven == true && room.live?.downSince != nil { return .bad }
    return row.healthy != true || row.problem != nil ? .warn : .good
  }

  private func word(_ room: HubState.Room) -> String {
    if room.held { return "left alone" }
    if state.work?.isDriven == true, let live = room.live, live.isActive { return live.activity }
    guard let row = room.row else { return "not asked yet" }
    if row.marked != nil { return "failed: to be looked at" }
    if row.problem != nil { return "in doubt" }
    switch row.healthy {
    case true?: return "well"
    case false?: return "UNWELL"
    case nil: return "nobody knows how it is"
    }
  }

  private func versions(_ room: HubState.Room) -> String {
    guard let row = room.row else { return "" }
    let version = row.version ?? "unknown version"
    let track = row.track.map { ", track \($0)" } ?? ""
    guard let available = row.available else {
      return version + (row.track == nil ? "" : ", the newest there is\(track)")
    }
    return "\(version) \u{2192} \(available)\(track)"
  }

  /// Goes on by itself where the page has a script.
  private func clock(_ room: HubState.Room) -> Markup? {
    guard state.work?.isDriven == true, let since = room.live?.downSince else { return nil }
    let seconds = Wording.seconds(Int(max(0, now - since)))
    return "<p class=\"clock\">down <span data-since=\"\(String(since))\">\(seconds)</span></p>\n"
  }

  private func activity(_ room: HubState.Room) -> String? {
    guard state.work?.isDriven == true, let live = room.live else { return nil }
    let text = [live.activity, live.detail].filter { !$0.isEmpty }.joined(separator: ": ")
    return text.isEmpty ? nil : text
  }

  private func marked(_ row: StatusRow?) -> Markup? {
    guard let marked = row?.marked else { return nil }
    return "<p class=\"note\">Marked by \(marked)</p>\n"
  }

  private func facts(_ row: StatusRow?) -> String {
    guard let row else { return "" }
    var facts: [String] = []
    if let last = row.lastUpgrade {
      let day = last.time.flatMap { UTC.milliseconds($0) }.map { Wording.localTime($0, zone: state.timezone) }
      let what = last.wentBack ? "back to \(last.target)" : "\(last.target) \(Wording.outcome(last.outcome))"
      facts.append([day, what].compactMap { $0 }.joined(separator: ": "))
    }
    if let free = row.freeBytes { facts.append("\(sizeText(free)) free") }
    if let backups = row.backups { facts.append(backups == 1 ? "1 backup" : "\(backups) backups") }
    if let held = row.held { facts.append("\(held) is held back") }
    if let who = row.claimedBy, row.claimLeft != true, state.work?.isDriven != true {
      facts.append("claimed by \(who)")
    }
    facts += row.newerMajors.map { "v\($0.version) is out on track \($0.track)" }
    return facts.joined(separator: " \u{B7} ")
  }

  private func actions(_ room: HubState.Room) -> [HubAction] {
    guard !room.held, let row = room.row else { return [] }
    var actions: [HubAction] = []
    if row.marked != nil || row.held != nil { actions.append(.clear(room.host)) }
    if row.available != nil { actions.append(.upgrade([room.host])) }
    if (row.backups ?? 0) > 0 { actions.append(.rollback(room.host)) }
    return actions
  }

  // MARK: Pieces

  private func line(_ text: String?) -> Markup? {
    guard let text, !text.isEmpty else { return nil }
    return "<p>\(text)</p>\n"
  }

  /// Links to where it is pressed, what leads to it in front; one that may not be pressed now says why.
  private func buttons(_ actions: [HubAction], of host: String? = nil) -> Markup? {
    guard acts, !actions.isEmpty else { return nil }
    let items: [Markup] = actions.map { action in
      let name = host.map { "\(action.title): \($0)" } ?? action.title
      if let objection = state.objection(to: action) {
        return """
          <li><button type="button" disabled>\(action.title)</button> <span class="quiet">\(objection)</span></li>

          """
      }
      let place = HubRoute.act(action).text
      return "<li><a class=\"button\" href=\"\(place)\" aria-label=\"\(name)\">\(action.title)</a></li>\n"
    }
    return "<ul class=\"buttons\">\n\(items)</ul>\n"
  }
}

extension Markup {
  /// Names of classes are words of ours.
  fileprivate init(_ mood: HubState.Mood) { self = "\(mood.rawValue)" }
}
