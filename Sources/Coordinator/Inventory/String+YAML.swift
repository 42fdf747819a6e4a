import ByteText

extension String {
  /// As a value of a YAML file, in one line: as it is where every reader takes that for text, else between quotes.
  var yaml: String {
    let isPlain =
      unicodeScalars.first.map { $0.isASCIILetter || $0.isDigit || $0 == "/" } == true && self != "null"
      && unicodeScalars.allSatisfy {
        $0.isASCIILetter || $0.isDigit || "._-@/".unicodeScalars.contains($0)
      }
    return isPlain ? self : yamlQuoted
  }

  /// The same between double quotes. Of what must be escaped there, one line of text has no more than these two;
  /// control characters no reader of fleet's takes.
  var yamlQuoted: String { "\"\(exchanging("\\", for: "\\\\").exchanging("\"", for: "\\\""))\"" }
}
