internal import Foundation
public import SystemPackage

/// Which inventory a run uses, and where profiles are looked for.
public struct InventoryLocation: Equatable, Sendable {
  public enum Origin: Equatable, Sendable {
    /// `--inventory` said so.
    case option
    /// `./inventory` holds a fleet.yaml.
    case currentFolder
    /// `~/.config/fleet`.
    case home
  }

  /// The inventory itself, absolute.
  public var file: FilePath
  public var origin: Origin
  /// Folders with profiles that came with fleet, the first one first.
  public var shippedProfiles: [FilePath]
  public var home: FilePath
  public var currentFolder: FilePath

  public init(
    file: FilePath, origin: Origin = .option, shippedProfiles: [FilePath] = [],
    home: FilePath = "/root", currentFolder: FilePath = "/"
  ) {
    self.file = file
    self.origin = origin
    self.shippedProfiles = shippedProfiles
    self.home = home
    self.currentFolder = currentFolder
  }

  /// The folder that holds the inventory, its apps/, fleet.lock and known_hosts.
  public var folder: FilePath { file.removingLastComponent() }

  /// For the line that says which inventory is used.
  public var description: String {
    switch origin {
    case .option: "inventory: \(shown(file)) (--inventory)"
    case .currentFolder: "inventory: \(shown(file)) (in the current folder)"
    case .home: "inventory: \(shown(file)) (the one in your home)"
    }
  }

  /// A path as a person in the current folder would name it.
  public func shown(_ path: FilePath) -> String {
    var relative = path
    if relative.removePrefix(currentFolder), !relative.isEmpty { return relative.string }
    var inHome = path
    if inHome.removePrefix(home), !inHome.isEmpty { return "~/\(inHome.string)" }
    return path.string
  }

  /// Where a program runs, as far as it matters for finding files.
  public struct Surroundings: Sendable {
    public var currentFolder: FilePath
    public var home: FilePath
    /// `FLEET_SHARE`.
    public var share: FilePath?
    /// The running program, absolute.
    public var executable: FilePath?

    public init(
      currentFolder: FilePath, home: FilePath, share: FilePath? = nil, executable: FilePath? = nil
    ) {
      self.currentFolder = currentFolder
      self.home = home
      self.share = share
      self.executable = executable
    }

    /// Those of this process.
    public static var current: Surroundings {
      let environment = ProcessInfo.processInfo.environment
      let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return Surroundings(
        currentFolder: FilePath(FileManager.default.currentDirectoryPath),
        home: FilePath(environment["HOME"] ?? NSHomeDirectory()),
        share: environment["FLEET_SHARE"].map { FilePath($0) },
        executable: program.map { FilePath($0) })
    }
  }

  /// Finds the inventory: what `--inventory` names (a file, or a folder with a fleet.yaml), else
  /// `./inventory`, else `~/.config/fleet`.
  public static func find(
    option: String?, in surroundings: Surroundings = .current
  ) throws(InventoryErrors) -> InventoryLocation {
    let here = surroundings.currentFolder
    let home = surroundings.home
    var location = InventoryLocation(
      file: here, shippedProfiles: shippedProfiles(surroundings), home: home, currentFolder: here)
    if let option {
      let path = localPath(option, folder: here, home: home)
      location.file = isFolder(path) ? path.appending("fleet.yaml") : path
      guard exists(location.file) else {
        throw InventoryErrors([
          InventoryError(
            file: location.shown(location.file), message: "does not exist",
            hint: "--inventory names a file, or a folder with a fleet.yaml")
        ])
      }
      return location
    }
    let candidates: [(FilePath, Origin)] = [
      (here.appending("inventory"), .currentFolder),
      (home.appending(".config").appending("fleet"), .home),
    ]
    for (folder, origin) in candidates where exists(folder.appending("fleet.yaml")) {
      location.file = folder.appending("fleet.yaml")
      location.origin = origin
      return location
    }
    throw InventoryErrors([
      InventoryError(
        file: "fleet.yaml", message: "there is none in ./inventory nor in ~/.config/fleet",
        hint: "make one with \"fleet init\", or name one with --inventory PATH")
    ])
  }

  /// `FLEET_SHARE`; `share/fleet` beside the program or beside its bin; in a checkout the
  /// repository's own inventory.
  private static func shippedProfiles(_ surroundings: Surroundings) -> [FilePath] {
    var folders = surroundings.share.map { [$0.appending("apps")] } ?? []
    guard let program = surroundings.executable else { return folders }
    var folder = program.removingLastComponent()
    let installed: [FilePath] = [folder, folder.removingLastComponent()]
    folders += installed.map { $0.appending("share").appending("fleet").appending("apps") }
    // .build/ARCH/debug/fleet is four levels below the checkout.
    for _ in 0..<5 where !folder.components.isEmpty {
      if exists(folder.appending("Package.swift")) {
        folders.append(folder.appending("inventory").appending("apps"))
        break
      }
      folder = folder.removingLastComponent()
    }
    return folders
  }

  private static func exists(_ path: FilePath) -> Bool {
    FileManager.default.fileExists(atPath: path.string)
  }

  private static func isFolder(_ path: FilePath) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }
}
