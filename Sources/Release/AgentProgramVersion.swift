import ByteText

/// What `fleet-agent version` prints: `fleet-agent 1.2.3 (wire 1)`.
package struct AgentProgramVersion: Equatable, Sendable, CustomStringConvertible {
  package let version: Version
  package let wire: Int

  package init?(_ text: some StringProtocol) {
    let words = text.pieces(by: " ")
    guard words.count == 4, words[0] == "fleet-agent", words[2] == "(wire",
      let number = words[3].without(suffix: ")"),
      let version = Version(String(words[1])), let wire = Int(number)
    else { return nil }
    self.version = version
    self.wire = wire
  }

  package var description: String { "fleet-agent \(version) (wire \(wire))" }
}
