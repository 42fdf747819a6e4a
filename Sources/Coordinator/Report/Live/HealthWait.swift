import Driver
import Wire

/// A wait for an app's health, as an agent tells of it.
struct HealthWait: Sendable {
  let step: Step
  let isWell: Bool
  private let text: String
  /// Since when it lasts, or all has held, on the clock of `now`.
  let since: Int64
  private let seconds: Int64

  /// nil where the line is of another progress.
  init?(_ line: EventLine, now: Int64) {
    guard line.event == .stepProgress, let step = line.step, let isWell = line.ok,
      let done = line.done, let total = line.total
    else { return nil }
    self.step = step
    self.isWell = isWell
    text = line.text.map { visible($0, limit: 200) } ?? ""
    seconds = Figure.seconds.nearest(total)
    since = now - min(Figure.seconds.nearest(done), seconds) * 1000
  }

  /// What is waited for, how long at most, and what comes then.
  func words(now: Int64) -> String {
    let spent = min(seconds, max(0, now - since) / 1000)
    if isWell { return "well for \(spent) of \(seconds) s" }
    return "\(spent) of \(seconds) s\(afterwards): \(text)"
  }

  /// The same for those who read lines.
  var sentence: String {
    isWell
      ? "well; it has to stay so for \(seconds) s"
      : "not well yet, \(seconds) s at most\(afterwards): \(text)"
  }

  private var afterwards: String { step == .prove ? ", then it goes back" : "" }
}
