import Text
import ByteText
import Files
import FoundationEssentials
import Glibc
package import SystemPackage

/// Which inventory a run uses, and where profiles are looked for.
package struct InventoryLocation: Equatable, Sendable {
  package enum Origin: Equatable, Sendable {
    /// `--inventory` said so.
    case option
    /// The current folder holds a fleet.yaml, or its `inventory` does.
    case currentFolder
    /// So does a folder above it.
    case above
    /// `~/.config/fleet`.
    case home
  }

  /// The inventory itself, absolute.
  package var file: FilePath
  package var origin: Origin
  /// Folders with profiles that came with fleet, the first one first.
  package var shippedProfiles: [FilePath]
  package var home: FilePath
  package var currentFolder: FilePath
  /// The folder as `--inventory` names it.
  var typedFolder: FilePath?
  /// `--inventory` as it was typed, where without it another inventory would be found, or none.
  private(set) var option: String?

  package init(
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
  package var folder: FilePath { file.removingLastComponent() }

  /// What to type for it in the same shell.
  package var typed: TypedFleet { TypedFleet(inventory: option) }

  /// The same from wherever it is read.
  package var typedAnywhere: TypedFleet {
    let path = file.lastComponent?.string == Self.fileName ? folder : file
    return TypedFleet(inventory: option == nil ? nil : path.string)
  }

  /// For the line that says which inventory is used.
  package var description: String {
    switch origin {
    case .option: "inventory: \(shown(file)) (--inventory)"
    case .currentFolder: "inventory: \(shown(file)) (in the current folder)"
    case .above: "inventory: \(shown(file)) (in a folder above)"
    case .home: "inventory: \(shown(file)) (the one in your home)"
    }
  }

  /// A path as a person in the current folder would name it; what `--inventory` named, as it was typed.
  package func shown(_ path: FilePath) -> String {
    var relative = path
    if let typedFolder, relative.removePrefix(folder) {
      let typed = typedFolder.pushing(relative)
      if !typed.isEmpty { return typed.string }
    }
    relative = path
    // In "/" a path without its first slash would be taken for one of another folder.
    if !currentFolder.components.isEmpty, relative.removePrefix(currentFolder), !relative.isEmpty {
      return relative.string
    }
    var inHome = path
    if inHome.removePrefix(home), !inHome.isEmpty { return "~/\(inHome.string)" }
    return path.string
  }

  /// Where a program runs, as far as it matters for finding files.
  package struct Surroundings: Sendable {
    package var currentFolder: FilePath
    package var home: FilePath
    /// `FLEET_SHARE`.
    package var share: FilePath?
    /// The running program, absolute.
    package var executable: FilePath?

    package init(
      currentFolder: FilePath, home: FilePath, share: FilePath? = nil, executable: FilePath? = nil
    ) {
      self.currentFolder = currentFolder
      self.home = home
      self.share = share
      self.executable = executable
    }

    /// Those of this process.
    package static var current: Surroundings {
      let environment = ProcessInfo.processInfo.environment
      return Surroundings(
        currentFolder: (try? realPath(".")) ?? "", home: homeFolder(environment),
        share: environment["FLEET_SHARE"].map { FilePath($0) }, executable: try? realPath("/proc/self/exe"))
    }
  }

  /// Finds the inventory: what `--inventory` names (a file, or a folder with a fleet.yaml), else that of the current
  /// folder or the nearest above it, up to the home, else `~/.config/fleet`.
  ///
  /// - Parameter lastUsed: the folders of inventories that were used, the last one first: named where there is none.
  package static func find(
    option: String?, in surroundings: Surroundings = .current, lastUsed: () -> [FilePath] = { [] }
  ) throws(InventoryErrors) -> InventoryLocation {
    let here = surroundings.currentFolder
    let home = surroundings.home
    var location = InventoryLocation(
      file: here, shippedProfiles: shippedProfiles(surroundings), home: home, currentFolder: here)
    if let option {
      let path = localPath(option, folder: here, home: home)
      let names = isFolder(path)
      location.file = names ? path.appending(fileName) : path
      // What the shell would have put in for "~" is not what was typed.
      if !option.begins(with: "~") {
        location.typedFolder = names ? FilePath(option) : FilePath(option).removingLastComponent()
      }
      guard exists(location.file) else {
        let below = path.appending(folderName)
        let isBelow = names && exists(below.appending(fileName))
        throw InventoryErrors([
          InventoryError(
            file: location.shown(location.file), message: "does not exist",
            hint: isBelow
              ? "there is one below it: --inventory \(typed(location.shown(below)))"
              : "--inventory names a file, or a folder with a fleet.yaml")
        ])
      }
      // Rollouts know their inventory by its folder's path: the same file by another path is another one.
      let found = try? find(option: nil, in: surroundings)
      location.option = found?.file == location.file ? nil : option
      return location
    }
    for folder in foldersAbove(here, home: home) {
      for file in [folder.appending(folderName).appending(fileName), folder.appending(fileName)]
      where exists(file) {
        location.file = file
        location.origin = folder == here ? .currentFolder : .above
        return location
      }
    }
    let own = home.appending(".config").appending("fleet").appending(fileName)
    if exists(own) {
      location.file = own
      location.origin = .home
      return location
    }
    let last = lastUsed().first { exists($0.appending(fileName)) }
    var errors = InventoryErrors([
      InventoryError(
        file: fileName,
        message:
          "there is none in the current folder, in its inventory/, in a folder above, or in ~/.config/fleet",
        hint: last.map { "the one used last is named by: --inventory \(typed($0.string))" }
          ?? "make one with \"fleet init\", or name one with --inventory PATH")
    ])
    errors.isForWantOfOne = true
    throw errors
  }

  /// Where `fleet init` would write one, for hosts that stand in none: of what is there only profiles are read.
  package static func future(in surroundings: Surroundings = .current) -> InventoryLocation {
    let home = surroundings.home
    return InventoryLocation(
      file: home.appending(".config").appending("fleet").appending(fileName), origin: .home,
      shippedProfiles: shippedProfiles(surroundings), home: home, currentFolder: surroundings.currentFolder)
  }

  private static let fileName = "fleet.yaml"
  private static let folderName = "inventory"

  /// The current folder and those above it: up to the home where it lies in that, else up to "/".
  private static func foldersAbove(_ folder: FilePath, home: FilePath) -> [FilePath] {
    var folders = [folder]
    while let last = folders.last, last != home, !last.components.isEmpty {
      folders.append(last.removingLastComponent())
    }
    return folders
  }

  /// As a word for the shell.
  private static func typed(_ path: String) -> String { CommandWord.typed(path) }

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

  private static func exists(_ path: FilePath) -> Bool { (try? FileStatus.of(path, following: true)) != nil }

  private static func isFolder(_ path: FilePath) -> Bool {
    (try? FileStatus.of(path, following: true))?.kind == .directory
  }
}

/// `HOME`, else what passwd(5) says.
package func homeFolder(_ environment: [String: String]) -> FilePath {
  environment["HOME"].map { FilePath($0) } ?? (try? Accounts.user("\(geteuid())"))?.home ?? "/"
}
