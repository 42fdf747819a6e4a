import ByteText
import Text
import Wire

extension Wording {
  /// `all 14 inputs, 6 outputs and 2 PIDs are back; errors a minute: 1 (0 before)`. nil where there is nothing to say.
  static func parity(_ records: [ParityRecord]) -> String? {
    let back = records.filter { $0.isAllBack && $0.before > 0 }
    let numbers = records.filter { !$0.isAllBack }.map {
      "\(shown($0.name)): \($0.after) (\($0.before) before)"
    }
    var parts: [String] = []
    if back.count == 1, back[0].before == 1 {
      parts.append("1 \(one(of: shown(back[0].name))) is back")
    } else if !back.isEmpty {
      let counts = back.map { "\($0.before) \($0.before == 1 ? one(of: shown($0.name)) : shown($0.name))" }
      parts.append("all \(list(counts)) are back")
    }
    parts += numbers
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  private static func shown(_ name: String) -> String { visible(name, limit: 60) }

  /// Of a plain plural its singular; any other word stays as it is.
  private static func one(of name: String) -> String {
    let isPlain = name.ends(with: "s") && !["ss", "us", "ies", "hes", "xes"].contains { name.ends(with: $0) }
    return isPlain ? String(name.dropLast()) : name
  }
}

extension ParityRecord {
  /// It is a count of what has to be there, and all of that is.
  fileprivate var isAllBack: Bool {
    switch ParityCheck.Compare(rawValue: compare) {
    case .lines: true
    case .atLeast: after >= before
    case .atMost, nil: false
    }
  }
}
