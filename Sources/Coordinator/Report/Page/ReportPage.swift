import Driver
import Text
import Rollout
package import Inventory
import Wire

/// A report as one HTML file: for a phone and a desk, light and dark, without scripts and without anything that
/// would have to be fetched.
package struct ReportPage {
  /// Lines of a log that are shown of a failure.
  static let logLines = 20

  let report: Report
  let timeline: Timeline
  /// IANA name; nil: this machine's.
  let timezone: String?
  /// How the next commands are typed.
  var typed = TypedFleet()
  /// What has been done since.
  var since = NextSteps.Since()

  package init(
    report: Report, timeline: Timeline, timezone: String?, typed: TypedFleet = TypedFleet(),
    since: NextSteps.Since = NextSteps.Since()
  ) {
    self.report = report
    self.timeline = timeline
    self.timezone = timezone
    self.typed = typed
    self.since = since
  }

  private var text: ReportText {
    var text = ReportText(report, timezone: timezone, typed: typed)
    text.since = since
    return text
  }

  package var html: String {
    let title = text.title
    let page: Markup = """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="robots" content="noindex">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(title)</title>
      <style>
      \(PageStyle.sheet)
      </style>
      <main>
      <header class="\(mood)">
      <h1>\(title)</h1>
      <p class="release">\(text.releaseLine)</p>
      \(why)<p class="quiet">\(when)</p>
      </header>
      \(next(NextSteps(report, typed: typed, since: since).lines, "What to do now"))\(legend)\
      \(report.hosts.map(host))\(notes)\(newer)\
      <footer class="quiet">\(report.rollout) &middot; made by fleet</footer>
      </main>
      </html>

      """
    return page.description
  }

  private var mood: Markup {
    if report.hosts.contains(where: { $0.outcome == .failed }) { return "bad" }
    return report.exitCode == 0 ? "good" : "warn"
  }

  private var why: [Markup] {
    let why: [Markup] = report.why.map { ["<p>Why: \($0).</p>\n"] } ?? []
    return why + text.restoredLines.map { "<p>\($0)</p>\n" }
  }

  private var when: String {
    let started = UTC.milliseconds(report.started).map { Wording.localTime($0, zone: timezone) }
    let finished = report.finished.flatMap { UTC.milliseconds($0) }.map {
      Wording.localTime($0, zone: timezone)
    }
    return "\(started ?? report.started) to \(finished ?? "now")"
  }

  /// Folded: what is new in the releases that were crossed.
  private var notes: Markup? {
    let releases = report.notes.releases
    guard !releases.isEmpty else { return nil }
    let known: [Markup] = releases.filter { $0.text != nil }.map { note in
      let lines: [Markup] = note.lines.map { "\($0)\n" }
      return "<h3>\(note.tag)</h3>\n<pre>\(lines)</pre>\n"
    }
    let rest: [Markup] = Wording.notesLeftOut(report.notes, on: report.track).map {
      "<p class=\"quiet\">\(typed.words($0))</p>\n"
    }
    return """
      <details class="notes"><summary>What is new in \(report.release.tag), the newest first</summary>
      \(known)\(rest)</details>

      """
  }

  private var newer: [Markup] {
    report.newer.map {
      "<p class=\"quiet\">v\($0.version) is out on track \($0.track); a major is never crossed by itself.</p>\n"
    }
  }

  private func next(_ lines: [NextSteps.Line], _ title: String) -> Markup? {
    guard !lines.isEmpty else { return nil }
    let items: [Markup] = lines.map { "<li><code>\($0.command)</code> <span>\($0.why)</span></li>\n" }
    return "<section class=\"next\"><h2>\(title)</h2>\n<ul>\n\(items)</ul></section>\n"
  }

  // MARK: The timeline

  private var legend: Markup? {
    guard !timeline.spans.isEmpty else { return nil }
    let kinds: [Markup] = Timeline.Kind.allCases.map {
      "<li><i class=\"\(Markup($0))\"></i>\($0.rawValue)</li>"
    }
    return "<ul class=\"legend\" aria-hidden=\"true\">\(kinds)</ul>\n"
  }

  private func bar(_ spans: [Timeline.Span]) -> Markup? {
    guard !spans.isEmpty else { return nil }
    let axis = TimeAxis(timeline)
    let said = spans.map { "\($0.kind.rawValue) \(length($0))" }.joined(separator: ", ")
    let bars: [Markup] = spans.map { span in
      let left = axis.place(of: span.start)
      let width = axis.place(of: span.end) - left
      return """
        <i class="\(Markup(span.kind))" style="left:\(left)%;width:\(width)%" \
        title="\(span.kind.rawValue) \(length(span))"></i>
        """
    }
    let breaks: [Markup] = axis.breaks.map { "<b style=\"left:\($0)%\" title=\"time left out\"></b>" }
    return "<div class=\"bar\" role=\"img\" aria-label=\"\(said)\">\(bars)\(breaks)</div>\n"
  }

  private func length(_ span: Timeline.Span) -> String {
    (span.isOpen ? "more than " : "") + Wording.seconds(span.milliseconds)
  }

  // MARK: A host

  private func host(_ host: Report.HostInfo) -> Markup {
    let note = text.note(host)
    let said: Markup? = note.isEmpty ? nil : "<p class=\"note\">\(note)</p>\n"
    return """
      <article class="\(Markup(host.outcome))">
      <h2>\(host.host) <span class="outcome">\(Wording.outcome(host.outcome))</span></h2>
      <p class="facts">\(facts(host))</p>
      \(said)\(bar(timeline.spans[host.host] ?? []))\(log(host.reason, "the last lines of its log"))\
      \(log(host.undoReason, host.isUnsettled ? "why it is not settled" : "and of the way back"))\(steps(host))\
      \(command(host))</article>

      """
  }

  private func facts(_ host: Report.HostInfo) -> String {
    var facts: [String] = []
    let now = host.now?.version
    if let from = host.from {
      facts.append(now.map { $0 == from ? "has \($0)" : "\(from) \u{2192} \($0)" } ?? "had \(from)")
    }
    if host.now?.healthy == true { facts.append("well") }
    if host.now?.healthy == false { facts.append("unwell") }
    if let downtime = host.downtimeMs { facts.append("down \(Wording.seconds(downtime))") }
    if let rehearsal = host.rehearsalMs { facts.append("rehearsed in \(Wording.seconds(rehearsal))") }
    if host.bytesSent > 0 { facts.append("\(sizeText(host.bytesSent)) sent") }
    if let backup = host.backup { facts.append("backup \(backup)") }
    let since = host.downSince.flatMap { UTC.milliseconds($0) }
    if let since { facts.append("down since \(Wording.localTime(since, zone: timezone))") }
    return facts.joined(separator: " \u{B7} ")
  }

  private func log(_ cause: Cause?, _ title: String) -> Markup? {
    guard let cause, !cause.logTail.isEmpty else { return nil }
    let lines = cause.logTail.suffix(Self.logLines).map { visible($0) }
    let shown: [Markup] = lines.map { "\($0)\n" }
    return "<details open><summary>\(title)</summary><pre>\(shown)</pre></details>\n"
  }

  private func steps(_ host: Report.HostInfo) -> Markup? {
    guard !host.steps.isEmpty else { return nil }
    let rows: [Markup] = host.steps.map { step in
      "<tr><td>\(step.step.rawValue)</td><td>\(Wording.seconds(step.ms))</td><td>\(step.ok ? "" : "failed")</td></tr>"
    }
    return "<details><summary>\(host.steps.count) steps</summary><table>\(rows)</table></details>\n"
  }

  private func command(_ host: Report.HostInfo) -> Markup? {
    let hands: Markup? =
      host.outcome == .failed && !host.hasTurnedUnwell
      ? "<p class=\"hands\">On the Pi: <code>\(host.recoverCommand)</code></p>\n" : nil
    let lines: [Markup] = NextSteps(report, typed: typed, host: host, since: since).lines.map {
      "<li><code>\($0.command)</code> <span>\($0.why)</span></li>"
    }
    guard hands != nil || !lines.isEmpty else { return nil }
    return "\(hands)<ul class=\"commands\">\(lines)</ul>\n"
  }
}

extension Markup {
  /// Names of classes are words of ours.
  fileprivate init(_ kind: Timeline.Kind) { self = "\(kind.rawValue)" }
  fileprivate init(_ outcome: Outcome) { self = "\(outcome.rawValue)" }
}
