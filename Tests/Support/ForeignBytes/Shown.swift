import Wire

/// Text that goes to a terminal, a page or a message: nothing in it may command anything.
func requireShown(_ text: String, lines: Bool = false, _ what: String) throws(Broken) {
  guard visible(text, limit: .max, lines: lines).utf8.elementsEqual(text.utf8) else {
    throw Broken("\(what) is shown as it came: \(text.debugDescription)")
  }
}

/// The same of every text in a value, by its JSON: there a control character is an escape.
func requireShown(json: [UInt8], _ what: String) throws(Broken) {
  var plain: [UInt8] = []
  var rest = json[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "\\") else {
      plain.append(byte)
      continue
    }
    let escape = rest.popFirst() ?? 0
    guard "\"\\/t".utf8.contains(escape) else {
      throw Broken("\(what) has a control character: \(String(utf8: json))")
    }
  }
  try requireShown(String(utf8: plain), what)
}
