import ByteText
package import Wire

// What the app says of itself, read and compared. Pure: `ParityReader` asks, the steps keep and tell it.

/// What one command of `parity:` said.
package struct ParityReading: Codable, Equatable, Sendable {
  package var name: String
  /// For ``ParityCheck/Compare/lines``, each as it can be shown; else empty.
  package var lines: [String]
  /// How many lines, or the number.
  package var number: Int64
}

/// What cannot be compared. For people, as the end of a sentence.
package struct ParityFault: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
}

/// What is not as it was.
package struct ParityDifference: Equatable, Sendable, CustomStringConvertible {
  /// In short: `2 of 14 inputs are not back: input_3, input_7`.
  package let description: String
  /// With all that is not back.
  package let detail: String
}

extension ParityCheck {
  /// So many of what is not back are named where room is short.
  static let namedInShort = 5

  /// - Parameters:
  ///   - output: what the command printed.
  ///   - isWhole: whether that is all of it.
  package func reading(of output: String, isWhole: Bool) throws(ParityFault) -> ParityReading {
    let lines = output.pieces { $0 == "\n" || $0 == "\r" }.map { String($0.trimmed) }.filter { !$0.isEmpty }
      .map { visible($0, limit: WireLimits.parityLineCharacters) }
    switch compare {
    case .lines:
      guard isWhole, lines.count <= WireLimits.parityLines else {
        throw ParityFault(
          description: "it prints more than the \(WireLimits.parityLines) lines that are compared")
      }
      return ParityReading(name: name, lines: lines, number: Int64(lines.count))
    case .atLeast, .atMost:
      guard isWhole, lines.count == 1, let line = lines.first,
        line.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Figure.count.known(Int64(line))
      else {
        let said = lines.last.map { "\"\($0)\"" } ?? "nothing"
        throw ParityFault(description: "it has to print one whole number, and printed \(said)")
      }
      return ParityReading(name: name, lines: [], number: number)
    }
  }

  /// nil: what was there is there.
  package func difference(before: ParityReading, after: ParityReading) -> ParityDifference? {
    switch compare {
    case .lines: return missing(before.lines, after.lines)
    case .atLeast:
      guard after.number < before.number - Int64(margin) else { return nil }
      return ParityDifference(
        "\(name): \(after.number), and \(before.number) before the stop\(allowance("less"))")
    case .atMost:
      guard after.number > before.number + Int64(margin) else { return nil }
      return ParityDifference(
        "\(name): \(after.number), and \(before.number) before the stop\(allowance("more"))")
    }
  }

  private func allowance(_ word: String) -> String { margin > 0 ? " (\(margin) \(word) may be)" : "" }

  private func missing(_ before: [String], _ after: [String]) -> ParityDifference? {
    var there: [String: Int] = [:]
    for line in after { there[line, default: 0] += 1 }
    let missing = before.filter { line in
      guard let count = there[line], count > 0 else { return true }
      there[line] = count - 1
      return false
    }
    guard !missing.isEmpty else { return nil }
    let many = "\(missing.count) of \(before.count) \(name) \(missing.count == 1 ? "is" : "are") not back: "
    let short = missing.prefix(Self.namedInShort).joined(separator: ", ")
    let more = missing.count - Self.namedInShort
    return ParityDifference(
      many + short + (more > 0 ? " and \(more) more" : ""), detail: many + missing.joined(separator: ", "))
  }

  package func record(before: ParityReading, after: ParityReading) -> ParityRecord {
    ParityRecord(name: name, compare: compare.rawValue, before: before.number, after: after.number)
  }
}

extension ParityDifference {
  package init(_ text: String, detail: String? = nil) {
    description = text
    self.detail = detail ?? text
  }
}
