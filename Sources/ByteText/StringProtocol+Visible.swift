extension StringProtocol {
  /// Text from a host, an archive or a server, made safe to print: what is unseen (`Unicode.Scalar.isUnseen`) is shown
  /// as `\u{…}`; tab stays. What was made so is not changed by being made so again.
  ///
  /// - Parameters:
  ///   - limit: scalars shown; what is cut is said, by one more.
  ///   - lines: whether line feeds stay as they are.
  package func madeVisible(limit: Int = 500, lines: Bool = false) -> String {
    var shown = ""
    var count = 0
    for scalar in unicodeScalars {
      let stays = !scalar.isUnseen || scalar == "\t" || lines && scalar == "\n"
      let part = stays ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
      count += part.unicodeScalars.count
      guard count <= limit else { return shown + "…" }
      shown.unicodeScalars.append(contentsOf: part.unicodeScalars)
    }
    return shown
  }
}
