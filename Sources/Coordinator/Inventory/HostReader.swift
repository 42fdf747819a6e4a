import ByteText
import SystemPackage

/// Reads the hosts. Their profiles are made later, when the overrides of all are known.
struct HostReader {
  struct Entry {
    var host: Host
    var settings: HostSettings
  }

  let groups: Groups
  let defaults: HostSettings
  let sources: SourceReader
  let findings: Findings

  func read(_ node: YAMLNode) -> [Entry] {
    guard let entries = node.entries else {
      findings.add(
        Wrong(
          "hosts must be a mapping (name: address), not \(node.summary)",
          hint: "write each host as a line \"name: user@address\""),
        at: node.place)
      return []
    }
    guard entries.count <= InventoryLimits.hosts else {
      findings.add(Wrong("more than \(InventoryLimits.hosts) hosts"), at: node.place)
      return []
    }
    return entries.compactMap(read)
  }

  private func read(_ entry: YAMLNode.Entry) -> Entry? {
    do throws(Wrong) {
      try Self.checkName(entry.key, "host")
      if groups.names.contains(entry.key) {
        throw Wrong("\"\(entry.key)\" is a group already", hint: "a host needs another name")
      }
    } catch {
      findings.add(error, at: entry.place)
      return nil
    }
    var address: HostAddress?
    var own = HostSettings()
    var named: [String] = []
    var instance: String?
    switch entry.value.value {
    case .null: break
    case .text(let text):
      do throws(Wrong) {
        address = try HostAddress(text)
      } catch {
        findings.add(
          Wrong("\(entry.key): \(error.message)", hint: error.hint), at: entry.value.place)
      }
    case .list:
      findings.add(
        Wrong(
          "\(entry.key): an address, not a list", hint: "an IPv6 address in [ ] needs quotes: \"[…]\""),
        at: entry.value.place)
    case .mapping:
      Section.read(entry.value, as: "host", findings) { section in
        address = section.value("address") { (node) throws(Wrong) in
          try HostAddress(try Values.line(node))
        }
        named =
          section.list("groups") { (node) throws(Wrong) in
            try Groups.known(try Values.line(node), among: groups.names)
          } ?? []
        instance = section.value("instance", Self.instance)
        own = HostSettings(section, sources: sources)
        if address?.user != nil, own.user != nil {
          section.wrong("the user is said twice, here and in address", at: "user")
        }
        if address?.port != nil, own.port != nil {
          section.wrong("the port is said twice, here and in address", at: "port")
        }
      }
    }
    own.user = own.user ?? address?.user
    own.port = own.port ?? address?.port
    let all = groups.all(of: named)
    let settings = all.compactMap(groups.settings(of:)).reduce(defaults) { $0.overlaid(by: $1) }
      .overlaid(by: own)
    var host = host(entry.key, address: address?.address, groups: all, settings)
    host.instance = instance
    return Entry(host: host, settings: settings)
  }

  private func host(
    _ name: String, address: String?, groups: [String], _ settings: HostSettings
  ) -> Host {
    Host(
      name: name, address: address, user: settings.user, port: settings.port,
      sshKey: settings.sshKey, sshKeyPlace: settings.sshKeyPlace.map { "\($0.file):\($0.line)" },
      connection: settings.connection ?? .ssh,
      transport: settings.transport ?? .auto,
      delta: settings.delta ?? true,
      // root needs no sudo, and a small system may not have it.
      become: settings.become ?? .sudo,
      track: settings.track, groups: groups, hold: settings.hold ?? false,
      windows: settings.windows, vars: settings.vars, profiles: [])
  }

  /// It becomes part of directories' and units' names, with the app's key in front and a dot between them.
  private static func instance(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    guard Values.isPlainName(text, bytes: 32), !text.utf8.contains(UInt8(ascii: ".")) else {
      throw Wrong(
        "\(node.summary) cannot name an instance",
        hint: "letters, digits, _ and -, first a letter or digit, at most 32")
    }
    return text
  }

  /// Names stand in host patterns, file names and reports.
  static func checkName(_ name: String, _ what: String) throws(Wrong) {
    guard name != "all" else { throw Wrong("\"all\" means every host and cannot name a \(what)") }
    guard Values.isPlainName(name, bytes: InventoryLimits.nameBytes) else {
      throw Wrong(
        "\"\(name.leading(scalars: 80))\" cannot name a \(what)",
        hint: "letters, digits, dots, _ and -, first a letter or digit, at most"
          + " \(InventoryLimits.nameBytes) bytes")
    }
  }
}
