import Foundation
import SystemPackage
import TestSupport

@testable import Inventory
@testable import Coordinator

/// An inventory in a folder of its own, removed with it.
final class InventoryFolder {
  let path: FilePath

  /// The least that a profile must say.
  static let profile = """
    install: /opt/App
    source: { github: owner/app }
    version: { file: version.txt, match: "(.+)" }
    """

  init(_ inventory: String = "", profile: String? = InventoryFolder.profile, app: String = "app") throws {
    path = FilePath(NSTemporaryDirectory()).appending("inventory-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      atPath: path.appending("apps").string, withIntermediateDirectories: true)
    try write(inventory, "fleet.yaml")
    if let profile { try write(profile, "apps/\(app).yaml") }
  }

  deinit { try? FileManager.default.removeItem(atPath: path.string) }

  func write(_ text: String, _ name: String) throws {
    try write(Array(text.utf8), name)
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(filePath: path.pushing(FilePath(name)).string))
  }

  var location: InventoryLocation {
    InventoryLocation(file: path.appending("fleet.yaml"), home: "/home/me", currentFolder: path)
  }

  func load() throws -> Fleet { try Fleet.load(from: location) }

  /// What `load` says is wrong; empty where nothing is.
  func complaints() -> String {
    do throws(InventoryErrors) {
      _ = try Fleet.load(from: location)
      return ""
    } catch {
      return error.description
    }
  }
}

/// The repository's root.
let checkout = FilePath(Repository.root.path)
