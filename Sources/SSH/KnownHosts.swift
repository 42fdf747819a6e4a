import ByteText

/// A known_hosts file that was read (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
///
/// libssh2's own reader is not used: it takes a host with a second key type for a new one, ignores
/// `@revoked` and wildcards, and gives up a whole file for one bad line.
package struct KnownHosts: Sendable {
  /// What the file says about a key that a host has shown.
  package enum Verdict: Sendable, Equatable {
    case trusted
    /// No line is about this host.
    case unknown
    /// The host is on file, and none of its keys is this one.
    case changed(known: [Entry])
    /// The key itself is declared bad, whatever else stands in the file.
    case revoked(line: Int)
  }

  /// One key on file, and where it stands.
  package struct Entry: Sendable, Equatable {
    package let key: HostKey
    package let line: Int

    package init(key: HostKey, line: Int) {
      self.key = key
      self.line = line
    }
  }

  /// A line that was passed over, and why. One bad line does not make the others worthless.
  package struct Note: Sendable, Equatable, CustomStringConvertible {
    package let source: String
    package let line: Int
    package let text: String
    package var description: String { "\(source):\(line): \(text)" }
  }

  /// The file's name as messages show it.
  package let source: String
  package let notes: [Note]
  private let lines: [KnownHostsLine]

  /// Reads the text of a file; it never fails as a whole. An absent file is an empty text.
  package init(text: String, source: String) {
    self.source = source
    var lines: [KnownHostsLine] = []
    var notes: [Note] = []
    for (index, raw) in KnownHostsLine.split(text).enumerated() {
      switch KnownHostsLine.parse(raw, number: index + 1) {
      case .entry(let line): lines.append(line)
      case .nothing: break
      case .skipped(let why): notes.append(Note(source: source, line: index + 1, text: why))
      }
    }
    self.lines = lines
    self.notes = notes
  }

  /// How a host is called in such a file: `name`, or `[name]:port` where the port is not 22.
  package static func entryName(_ name: String, port: UInt16 = 22) -> String {
    port == 22 ? name.asciiLowercase : "[\(name.asciiLowercase)]:\(port)"
  }

  /// Judges the key that the host of these names, at this port, has shown.
  package func lookup(names: [String], port: UInt16 = 22, key: HostKey) -> Verdict {
    let matching = lines(for: names, port: port)
    if let bad = matching.first(where: { $0.marker == .revoked && $0.key == key }) {
      return .revoked(line: bad.number)
    }
    let known = matching.filter { $0.marker == nil }
    if known.contains(where: { $0.key == key }) { return .trusted }
    if known.isEmpty { return .unknown }
    return .changed(known: known.map { Entry(key: $0.key, line: $0.number) })
  }

  /// The key types on file for a host, in the order of the file. A handshake asks for these only: a
  /// host that shows another of its keys could not be told from an impostor.
  package func keyTypes(names: [String], port: UInt16 = 22) -> [String] {
    lines(for: names, port: port).filter { $0.marker == nil }.reduce(into: []) { types, line in
      if !types.contains(line.key.type) { types.append(line.key.type) }
    }
  }

  /// The authorities (`@cert-authority`) whose certificates are believed of a host. `lookup` passes them over: libssh2
  /// knows no host certificates.
  package func authorities(names: [String], port: UInt16 = 22) -> [Entry] {
    entries(.authority, names: names, port: port)
  }

  /// The keys on file for a host, of whatever type.
  package func keys(names: [String], port: UInt16 = 22) -> [Entry] { entries(nil, names: names, port: port) }

  /// The keys that are declared bad for a host.
  package func revoked(names: [String], port: UInt16 = 22) -> [Entry] {
    entries(.revoked, names: names, port: port)
  }

  private func entries(_ marker: KnownHostsLine.Marker?, names: [String], port: UInt16) -> [Entry] {
    lines(for: names, port: port).filter { $0.marker == marker }.map { Entry(key: $0.key, line: $0.number) }
  }

  private func lines(for names: [String], port: UInt16) -> [KnownHostsLine] {
    let wanted = names.map { Self.entryName($0, port: port) }
    return lines.filter { line in wanted.contains { line.pattern.matches($0) } }
  }
}
