import Rollout
import Text
package import Inventory
package import Driver
import Wire

/// The lines of a rollout as sentences, for logs and terminals that cannot be drawn on. nil where a
/// line is of use only to programs.
enum EventSentence {
  static func sentence(_ line: EventLine, verbose: Bool = false) -> String? {
    let host = line.host.map { visible($0, limit: 60) + ": " } ?? ""
    return text(line, verbose).map { host + $0 }
  }

  private static func text(_ line: EventLine, _ verbose: Bool) -> String? {
    switch line.event {
    case .rollout:
      line.header.map { header in
        let from = header.restores.map { " from the backup \($0)" } ?? ""
        return "\(header.name) \(header.tag)\(from), rollout \(header.rollout)"
      }
    case .hostProbed: probed(line)
    case .hostUnreachable: "unreachable: \(line.cause?.text ?? "")"
    case .stageBegan: "staging"
    case .uploaded: verbose ? "sent \(sizeText(line.done ?? 0))" : nil
    case .stageFailed: "refused: \(line.cause?.text ?? "")"
    case .staged: line.result.map { ended($0, resting: "staged, ready") }
    case .notNow: "deferred: \(line.cause?.text ?? "")"
    case .cutoverOrdered: "cutting over"
    case .following: "following its cutover"
    case .cutoverRested: line.result.map { ended($0, resting: "still staged") }
    case .connectionLost: "connection lost; its cutover goes on by itself"
    case .heardFrom: "heard of again"
    case .notBelieved: "unknown: \(line.cause?.text ?? "")"
    case .orderExpired: "not heard of, its order has expired: unknown"
    case .soaking: "waiting \(line.total ?? 0) s before the next batch"
    case .suspected: (line.hosts ?? []).isEmpty ? "well again" : suspicion(line.hosts ?? [])
    case .turnedUnwell: "turned unwell: \(line.cause?.text ?? "")"
    case .goingBack, .foundGoingBack: "going back to its backup"
    case .wentBack: line.result.map { back($0) }
    case .staysUpgraded: "keeps the new version: \(line.cause?.text ?? "")"
    case .interrupted:
      "interrupted: what is in its cutover is finished, nothing new begins (Ctrl-C again lets go)"
    case .resumed: "going on"
    case .down: "down"
    case .up:
      // How long is not known where the host's clock began anew meanwhile.
      line.milliseconds.map { "up again after \(Wording.seconds($0))" } ?? "up again"
    case .note: line.text.map { visible($0) }
    case .stepStarted: verbose ? line.step.map(\.rawValue) : nil
    case .stepProgress:
      HealthWait(line, now: 0).flatMap { verbose || $0.step != .check ? $0.sentence : nil }
    case .stepEnded: stepEnded(line, verbose)
    default: nil
    }
  }

  /// One bad answer is none: what is waited for in a pause between batches.
  static func suspicion(_ hosts: [String]) -> String {
    let names = Wording.list(hosts.map { visible($0, limit: 60) })
    return "\(names) \(hosts.count == 1 ? "is" : "are") not well, and asked once more"
  }

  private static func probed(_ line: EventLine) -> String? {
    // A host that goes back to a backup was not asked what it has.
    if line.outcome == nil, line.from == nil { return "goes" }
    let from = line.from.map { visible($0, limit: 40) } ?? "unknown"
    guard let outcome = line.outcome else { return "has \(from), goes" }
    let why = line.cause.map { ": \($0.text)" } ?? ""
    return "has \(from), \(Wording.outcome(outcome))\(why)"
  }

  private static func ended(_ result: JobResult, resting: String) -> String {
    guard let outcome = result.outcome else { return resting }
    var text = Wording.outcome(outcome)
    if let milliseconds = result.downtimeMilliseconds {
      text += ", down \(Wording.seconds(milliseconds))"
    }
    if let back = Wording.parity(result.parity ?? []) { text += "; \(back)" }
    if let reason = result.reason { text += ": \(visible(reason.text))" }
    if let undo = result.undoReason {
      text += (outcome.isCommitted ? "; not settled: " : "; on the way back: ") + visible(undo.text)
    }
    return text
  }

  private static func back(_ result: JobResult) -> String {
    result.outcome?.isCommitted == true
      ? "back on \(visible(result.now ?? "its backup", limit: 40))"
      : "not back: \(ended(result, resting: "still staged"))"
  }

  private static func stepEnded(_ line: EventLine, _ verbose: Bool) -> String? {
    guard let step = line.step, verbose || line.ok == false else { return nil }
    let time = line.milliseconds.map { " (\(Wording.seconds($0)))" } ?? ""
    return "\(step.rawValue) \(line.ok == false ? "failed" : "done")\(time)"
  }
}

/// One dated line for each sentence.
package struct PlainDisplay: Display {
  let verbose: Bool
  let zone: String?
  let time: TimeSource
  let typed: TypedFleet
  let write: @Sendable (String) -> Void

  package init(
    verbose: Bool, zone: String?, time: TimeSource, typed: TypedFleet,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.verbose = verbose
    self.zone = zone
    self.time = time
    self.typed = typed
    self.write = write
  }

  package func show(_ line: EventLine) {
    guard let sentence = EventSentence.sentence(line, verbose: verbose) else { return }
    put(sentence, UTC.milliseconds(line.time) ?? time.nowMilliseconds())
  }

  package func note(_ text: String) { put(text, time.nowMilliseconds()) }

  package func end() {}

  private func put(_ text: String, _ milliseconds: Int64) {
    write("\(Wording.localTime(milliseconds, zone: zone)) \(typed.words(text))\n")
  }
}

/// `--output json`: the lines themselves.
package struct JSONDisplay: Display {
  let write: @Sendable (String) -> Void

  package init(write: @escaping @Sendable (String) -> Void) {
    self.write = write
  }

  package func show(_ line: EventLine) {
    guard let bytes = try? line.encoded() else { return }
    write(String(decoding: bytes, as: UTF8.self) + "\n")
  }

  package func note(_ text: String) {}

  package func end() {}
}
