import Inventory
import Report

extension Session {
  /// Tells everybody that `notify` names how a run ended.
  func notify(_ report: Report, since: NextSteps.Since = NextSteps.Since()) async {
    guard !fleet.notify.isEmpty,
      let notice = Notice(report, timezone: fleet.timezone, typed: typedAnywhere, since: since)
    else { return }
    await notify(notice)
  }

  /// All at once. Whom it does not reach is said, and changes nothing else.
  ///
  /// - Returns: whether somebody was told.
  @discardableResult
  func notify(_ notice: Notice) async -> Bool {
    let notifier = context.notifier
    let problems = await withTaskGroup(of: (Int, String?).self) { group in
      for (index, target) in fleet.notify.enumerated() {
        group.addTask { (index, await notifier.tell(notice, to: target)) }
      }
      var found: [(Int, String?)] = []
      for await result in group { found.append(result) }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
    for problem in problems.compactMap({ $0 }) { warn("notify: \(problem); nothing else is changed by that") }
    return problems.contains { $0 == nil }
  }
}
