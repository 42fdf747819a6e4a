import Text
import ByteText
import Release
import SystemPackage
import Wire
import Zones

extension Fleet {
  /// Reads and checks the inventory and the profiles of its apps.
  ///
  /// - Parameters:
  ///   - app: which one is meant; nil: the only one.
  ///   - text: what fleet.yaml would say; nil: what it says.
  /// - Throws: everything that is wrong in all of them, with file, line and what would be right.
  package static func load(
    from location: InventoryLocation, app: String? = nil, saying text: [UInt8]? = nil
  ) throws(InventoryErrors) -> Fleet {
    let findings = Findings()
    let fleets = InventoryReader(location: location, findings: findings, text: text).read()
    try findings.throwIfAny()
    let shown = location.shown(location.file)
    guard let first = fleets.first else {
      throw InventoryErrors([InventoryError(file: shown, message: "holds no inventory")])
    }
    if let fleet = app.map({ app in fleets.first { $0.app.isSpelled(app) } })
      ?? (fleets.count == 1 ? first : nil)
    {
      return fleet
    }
    let apps = fleets.map(\.app)
    let of = "it is of \(Wording.list(apps))"
    guard let app else {
      var errors = InventoryErrors([
        InventoryError(file: shown, message: "\(of)", hint: "--app says which one is meant")
      ])
      errors.appsToChooseFrom = apps
      throw errors
    }
    throw InventoryErrors([
      InventoryError(
        file: shown, message: "there is no app \"\(app.leading(scalars: 80))\" in it: \(of)",
        hint: didYouMean(app, among: apps))
    ])
  }
}

/// Reads fleet.yaml and lays its profile overrides over the app's profiles.
struct InventoryReader {
  let location: InventoryLocation
  let findings: Findings
  /// Read instead of the inventory's file.
  var text: [UInt8]?
  var zones = ZoneFolder.system
  var localZone = LocalZone.current

  /// One for each app; none, or incomplete, where the findings say what is wrong.
  func read() -> [Fleet] {
    let shown = location.shown(location.file)
    InventoryTrust(location).check(location.file, in: location, findings)
    let file = YAMLFile(shown: shown, findings: findings)
    let documents = text.map { file.parse($0) } ?? file.read(location.file)
    guard findings.isEmpty else { return [] }
    guard let root = documents.first, !root.isNull else {
      findings.add(
        InventoryError(
          file: shown, message: "is empty",
          hint: "the least is \"app: mycodo\" and \"hosts:\" with a line for each host"))
      return []
    }
    if documents.count > 1 {
      findings.add(Wrong("a second document; an inventory is one"), at: documents[1].place)
    }
    findings.levels = Self.levels(location)
    guard root["apps"] != nil else { return [read(root)].compactMap { $0 } }
    let groups = root["groups"].map { Groups($0, sources: sources, findings) } ?? Groups()
    let views = AppsReader(root: root, groups: groups, findings: findings).views()
    let hosts = root["hosts"]?.entries ?? []
    var fleets = views.compactMap { read($0.root, everyHost: hosts.map(\.key)) }
    let everywhere = Set(fleets.flatMap { $0.hosts.flatMap { [$0.name] + $0.groups } })
    for index in fleets.indices {
      let here = fleets[index].hosts.flatMap { [$0.name] + $0.groups }
      fleets[index].elsewhere = everywhere.union(hosts.map(\.key)).subtracting(here)
      fleets[index].apps = views.map(\.app)
      fleets[index].warnings = findings.warnings
    }
    return fleets
  }

  private var sources: SourceReader { SourceReader(folder: location.folder, home: location.home) }

  /// - Parameter everyHost: the names in the file, where the app does not run on all of them.
  private func read(_ root: YAMLNode, everyHost: [String]? = nil) -> Fleet? {
    let fleet: Fleet?? = Section.read(root, as: "inventory", findings) { read($0, everyHost) }
    return fleet ?? nil
  }

  private func read(_ section: Section, _ everyHost: [String]?) -> Fleet? {
    let sources = sources
    // Asked for so that it is known here: what is below it is read as the rest of an inventory of one app.
    _ = section.node("apps")
    let app = section.required("app", Self.appName)
    let overrides = HostSettings.override(section).map { [$0] } ?? []
    let defaults = section.node("defaults").flatMap {
      Section.read($0, as: "defaults", findings) { HostSettings($0, sources: sources) }
    }
    let timezone = section.value("timezone", timezone)
    let skip = section.list("skip", orOne: true, ProfileReader.version) ?? []
    let groups = section.node("groups").map { Groups($0, sources: sources, findings) } ?? Groups()
    let reader = HostReader(
      groups: groups, defaults: defaults ?? HostSettings(), sources: sources, findings: findings)
    let hostsNode = section.required("hosts") { (node) throws(Wrong) in node }
    let entries = hostsNode.map(reader.read) ?? []
    if hostsNode?.entries?.isEmpty == true { section.wrong("hosts is empty", at: "hosts") }
    let names = hostsNode?.entries?.map(\.key) ?? []
    let rollout = section.node("rollout").flatMap {
      Section.read($0, as: "rollout", findings, RolloutReader(hosts: everyHost ?? names).read)
    }
    let notify = section.sections("notify", as: "notify", RolloutReader.notification) ?? []

    warnOfKeys(among: hostsNode?.entries ?? [])
    if section.node("timezone") == nil, entries.contains(where: { !$0.host.windows.isEmpty }) {
      warnOfUnknownZone(section.place(of: "hosts"))
    }
    guard let app else { return nil }
    let profiles = ProfileFile(app: app, location: location, findings: findings).read()
    let layers = ProfileLayers(
      base: profiles, reader: ProfileReader(app: app, sources: sources), findings: findings)
    var fleet = Fleet(
      folder: location.folder, app: app,
      hosts: entries.map { entry in
        var host = entry.host
        host.profiles = layers.read(overrides + entry.settings.overrides, vars: host.vars)
        for index in host.profiles.indices { host.profiles[index].agent.app = host.key(of: app) }
        return host
      },
      policy: (rollout ?? RolloutPolicy()).among(names), notify: notify, skip: skip, timezone: timezone,
      profiles: layers.read(overrides, vars: [:]))
    fleet.apps = [app]
    fleet.warnings = findings.warnings
    return fleet
  }

  /// A key that was indented too far stands among the hosts, and reads as one.
  private func warnOfKeys(among hosts: [YAMLNode.Entry]) {
    for host in hosts {
      guard let place = findings.levels.belongs(host.key, in: "hosts") else { continue }
      findings.warn(
        "\"\(host.key)\" is read as a host, and is called like a key. If the key was meant: \(place)",
        at: host.place)
    }
  }

  /// Windows that nobody said a zone for go by this machine's, as far as it knows that.
  private func warnOfUnknownZone(_ place: Place) {
    guard let unknown = localZone.unknown else { return }
    findings.warn(
      "windows go by UTC, since \(unknown) is no time zone that is known here (Debian's package of them is tzdata); "
        + "timezone: says which one is meant", at: place)
  }

  /// What the readers ask for of a file that says nothing.
  private static func levels(_ location: InventoryLocation) -> KeyLevels {
    let findings = Findings()
    let sources = SourceReader(folder: location.folder, home: location.home)
    let nothing = YAMLNode(value: .mapping([]), place: Place(file: "", line: 1, column: 1))
    let host = YAMLNode.Entry(key: "host", place: nothing.place, value: nothing)
    let reader = InventoryReader(location: location, findings: findings)
    _ = reader.read(nothing)
    Section.read(nothing, as: "defaults", findings) { HostSettings($0, sources: sources) }
    _ = HostReader(groups: Groups(), defaults: HostSettings(), sources: sources, findings: findings).read(
      YAMLNode(value: .mapping([host]), place: nothing.place))
    Section.read(nothing, as: "rollout", findings, RolloutReader(hosts: []).read)
    _ = ProfileReader(app: "", sources: sources).read(nothing, vars: [:], findings)
    return KeyLevels(findings.vocabulary)
  }

  /// The key names directories on the hosts.
  private static func appName(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    guard Values.isPlainName(text, bytes: 64) else {
      throw Wrong(
        "\(node.summary) cannot be an app's key",
        hint: "letters, digits, dots, _ and -, first a letter or digit, at most 64")
    }
    return text
  }

  private func timezone(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    do throws(ZoneError) {
      _ = try zones.zone(text)
      return text
    } catch {
      switch error {
      case .unknown:
        throw Wrong(
          "\(node.summary) is not a time zone such as Europe/Berlin",
          hint: didYouMean(text, among: zones.names()))
      case .notInstalled(let folder):
        throw Wrong(
          "\(node.summary) is not known here, since there are no time zones in \(folder)",
          hint: "Debian's package of them is tzdata")
      case .unreadable(let file, let reason):
        throw Wrong("\(node.summary) cannot be read from \(file): \(reason)")
      }
    }
  }
}

/// The app's profiles with overrides laid over them.
private struct ProfileLayers {
  let base: [YAMLNode]
  let reader: ProfileReader
  let findings: Findings

  func read(_ overrides: [YAMLNode], vars: [String: String]) -> [Profile] {
    base.compactMap { node in
      let merged = overrides.reduce(node) { Self.lay($1, over: $0) }
      return reader.read(merged, vars: vars, findings)
    }
  }

  /// A source of another kind replaces the source as a whole; all else is merged key by key.
  private static func lay(_ change: YAMLNode, over base: YAMLNode) -> YAMLNode {
    func kind(_ node: YAMLNode) -> String? {
      node["source"]?.entries?.map(\.key).first(where: SourceReader.kinds.contains)
    }
    guard let new = kind(change), new != kind(base), let entries = base.entries else {
      return base.merged(with: change)
    }
    let rest = YAMLNode(value: .mapping(entries.filter { $0.key != "source" }), place: base.place)
    return rest.merged(with: change)
  }
}

extension RolloutPolicy {
  /// As it is for some of the hosts: whom it names besides them is not there.
  fileprivate func among(_ names: [String]) -> RolloutPolicy {
    var policy = self
    policy.neverTogether = neverTogether.map { $0.filter(names.contains) }.filter { $0.count > 1 }
    if case .hosts(let canary) = canary {
      let here = canary.filter(names.contains)
      // Somebody else's canary is none of ours, and without one all would go at once.
      policy.canary = here.isEmpty && !canary.isEmpty ? RolloutPolicy().canary : .hosts(here)
    }
    return policy
  }
}
