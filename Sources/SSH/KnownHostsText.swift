import ByteText

/// Changes to the text of a known_hosts file. All are pure: the caller reads and writes the file.
package enum KnownHostsText {
  /// The line for a key, without line end.
  package static func line(name: String, port: UInt16 = 22, key: HostKey, comment: String = "") -> String {
    let entry = "\(KnownHosts.entryName(name, port: port)) \(key.type) \(key.base64)"
    let note = comment.madeVisible()
    return note.isEmpty ? entry : "\(entry) \(note)"
  }

  /// Appends the key; a text that has this very key for this very name comes back as it was.
  package static func adding(
    _ key: HostKey, name: String, port: UInt16 = 22, comment: String = "", to text: String
  ) -> String {
    let wanted = KnownHosts.entryName(name, port: port)
    let present = KnownHostsLine.split(text).contains { raw in
      guard case .entry(let line) = KnownHostsLine.parse(raw, number: 0), line.marker == nil else {
        return false
      }
      return line.key == key && line.pattern == .list([wanted])
    }
    guard !present else { return text }
    let separator = text.isEmpty || text.ends(with: "\n") ? "" : "\n"
    return text + separator + line(name: name, port: port, key: key, comment: comment) + "\n"
  }

  /// Takes out every key of exactly this name, as `ssh-keygen -R` does. Comments, wildcards, other
  /// names on the same line, revoked keys and lines that cannot be read stay.
  package static func removing(name: String, port: UInt16 = 22, from text: String) -> String {
    let wanted = KnownHosts.entryName(name, port: port)
    // What stays keeps its line end, a "\r" too.
    let kept = text.pieces(by: "\n", keepingEmpty: true).compactMap { raw -> String? in
      let plain = raw.without(suffix: "\r") ?? raw
      guard case .entry(let line) = KnownHostsLine.parse(plain, number: 0), line.marker == nil else {
        return String(raw)
      }
      switch line.pattern {
      case .hashed: return line.pattern.matches(wanted) ? nil : String(raw)
      case .list(let names):
        guard names.contains(where: { $0.isSpelled(wanted) }) else { return String(raw) }
        let others = names.filter { !$0.isSpelled(wanted) }
        guard others.contains(where: { !$0.begins(with: "!") }) else { return nil }
        return others.joined(separator: ",")
          + raw.skipping(while: \.isBlank).skipping { !$0.isBlank }
      }
    }
    return kept.joined(separator: "\n")
  }

  /// The name's keys, all of them, give way to this one.
  package static func replacing(
    _ key: HostKey, name: String, port: UInt16 = 22, comment: String = "", in text: String
  ) -> String {
    adding(key, name: name, port: port, comment: comment, to: removing(name: name, port: port, from: text))
  }
}
