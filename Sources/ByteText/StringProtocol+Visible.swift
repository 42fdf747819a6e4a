extension StringProtocol {
  /// Text from a host, an archive or a server, made safe to print: what is unseen (`Unicode.Scalar.isUnseen`) is shown
  /// as `\u{…}`; tab stays.
  ///
  /// - Parameters:
  ///   - limit: scalars kept; what is cut is said.
  ///   - lines: whether line feeds stay as they are.
  package func madeVisible(limit: Int = 500, lines: Bool = false) -> String {
    var shown = ""
    var count = 0
    for scalar in unicodeScalars {
      guard count < limit else { return shown + "…" }
      count += 1
      let stays = scalar == "\t" || lines && scalar == "\n"
      if scalar.isUnseen, !stays {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }
}
