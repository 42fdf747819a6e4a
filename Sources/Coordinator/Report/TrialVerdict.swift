package import Hosts
import Text
import Wire

/// What a tried host comes to: one sentence, an exit code and what to do next, which go together. Pure.
package struct TrialVerdict: Equatable {
  package enum Step: Equatable {
    /// Once that is mended.
    case again
    case bootstrap
    /// It is set up already.
    case doctor
  }

  package let headline: String
  package let exit: RunExit
  package let step: Step

  package init(_ name: String, _ trial: Trial) {
    let bad = Self.subjects(trial.found, .bad)
    let app = trial.found.first { $0.subject == "app" }
    if trial.isAway {
      headline = "\(name) was not reached, so nothing is known of it."
      (exit, step) = (.unreachable, .again)
    } else if !bad.isEmpty {
      headline = "\(name) could not be upgraded as it is: what is in the way is said at \(Wording.list(bad))."
      (exit, step) = (.failed, .again)
    } else if let app, app.verdict == .good {
      let open = Self.subjects(trial.found, .warning)
      headline =
        "\(name) could be upgraded: \(visible(app.text))"
        + (open.isEmpty ? "." : ". Look at what is said of \(Wording.list(open)).")
      (exit, step) = (.good, trial.hasAgent ? .doctor : .bootstrap)
    } else {
      headline =
        "Whether \(name) could be upgraded is not known: nothing is in the way as far as its user can see, and its app "
        + "is not to be seen."
      (exit, step) = (.unreachable, trial.hasAgent ? .doctor : .bootstrap)
    }
  }

  /// Each once, in their order.
  private static func subjects(_ found: [Diagnosis], _ verdict: Diagnosis.Verdict) -> [String] {
    found.reduce(into: []) { subjects, row in
      if row.verdict == verdict, !subjects.contains(row.subject) { subjects.append(row.subject) }
    }
  }
}
