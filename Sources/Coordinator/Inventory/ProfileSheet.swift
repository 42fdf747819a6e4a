import ByteText
import Files
package import SystemPackage
import Wire

/// A file with profiles, read to be explained: without the hosts of an inventory, and without an inventory where it is
/// named by its path.
package struct ProfileSheet: Sendable {
  /// A step that says no `timeout`, so that the default holds.
  package struct UntimedStep: Equatable, Sendable {
    /// "prepare", "migrate".
    package var list: String
    /// Counted from 1.
    package var line: Int
  }

  /// The app's key.
  package var app: String
  /// As a person would name it.
  package var file: String
  package var profiles: [Profile]
  package var untimed: [UntimedStep]

  /// The steps that may have a `timeout`.
  private static let lists = ["prepare", "complete", "migrate", "finish"]

  /// The app that a file is the profile of by its name, `apps/APP.yaml`; nil where it is called otherwise.
  package static func app(of file: FilePath) -> String? {
    guard file.extension == "yaml", let app = file.stem, Values.isPlainName(app, bytes: 64) else {
      return nil
    }
    return app
  }

  /// The apps that an inventory names, whatever else is wrong in it.
  package static func apps(ofInventory location: InventoryLocation) -> [String] {
    let root = YAMLFile(shown: "", findings: Findings()).read(location.file).first
    var apps = root?["apps"]?.entries?.map(\.key) ?? []
    if case .text(let app)? = root?["app"]?.value { apps.append(app) }
    return apps.filter { Values.isPlainName($0, bytes: 64) }
  }

  /// Where an app's profile is; nil: nowhere.
  package static func file(of app: String, in location: InventoryLocation) -> FilePath? {
    ProfileFile(app: app, location: location, findings: Findings()).find()
  }

  /// Whether an app's profile came with fleet, and is none of the inventory's own.
  package static func isShipped(_ file: FilePath, in location: InventoryLocation) -> Bool {
    location.shippedProfiles.contains(file.removingLastComponent())
  }

  /// Reads and checks one file.
  ///
  /// - Parameter location: what its relative paths start from, and how it is named.
  /// - Throws: everything that is wrong in it, with line and what would be right.
  package static func read(
    _ file: FilePath, app: String, in location: InventoryLocation
  ) throws(InventoryErrors) -> ProfileSheet {
    let findings = Findings()
    let nodes = ProfileFile(app: app, location: location, findings: findings).read(file)
    if let inventory = nodes.first(where: { $0["app"] != nil && $0["hosts"] != nil }) {
      throw InventoryErrors([
        InventoryError(
          file: location.shown(file), line: inventory.place.line, column: inventory.place.column,
          message: "is an inventory, and no profile",
          hint: "profiles are apps/APP.yaml beside it; where none is named, that of the inventory is read")
      ])
    }
    let reader = ProfileReader(
      app: app, sources: SourceReader(folder: location.folder, home: location.home))
    let profiles = nodes.compactMap { reader.read($0, vars: [:], findings) }
    try findings.throwIfAny()
    return ProfileSheet(
      app: app, file: location.shown(file), profiles: profiles,
      untimed: untimed(in: nodes))
  }

  /// The profiles of an inventory's app, as fleet.yaml changes them for all hosts.
  package init(_ fleet: Fleet, in location: InventoryLocation) {
    let findings = Findings()
    let reader = ProfileFile(app: fleet.app, location: location, findings: findings)
    let file = reader.find()
    self.init(
      app: fleet.app, file: file.map(location.shown) ?? "apps/\(fleet.app).yaml", profiles: fleet.profiles,
      untimed: file.map { Self.untimed(in: reader.read($0)) } ?? [])
  }

  package init(
    app: String, file: String, profiles: [Profile], untimed: [UntimedStep] = []
  ) {
    self.app = app
    self.file = file
    self.profiles = profiles
    self.untimed = untimed
  }

  private static func untimed(in nodes: [YAMLNode]) -> [UntimedStep] {
    nodes.flatMap { node in
      lists.flatMap { list in
        (node["steps"]?[list]?.items ?? []).filter { $0["timeout"] == nil }
          .map { UntimedStep(list: list, line: $0.place.line) }
      }
    }
  }
}

extension Fleet {
  /// Of no hosts, with the profiles of a file.
  package init(_ sheet: ProfileSheet) {
    self.init(
      folder: "", app: sheet.app, hosts: [], policy: RolloutPolicy(), notify: [], skip: [], timezone: nil,
      profiles: sheet.profiles)
  }

  /// The same hosts, as if they were upgraded by the profiles of a file.
  package func upgraded(by sheet: ProfileSheet) -> Fleet {
    var fleet = self
    (fleet.app, fleet.profiles) = (sheet.app, sheet.profiles)
    for index in fleet.hosts.indices {
      let host = fleet.hosts[index]
      fleet.hosts[index].profiles = sheet.profiles.map { profile in
        var profile = profile
        (profile.agent.app, profile.agent.vars) = (host.key(of: sheet.app), host.vars)
        return profile
      }
    }
    return fleet
  }
}
