import Testing

/// Holds a report against what each host itself says: the version that answers over HTTP, the story that its
/// agent wrote, and the rows that the app acknowledged.
struct Truth: Sendable {
  var report: Report
  var stories: [String: HostStory]
  /// nil where the app does not answer.
  var apps: [String: Lab.AppStatus]
  var looks: [String: [Watcher.Look]]
  var books: [String: Lab.LogBook]
  /// When a host had no power, until its app was there again.
  var powerCuts: [String: [Downtime]] = [:]

  static func look(_ report: Report, _ looks: [String: [Watcher.Look]], _ lab: Lab) async throws -> Truth {
    var truth = Truth(report: report, stories: [:], apps: [:], looks: looks, books: [:])
    for host in report.hosts.map(\.host) {
      truth.stories[host] = try await HostStory.read(host, lab)
      truth.apps[host] = try await lab.status(host)
      truth.books[host] = try await lab.logBook(host)
    }
    return truth
  }

  /// All that is not so; nothing, when the report is true.
  var lies: [String] {
    var found = report.hosts.flatMap { host in self.lies(of: host).map { "\(host.host): \($0)" } }
    if report.exitCode != exitCode { found.append("exit code \(report.exitCode), and not \(exitCode)") }
    return found
  }

  /// As docs/commands.md has it: the worst host counts.
  private var exitCode: Int32 {
    let outcomes = Set(report.hosts.map(\.outcome))
    if report.outcome == "halted" || !outcomes.isDisjoint(with: ["failed", "rolled_back", "refused"]) {
      return 2
    }
    if !outcomes.isDisjoint(with: ["unreachable", "unknown", "interrupted"]) { return 4 }
    return outcomes.contains("deferred") ? 5 : 0
  }

  private func lies(of host: Report.Host) -> [String] {
    guard let story = stories[host.host], let app = apps[host.host], let book = books[host.host] else {
      return ["the app does not answer, and the report says \(host.outcome)"]
    }
    let cuts = powerCuts[host.host] ?? []
    var lies = doubled(story, boots: cuts.count) + lost(host, app, book) + unexplained(host, story)
    if let version = host.now?.version, version != app.version {
      lies.append("the report says that \(version) runs, and \(app.version) does")
    }
    if let healthy = host.now?.healthy, healthy != app.healthy {
      lies.append("the report says healthy: \(healthy), and the app says \(app.healthy)")
    }
    let jobs = story.of(report.rollout)
    let last = jobs.last
    if let last, last.end == nil, last.began("stop") > 0 { lies.append("\(last.id) has not ended") }
    let wasDown = jobs.contains { $0.began("stop") > 0 }
    switch host.outcome {
    case "upgraded":
      if app.version != report.release.version { lies.append("upgraded, and \(app.version) runs") }
      if last?.end?.outcome != "upgraded" || last?.id.hasSuffix(".back") == true {
        lies.append("upgraded, and its agent says \(last?.end?.outcome ?? "nothing")")
      }
      if host.downtimeMs != last?.end?.downtimeMilliseconds { lies.append("another downtime") }
      if host.backup == nil || host.backup != last?.end?.backup { lies.append("another backup") }
    case "rolled_back":
      if app.version == report.release.version { lies.append("rolled back, and the new version runs") }
      let isBack = last?.id.hasSuffix(".back") == true && last?.end?.outcome == "restored"
      if !isBack, last?.end?.outcome != "rolled_back" {
        lies.append("rolled back, and its agent says \(last?.end?.outcome ?? "nothing")")
      }
    case "current":
      if app.version != report.release.version { lies.append("current, and \(app.version) runs") }
      if wasDown { lies.append("current, and this very rollout had it down") }
    case "untouched":
      if wasDown { lies.append("untouched, and it was down") }
      if app.version == report.release.version { lies.append("untouched, and the release runs") }
    case "refused", "deferred":
      if last?.end?.outcome == "upgraded" { lies.append("\(host.outcome), and its agent says upgraded") }
    default:
      lies.append("\(host.outcome), with the host up and nothing under way")
    }
    return lies
  }

  /// No job, and no part of one that the app can feel, is done twice.
  private func doubled(_ story: HostStory, boots: Int) -> [String] {
    story.jobs.flatMap { job in
      // What was staged before a boot is staged again.
      ["prepare", "stop", "migrate", "restart"].filter { job.began($0) > ($0 == "prepare" ? boots + 1 : 1) }
        .map { "\($0) of \(job.id) was done \(job.began($0)) times" }
    }
  }

  /// A row that the version which now runs, or the one before it, acknowledged is there. Where a host went back,
  /// what the newer version acknowledged is set aside, as promised.
  private func lost(_ host: Report.Host, _ app: Lab.AppStatus, _ book: Lab.LogBook) -> [String] {
    // What a newer version acknowledged before the power failed in its cutover was set aside too.
    let back = powerCuts[host.host]?.map(\.up).max() ?? 0
    let seen = (looks[host.host] ?? []).filter { $0.version == Lab.oldest || $0.began > back }
    let counts = seen.filter { app.version == report.release.version || $0.version == app.version }
    let told = counts.compactMap(\.lastAcked).max() ?? 0
    var lies: [String] = []
    if book.first != 1 || book.hasGaps { lies.append("rows are missing: \(book)") }
    if book.last < told { lies.append("row \(told) was acknowledged, and the last one is \(book.last)") }
    return lies
  }

  /// Nobody saw it down but while its agent says so.
  private func unexplained(_ host: Report.Host, _ story: HostStory) -> [String] {
    let times = story.jobs.flatMap(\.downtimes) + (powerCuts[host.host] ?? [])
    let outside = (looks[host.host] ?? []).filter { look in
      !look.isUp && look.code != 503 && !times.contains { $0.covers(look) }
    }
    return outside.isEmpty ? [] : ["seen down \(outside.count) times outside of its cutovers"]
  }
}
