import Text
import ByteText

/// Reads `apps:`, where an inventory is of several apps: what is said of one is laid over what is said of all hosts, so
/// that each app has an inventory as one with `app:` is, its places still those of the file. Pure.
struct AppsReader {
  let root: YAMLNode
  let groups: Groups
  let findings: Findings

  /// The inventory as it is for one of the apps.
  struct View {
    var app: String
    var root: YAMLNode
  }

  /// In the file's order; without what is wrong.
  func views() -> [View] {
    guard let node = root["apps"] else { return [] }
    refuseWhatIsOfOneApp()
    guard let entries = node.entries, !entries.isEmpty else {
      findings.add(
        Wrong(
          "apps must be a mapping (name: …), not \(node.summary)",
          hint: "apps: { mycodo: , growroom: { hosts: [veg] } }"),
        at: node.place)
      return []
    }
    guard entries.count <= InventoryLimits.apps else {
      findings.add(Wrong("more than \(InventoryLimits.apps) apps"), at: node.place)
      return []
    }
    refuseInstancesOfOthers(entries)
    var used: Set<String> = []
    let views = entries.compactMap { entry -> View? in
      guard let (view, names) = view(of: entry) else { return nil }
      used.formUnion(names)
      return view
    }
    for host in root["hosts"]?.entries ?? [] where views.count == entries.count && !used.contains(host.key) {
      findings.warn("\(host.key) has none of the apps", at: host.place)
    }
    return views
  }

  // MARK: One app

  private func view(of entry: YAMLNode.Entry) -> (View, hosts: Set<String>)? {
    let settings = entry.value.isNull ? YAMLNode(value: .mapping([]), place: entry.place) : entry.value
    let found = Section.read(settings, as: "app", findings) { section in
      var root = root.without(["app", "apps"])
      root = root.setting("app", to: YAMLNode(value: .text(entry.key), place: entry.place), at: entry.place)
      if let hosts = section.node("hosts") {
        root = root.setting("hosts", to: self.hosts(hosts), at: section.place(of: "hosts"))
      }
      for key in ["profile", "skip", "rollout"] {
        guard let node = section.node(key) else { continue }
        root = root.setting(
          key, to: self.root[key].map { $0.merged(with: node) } ?? node, at: section.place(of: key))
      }
      if let track = section.node("track") {
        let place = section.place(of: "track")
        let defaults = root["defaults"] ?? YAMLNode(value: .mapping([]), place: place)
        root = root.setting("defaults", to: defaults.setting("track", to: track, at: place), at: place)
      }
      return root
    }
    guard let found else { return nil }
    return (View(app: entry.key, root: found), Set(found["hosts"]?.entries?.map(\.key) ?? []))
  }

  /// The hosts that run it, each with what is said of it there laid over what is said of it at the top.
  private func hosts(_ node: YAMLNode) -> YAMLNode {
    let all = root["hosts"]?.entries ?? []
    var changes: [String: [YAMLNode]] = [:]
    func add(_ name: String, _ change: YAMLNode?, at place: Place) {
      let meant = all.filter { $0.key == name || Self.groups(of: $0.value, in: groups).contains(name) }
      if meant.isEmpty, !groups.names.contains(name) {
        findings.add(
          Wrong(
            "there is no host or group \"\(name.leading(scalars: 80))\"",
            hint: didYouMean(name, among: all.map(\.key) + groups.names)),
          at: place)
      }
      for host in meant { changes[host.key, default: []] += change.map { [$0] } ?? [] }
    }
    if let items = node.items {
      for item in items {
        guard case .text(let name) = item.value else {
          findings.add(
            Wrong("hosts: each must be the name of a host or group, not \(item.summary)"), at: item.place)
          continue
        }
        add(name, nil, at: item.place)
      }
    } else if let entries = node.entries {
      for entry in entries {
        if !entry.value.isNull {
          Section.read(entry.value, as: "host-of-app", findings) { section in
            for key in Self.ofAnAppsHost { _ = section.node(key) }
          }
        }
        add(entry.key, entry.value.entries == nil ? nil : entry.value, at: entry.place)
      }
    } else {
      findings.add(
        Wrong("hosts must be a list or a mapping of hosts and groups, not \(node.summary)"), at: node.place)
    }
    if node.items?.isEmpty == true || node.entries?.isEmpty == true {
      findings.add(Wrong("hosts is empty", hint: "without the key it is on all of them"), at: node.place)
    }
    let meant = all.compactMap { host in
      changes[host.key].map { changes in
        var host = host
        host.value = changes.reduce(Self.mapping(host.value)) { $0.merged(with: $1) }
        return host
      }
    }
    return YAMLNode(value: .mapping(meant), place: root["hosts"]?.place ?? node.place)
  }

  /// What may be said of a host for one app.
  private static let ofAnAppsHost = [
    "hold", "install", "instance", "profile", "services", "track", "vars", "window",
  ]

  /// A host as a mapping, whose address may stand alone.
  private static func mapping(_ host: YAMLNode) -> YAMLNode {
    switch host.value {
    case .text:
      YAMLNode(
        value: .mapping([YAMLNode.Entry(key: "address", place: host.place, value: host)]), place: host.place)
    case .null: YAMLNode(value: .mapping([]), place: host.place)
    case .list, .mapping: host
    }
  }

  private static func groups(of host: YAMLNode, in groups: Groups) -> [String] {
    let named = host["groups"]?.items?.compactMap { item -> String? in
      if case .text(let name) = item.value { name } else { nil }
    }
    return groups.all(of: (named ?? []).filter(groups.names.contains))
  }

  // MARK: What is wrong with several

  /// Keys that mean nothing until it is said of which app.
  private func refuseWhatIsOfOneApp() {
    if let entry = root.entries?.first(where: { $0.key == "app" }) {
      findings.add(Wrong("app and apps exclude each other", hint: "put it below apps:"), at: entry.place)
    }
    refuse(["profile", "skip"], in: root, "below apps: NAME:")
    let keys = ["profile", "install", "services", "track"]
    if let defaults = root["defaults"] { refuse(keys, in: defaults, "below apps: NAME:") }
    for group in root["groups"]?.entries ?? [] {
      refuse(keys, in: group.value, "apps: NAME: hosts: { \(group.key): … }")
    }
    for host in root["hosts"]?.entries ?? [] {
      refuse(keys, in: host.value, "apps: NAME: hosts: { \(host.key): … }")
    }
  }

  private func refuse(_ keys: [String], in node: YAMLNode, _ place: String) {
    for entry in node.entries ?? [] where keys.contains(entry.key) {
      findings.add(
        Wrong("\(entry.key) is of one app, and this inventory has apps", hint: "say it there: \(place)"),
        at: entry.place)
    }
  }

  /// An agent knows the instance `b` of the app `a` by the name that the app `a.b` would have.
  private func refuseInstancesOfOthers(_ entries: [YAMLNode.Entry]) {
    for entry in entries {
      guard let other = entries.first(where: { entry.key.begins(with: $0.key + ".") }) else { continue }
      findings.add(
        Wrong(
          "\"\(entry.key)\" is what an instance of \(other.key) would be called",
          hint: "call it \"\(entry.key.exchanging(".", for: "-"))\""),
        at: entry.place)
    }
  }
}

extension YAMLNode {
  fileprivate func without(_ keys: Set<String>) -> YAMLNode {
    guard let entries else { return self }
    return YAMLNode(value: .mapping(entries.filter { !keys.contains($0.key) }), place: place)
  }

  fileprivate func setting(_ key: String, to value: YAMLNode, at keyPlace: Place) -> YAMLNode {
    let entry = Entry(key: key, place: keyPlace, value: value)
    return YAMLNode(value: .mapping((without([key]).entries ?? []) + [entry]), place: place)
  }
}
