import Rollout
import Driver
import Text
import Store
import Inventory
import Report
import SystemPackage
import Wire

extension Session {
  /// Writes the report beside the log, for programs and as a page. Why it could not be: what is to be told is told all
  /// the same.
  func keep(_ report: Report, since: NextSteps.Since = NextSteps.Since()) -> StoreError? {
    let folder = store.path(of: report.rollout)
    do {
      try StateFiles.write(
        try report.encoded() + [UInt8(ascii: "\n")], to: folder.appending("report.json"))
      let page = try page(report, typed: typedAnywhere, since: since)
      try StateFiles.write(Array(page.utf8), to: folder.appending("report.html"))
      return nil
    } catch {
      return error as? StoreError ?? StoreError(path: folder, action: "write", cause: "\(error)")
    }
  }

  /// The page of a rollout that was kept.
  func page(
    _ report: Report, typed: TypedFleet, since: NextSteps.Since = NextSteps.Since()
  ) throws -> String {
    let log = try StateFiles.read(store.path(of: report.rollout).appending("events.jsonl"))
    return ReportPage(
      report: report, timeline: Timeline(StateFiles.lines(log)), timezone: fleet.timezone, typed: typed,
      since: since
    ).html
  }

  /// The end of a run: its last words, then whoever is to be told. Its exit code.
  ///
  /// - Parameter fault: why not all of it is written down.
  func conclude(
    _ report: Report, since: NextSteps.Since = NextSteps.Since(), fault: StoreError? = nil
  ) async throws -> RunExit {
    let code = try end(with: report, since: since)
    await notify(report, since: since)
    return tell(fault).map { RunExit.worst([$0, code]) } ?? code
  }

  /// What is done is done; it is only not written down.
  func tell(_ fault: StoreError?) -> RunExit? {
    guard let fault else { return nil }
    warn("fleet: not all of it is written down: \(fault)")
    return .fault
  }

  /// The same of a rollout that was gone on with. Where nothing came of that, it is said why, and nobody is told.
  func conclude(_ ended: RolloutResume.Ended) async throws -> RunExit {
    if let refusal = ended.refusal {
      warn("\(refusal).")
      return try await ended.isNews
        ? conclude(ended.report, since: ended.since, fault: ended.fault)
        : end(with: ended.report, since: ended.since)
    }
    guard !ended.isNews else {
      return try await conclude(ended.report, since: ended.since, fault: ended.fault)
    }
    guard !ended.isGivenUp else {
      aside("Nothing was done.")
      return .interrupted
    }
    for entry in ended.resting.sorted(by: { place(of: $0.host) < place(of: $1.host) }) {
      guard case .rests(let outcome, _, let cause?) = entry.verdict else { continue }
      aside("\(entry.host.name): \(Wording.outcome(outcome)): \(typed.words(cause.text))")
    }
    return try end(with: ended.report, since: ended.since)
  }

  private func place(of host: Host) -> Int {
    fleet.hosts.firstIndex { $0.name == host.name } ?? fleet.hosts.count
  }

  /// A run's last words, and its exit code. Quiet: only where something is wrong.
  ///
  /// - Parameters:
  ///   - typed: how the next commands are typed; nil: for this inventory.
  ///   - saysWhen: whether it is of another time than now.
  ///   - since: what has been done since.
  func end(
    with report: Report, typed: TypedFleet? = nil, saysWhen: Bool = false,
    since: NextSteps.Since = NextSteps.Since()
  ) throws -> RunExit {
    let code = RunExit(rawValue: report.exitCode) ?? .fault
    if quiet, code == .good { return code }
    switch output {
    case .text:
      var text = ReportText(
        report, timezone: fleet.timezone, width: width, hasColor: hasColor, typed: typed ?? self.typed,
        saysWhen: saysWhen)
      text.since = since
      text.lines.forEach(print)
      if verbose { report.hosts.forEach(printLog) }
    case .json: print(String(decoding: try report.encoded(), as: UTF8.self))
    }
    return code
  }

  private func printLog(_ host: Report.HostInfo) {
    guard let tail = host.reason?.logTail, !tail.isEmpty else { return }
    print("\(visible(host.host)), the end of its log:")
    tail.forEach { print("  " + visible($0)) }
  }
}
