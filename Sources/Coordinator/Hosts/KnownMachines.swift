import ByteText
import Inventory

/// Machines that may be hosts, as this machine knows them: for whoever writes a first inventory. Nothing is asked of
/// the machines themselves. Pure.
package struct KnownMachines: Sendable, Equatable {
  package enum Source: String, Sendable, CaseIterable {
    case sshConfig = "in ~/.ssh/config"
    case knownHosts = "in known_hosts"
    case mDNS = "seen on this network"
  }

  package struct Machine: Sendable, Equatable {
    /// As `fleet init` takes it: NAME, or NAME=ADDRESS. It was read as a host, so nothing in it is unseen.
    package let word: String
    package let source: Source
  }

  package private(set) var machines: [Machine] = []
  /// What each of them is called besides, in small letters, so that none is offered twice.
  private var names: [Set<String>] = []
  /// What this machine itself is called.
  private let own: String

  /// - Parameter own: the host name of this machine, which sees itself on the network.
  package init(own: String) { self.own = own.asciiLowercase }

  /// - Parameters:
  ///   - words: the first that is a host, and whose name no other machine has, is offered.
  ///   - names: all that the machine is called.
  private mutating func add(_ words: [String], _ names: [String], _ source: Source) {
    let all = Set(names.map(\.asciiLowercase))
    if let known = self.names.firstIndex(where: { !$0.isDisjoint(with: all) }) {
      return self.names[known].formUnion(all)
    }
    guard machines.count < HostLimits.offeredMachines else { return }
    let taken = machines.map(\.word)
    guard let word = words.first(where: { (try? InventoryTemplate.Entry.all(taken + [$0])) != nil }) else {
      return
    }
    machines.append(Machine(word: word, source: source))
    self.names.append(all)
  }
}

// MARK: ~/.ssh/config

extension KnownMachines {
  /// The names of `Host` lines that mean one machine each (ssh_config(5), PATTERNS). How they are reached is not
  /// repeated: fleet asks ssh.
  package mutating func add(sshConfig text: String) {
    var block: (names: [String], hostName: String?, user: String?) = ([], nil, nil)
    for line in text.allTextLines + ["Host"] {
      guard let (keyword, words) = Self.setting(line) else { continue }
      switch keyword {
      case "host", "match":
        addBlock(block.names, hostName: block.hostName, user: block.user)
        block = (keyword.isSpelled("host") ? words.filter(Self.isOneName) : [], nil, nil)
      case "hostname": block.hostName = block.hostName ?? words.first
      case "user": block.user = block.user ?? words.first
      default: continue
      }
    }
  }

  private mutating func addBlock(_ names: [String], hostName: String?, user: String?) {
    guard user?.isSpelled("git") != true else { return }
    for name in names where !Self.isForge(hostName ?? name) && !isOwn(name) {
      // With tokens in it, it is no address yet.
      let address = hostName.flatMap { $0.holds("%") ? nil : $0 }
      add([name], address.map { [name, $0] } ?? Place(name: name, port: 22).names, .sshConfig)
    }
  }

  /// The patterns of `Include` lines, in their order.
  static func includes(inSSHConfig text: String) -> [String] {
    text.allTextLines.flatMap { line -> [String] in
      guard let (keyword, words) = setting(line), keyword.isSpelled("include") else { return [] }
      return words
    }
  }

  /// `Keyword word "second word"`, or `Keyword=word`; nil for a comment and an empty line (ssh_config(5)).
  private static func setting(_ line: Substring) -> (keyword: String, words: [String])? {
    let text = line.trimmed
    let keyword = text.leading { $0.isASCIILetter || $0.isDigit }
    guard !keyword.isEmpty else { return nil }
    var rest = text.without(prefix: keyword)?.skipping { $0.isSpace } ?? ""
    if let behind = rest.without(prefix: "=") { rest = behind.skipping { $0.isSpace } }
    var words: [String] = []
    while !rest.isEmpty, !rest.begins(with: "#") {
      let word: Substring
      if let quoted = rest.without(prefix: "\"") {
        word = quoted.leading { $0 != "\"" }
        rest = quoted.without(prefix: word)?.without(prefix: "\"") ?? ""
      } else {
        word = rest.leading { !$0.isSpace }
        rest = rest.without(prefix: word) ?? ""
      }
      words.append(String(word))
      rest = rest.skipping { $0.isSpace }
    }
    return (keyword.asciiLowercase, words)
  }

  private static func isOneName(_ word: String) -> Bool {
    !word.unicodeScalars.contains { "*?!".unicodeScalars.contains($0) }
  }

  /// Where many people keep code, and nobody a Pi.
  private static func isForge(_ name: String) -> Bool {
    let small = name.asciiLowercase
    return [
      "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "sr.ht", "dev.azure.com",
      "visualstudio.com",
      "launchpad.net", "archlinux.org", "debian.org", "gitea.com", "sourceforge.net", "heroku.com",
    ].contains { small.isSpelled($0) || small.ends(with: "." + $0) }
  }
}

// MARK: known_hosts

extension KnownMachines {
  /// Names and addresses of a network at home; in the wide world there is no Pi that nobody has given a name in
  /// ~/.ssh/config (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
  package mutating func add(knownHosts text: String) {
    for line in text.textLines {
      guard let field = line.words.first, !["#", "@", "|"].contains(where: { field.begins(with: $0) }) else {
        continue
      }
      let places = field.pieces(by: ",").compactMap { Place(knownHosts: $0) }.filter(\.isOfHome)
      // A name says more than the address beside it.
      guard let place = places.first(where: { !$0.isAddress }) ?? places.first,
        !places.contains(where: { isOwn($0.name) })
      else { continue }
      add(place.words, places.flatMap(\.names), .knownHosts)
    }
  }
}

// MARK: The network

extension KnownMachines {
  /// What `avahi-browse --parsable --resolve` prints of who offers SSH:
  /// `=;INTERFACE;IPv4;NAME;TYPE;DOMAIN;HOST;ADDRESS;PORT;TXT`, where a ";" in a name is `\059` (avahi-browse(1)).
  package mutating func add(avahi text: String) {
    var seen: [(place: Place, names: [String])] = []
    for line in text.textLines {
      let fields = line.pieces(by: ";", keepingEmpty: true)
      guard fields.count >= 9, fields[0].isSpelled("=") else { continue }
      // A workstation tells port 9 (discard), which is none.
      let port = fields[4].isSpelled("_ssh._tcp") ? UInt16(fields[8]) ?? 22 : 22
      let place = Place(name: String(fields[6]), port: port)
      guard place.isOfHome, !isOwn(place.name) else { continue }
      let names = place.names + Place(name: String(fields[7]), port: port).names
      // A line for each of its addresses: what one of them is known by may stand in the last.
      if let known = seen.firstIndex(where: { $0.place.whole.isSpelled(place.whole) }) {
        seen[known].names += names
      } else if seen.count < HostLimits.offeredMachines {
        seen.append((place, names))
      }
    }
    for (place, names) in seen { add(place.words, names, .mDNS) }
  }

  private func isOwn(_ name: String) -> Bool {
    !own.isEmpty && name.asciiLowercase.leading { $0 != "." }.isSpelled(own.leading { $0 != "." })
  }
}

/// A name or an address, and a port.
private struct Place {
  let name: String
  let port: UInt16

  init(name: String, port: UInt16) {
    self.name = name
    self.port = port
  }

  /// `name`, or `[name]:port`; nil for a pattern.
  init?(knownHosts text: Substring) {
    guard !text.unicodeScalars.contains(where: { "*?!".unicodeScalars.contains($0) }) else { return nil }
    guard let (inner, after) = text.without(prefix: "[")?.cut(at: "]") else {
      self.init(name: String(text), port: 22)
      return
    }
    guard let port = after.without(prefix: ":").flatMap({ UInt16($0) }), port > 0 else { return nil }
    self.init(name: String(inner), port: port)
  }

  var whole: String { port == 22 ? name : "\(name):\(port)" }

  /// What `fleet init` could take for it, the shortest name first.
  var words: [String] {
    let short = isAddress ? name : String(name.leading { $0 != "." })
    guard port == 22 else { return ["\(short)=\(whole)", "\(name)=\(whole)"] }
    return short.isSpelled(name) ? [name] : ["\(short)=\(name)", name]
  }

  /// A bare name is looked for on the own network too, and is the same machine there.
  var names: [String] { isAddress || name.holds(".") || port != 22 ? [whole] : [name, name + ".local"] }

  var isAddress: Bool { name.unicodeScalars.allSatisfy { $0.isDigit || $0 == "." } }

  /// A bare name, one of a network at home (RFC 6762, RFC 8375, and what routers use), or an address of one (RFC 1918).
  var isOfHome: Bool {
    if isAddress {
      let parts = name.pieces(by: ".").compactMap { UInt8($0) }
      guard parts.count == 4 else { return false }
      return parts[0] == 10 || (parts[0] == 192 && parts[1] == 168)
        || (parts[0] == 172 && (16...31).contains(parts[1]))
    }
    let small = name.asciiLowercase
    guard !small.isSpelled("localhost"), !small.holds(":") else { return false }
    return small.cut(at: ".") == nil
      || [".local", ".lan", ".home", ".internal", ".home.arpa", ".fritz.box"].contains {
        small.ends(with: $0)
      }
  }
}
