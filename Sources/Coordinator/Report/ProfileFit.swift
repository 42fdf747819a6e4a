package import Hosts
import Text
import Wire

/// What holding a profile against a host comes to, by what `doctor` found there: the rows that are about the profile,
/// one sentence and an exit code, which go together. Pure.
package struct ProfileFit: Equatable, Sendable {
  /// What of it is told.
  package let found: [Diagnosis]
  package let headline: String
  package let exit: RunExit

  /// What depends on the profile; the rest is the host's own.
  private static let subjects: Set<String> = ["app", "health", "job", "packages", "upgrade", "data"]

  package init(_ name: String, _ found: [Diagnosis]) {
    let own = found.filter { Self.subjects.contains($0.subject) }
    let bad = Self.named(own, .bad)
    let warned = Self.named(own, .warning)
    let app = own.first { $0.subject == "app" }
    if app == nil {
      // Why nobody could look.
      self.found = found.filter { $0.verdict == .bad } + own.filter { $0.verdict != .bad }
      headline = "Whether it fits \(name) is not known: the app was not looked at there."
      exit = .unreachable
    } else if bad.isEmpty {
      self.found = own
      headline =
        warned.isEmpty
        ? "It fits \(name)." : "It fits \(name). Look at what is said of \(Wording.list(warned))."
      exit = .good
    } else {
      self.found = own
      headline = "It does not fit \(name): what is wrong is said at \(Wording.list(bad))."
      exit = .failed
    }
  }

  /// Each once, in their order.
  private static func named(_ found: [Diagnosis], _ verdict: Diagnosis.Verdict) -> [String] {
    found.reduce(into: []) { subjects, row in
      if row.verdict == verdict, !subjects.contains(row.subject) { subjects.append(visible(row.subject)) }
    }
  }
}
