import ByteText

/// Text from a host, an archive or a server, made safe to print: what is unseen (`Unicode.Scalar.isUnseen`) is shown
/// as `\u{…}`; tab stays.
///
/// - Parameters:
///   - limit: characters kept; what is cut is said.
///   - lines: whether line feeds stay as they are.
package func visible(
  _ text: String, limit: Int = WireLimits.textCharacters, lines: Bool = false
) -> String {
  var shown = ""
  var count = 0
  for scalar in text.unicodeScalars {
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
