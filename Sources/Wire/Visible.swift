/// Text from a host, an archive or a server, made safe to print: control characters (C0, DEL, C1), line
/// separators, the marks that turn the writing direction and characters that nobody can see are shown as
/// `\u{…}`; tab stays.
///
/// - Parameters:
///   - limit: characters kept; what is cut is said.
///   - lines: whether line feeds stay as they are.
public func visible(
  _ text: String, limit: Int = WireLimits.textCharacters, lines: Bool = false
) -> String {
  var shown = ""
  var count = 0
  for scalar in text.unicodeScalars {
    guard count < limit else { return shown + "…" }
    count += 1
    switch scalar.value {
    case 0x0A where lines, 0x09:
      shown.unicodeScalars.append(scalar)
    case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
      0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
      shown += "\\u{\(String(scalar.value, radix: 16))}"
    default:
      shown.unicodeScalars.append(scalar)
    }
  }
  return shown
}
