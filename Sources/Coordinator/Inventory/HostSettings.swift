import ByteText
import Release
import SystemPackage

/// What can be said of a host in `defaults`, in each of its groups, and of itself.
struct HostSettings {
  var user: String?
  var port: Int?
  var sshKey: FilePath?
  /// Where that stands.
  var sshKeyPlace: Place?
  var become: Host.Become?
  var connection: Host.Connection?
  var transport: Host.Transport?
  var delta: Bool?
  var track: String?
  var hold: Bool?
  /// All of them apply.
  var windows: [String] = []
  var vars: [String: String] = [:]
  /// Laid over the profile one after the other.
  var overrides: [YAMLNode] = []

  init() {}

  /// These settings with more particular ones laid over them.
  func overlaid(by other: HostSettings) -> HostSettings {
    var result = self
    result.user = other.user ?? user
    result.port = other.port ?? port
    if other.sshKey != nil { (result.sshKey, result.sshKeyPlace) = (other.sshKey, other.sshKeyPlace) }
    result.become = other.become ?? become
    result.connection = other.connection ?? connection
    result.transport = other.transport ?? transport
    result.delta = other.delta ?? delta
    result.track = other.track ?? track
    result.hold = other.hold ?? hold
    result.windows += other.windows.filter { !windows.contains($0) }
    result.vars.merge(other.vars) { $1 }
    result.overrides += other.overrides
    return result
  }

  init(_ section: Section, sources: SourceReader) {
    user = section.value("user") { (node) throws(Wrong) in
      try HostAddress.user(try Values.line(node))
    }
    port = section.value("port", Values.integer(in: 1...65_535))
    sshKey = section.value("ssh_key") { (node) throws(Wrong) in
      localPath(try Values.line(node), folder: sources.folder, home: sources.home)
    }
    sshKeyPlace = sshKey == nil ? nil : section.place(of: "ssh_key")
    become = section.value("become", Values.choice(of: Host.Become.self))
    connection = section.value("connection", Values.choice(of: Host.Connection.self))
    transport = section.value("transport", Values.choice(of: Host.Transport.self))
    delta = section.value("delta", Values.flag)
    track = section.value("track", Self.track)
    hold = section.value("hold", Values.flag)
    if let window = section.value("window", Self.window) { windows = [window] }
    vars = Self.vars(section)
    if let profile = Self.override(section) { overrides.append(profile) }
    // Short for `profile: { install: … }`.
    for key in ["install", "services"] {
      guard let node = section.node(key) else { continue }
      let entry = YAMLNode.Entry(key: key, place: section.place(of: key), value: node)
      overrides.append(YAMLNode(value: .mapping([entry]), place: node.place))
    }
  }

  /// `profile:`, what is laid over the profile. Its keys are checked when it has been.
  static func override(_ section: Section) -> YAMLNode? {
    section.value("profile") { (node) throws(Wrong) in
      guard node.entries != nil else { throw Wrong("must be a mapping, not \(node.summary)") }
      return node
    }
  }

  private static func track(_ node: YAMLNode) throws(Wrong) -> String {
    guard let track = Track(try Values.line(node)) else {
      throw Wrong("\(node.summary) is not a track such as v4, v4.1 or exp-v4")
    }
    return track.description
  }

  private static func window(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    _ = try Window(text)
    return text
  }

  /// Names become part of `FLEET_VAR_NAME`, in capitals as environment variables are.
  private static func vars(_ section: Section) -> [String: String] {
    let pairs = section.pairs("vars") { (entry) throws(Wrong) in
      guard isVariableName(entry.key) else {
        throw Wrong(
          "\"\(entry.key)\" is not a name of letters, digits and _ that starts with a letter")
      }
      let text = try Values.text(entry.value)
      guard text.utf8.count <= InventoryLimits.variableBytes else {
        throw Wrong("\(entry.key) is longer than \(InventoryLimits.variableBytes) bytes")
      }
      return (entry.key.asciiUppercase, text)
    }
    var vars: [String: String] = [:]
    for (name, text) in pairs ?? [] where vars.updateValue(text, forKey: name) != nil {
      section.wrong("vars: two names become FLEET_VAR_\(name)", at: "vars")
    }
    return vars
  }

  static func isVariableName(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 64,
      !(0x30...0x39).contains(first)
    else { return false }
    return text.utf8.allSatisfy { Values.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
  }
}
