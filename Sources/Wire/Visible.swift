import ByteText

/// `StringProtocol.madeVisible(limit:lines:)`, bounded as texts on the wire are.
package func visible(
  _ text: String, limit: Int = WireLimits.textCharacters, lines: Bool = false
) -> String {
  text.madeVisible(limit: limit, lines: lines)
}
