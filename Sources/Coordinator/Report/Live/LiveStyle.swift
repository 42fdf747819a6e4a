import Text

/// How the lines on a terminal may look.
package struct LiveStyle: Equatable, Sendable {
  package var color = true
  var unicode = true

  package init(color: Bool = true, unicode: Bool = true) {
    self.color = color
    self.unicode = unicode
  }

  /// NO_COLOR (no-color.org) and the locale decide.
  package init(environment: [String: String]) {
    color = (environment["NO_COLOR"] ?? "").isEmpty
    let locale =
      ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    let name = locale.lowercased()
    unicode = name.contains("utf-8") || name.contains("utf8")
  }

  func cut(_ text: String, to width: Int) -> String {
    let text = unicode ? text : Self.plain(text)
    return Columns.cut(text, to: width, ellipsis: unicode ? "…" : "~")
  }

  /// What a terminal without Unicode cannot show.
  private static func plain(_ text: String) -> String {
    guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isASCII ? $0 : "?" }))
  }
}
