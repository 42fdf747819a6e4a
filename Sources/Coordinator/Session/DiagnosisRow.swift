import ByteText
import Hosts
import Inventory
import Wire

/// What was found of a host, as `doctor` and `try` show it. Of no host: `host` is empty.
struct DiagnosisRow: Encodable {
  var host: String
  var verdict: Diagnosis.Verdict
  var subject: String
  var text: String
  var next: String?
}

extension DiagnosisRow {
  init(_ found: Diagnosis, of host: Host, typed: TypedFleet) {
    self.init(
      host: host.name, verdict: found.verdict, subject: visible(found.subject, limit: 60),
      text: typed.words(Self.withoutName(visible(found.text), of: host)),
      next: found.next.map { typed.words(visible($0)) })
  }

  /// Each row has the host's name in front.
  private static func withoutName(_ text: String, of host: Host) -> String {
    text.without(prefix: "\(host.name): ").map { withoutName(String($0), of: host) } ?? text
  }
}

extension Session {
  /// With `--quiet` only what is not good.
  func table(_ rows: [DiagnosisRow]) {
    let shown = rows.filter { !quiet || $0.verdict != .good }
    table(
      ["HOST", "WHAT", "", "FOUND"],
      shown.map { row in
        [row.host, row.subject, row.verdict.rawValue, row.text + (row.next.map { "  → \($0)" } ?? "")]
      })
  }
}
