import Foundation
import SystemPackage
import Testing
import Wire

@testable import Coordinator

@Suite struct InventoryLocationTests {
  private let folder: InventoryFolder

  init() throws {
    folder = try InventoryFolder("app: app\nhosts: { veg: }\n")
    for path in [
      "work/inventory", "home/.config/fleet", "share/apps", "prefix/bin", "prefix/share/fleet/apps",
    ] {
      try FileManager.default.createDirectory(
        atPath: folder.path.pushing(FilePath(path)).string, withIntermediateDirectories: true)
    }
  }

  private func surroundings(
    share: String? = nil, executable: String? = nil
  ) -> InventoryLocation.Surroundings {
    InventoryLocation.Surroundings(
      currentFolder: folder.path.appending("work"), home: folder.path.appending("home"),
      share: share.map { folder.path.pushing(FilePath($0)) },
      executable: executable.map { folder.path.pushing(FilePath($0)) })
  }

  @Test func `what is named is used, a file or a folder`() throws {
    let byFolder = try InventoryLocation.find(option: folder.path.string, in: surroundings())
    #expect(byFolder.file == folder.path.appending("fleet.yaml"))
    try folder.write("", "other.yaml")
    let byFile = try InventoryLocation.find(option: "../other.yaml", in: surroundings())
    #expect(byFile.file == folder.path.appending("other.yaml"))
    #expect(byFile.folder == folder.path)
    #expect(byFile.description.hasSuffix("other.yaml (--inventory)"))
  }

  @Test func `else the current folder's, else the one at home`() throws {
    try folder.write("", "home/.config/fleet/fleet.yaml")
    let home = try InventoryLocation.find(option: nil, in: surroundings())
    #expect(home.description == "inventory: ~/.config/fleet/fleet.yaml (the one in your home)")
    try folder.write("", "work/inventory/fleet.yaml")
    let here = try InventoryLocation.find(option: nil, in: surroundings())
    #expect(here.description == "inventory: inventory/fleet.yaml (in the current folder)")
  }

  @Test func `where there is none it says how to get one`() {
    #expect {
      try InventoryLocation.find(option: nil, in: surroundings())
    } throws: {
      "\($0)" == """
        fleet.yaml: there is none in ./inventory nor in ~/.config/fleet
          make one with "fleet init", or name one with --inventory PATH
        """
    }
    #expect {
      try InventoryLocation.find(option: "nowhere.yaml", in: surroundings())
    } throws: {
      "\($0)" == """
        nowhere.yaml: does not exist
          --inventory names a file, or a folder with a fleet.yaml
        """
    }
  }

  @Test func `a profile beside the inventory comes before a shipped one`() throws {
    let shipped = InventoryFolder.profile.replacing("/opt/App", with: "/opt/Shipped")
    try folder.write(shipped, "share/apps/app.yaml")
    var location = try InventoryLocation.find(option: folder.path.string, in: surroundings(share: "share"))
    #expect(try Fleet.load(from: location).profiles[0].agent.install == "/opt/App")
    try FileManager.default.removeItem(atPath: folder.path.pushing("apps/app.yaml").string)
    #expect(try Fleet.load(from: location).profiles[0].agent.install == "/opt/Shipped")
    try folder.write(shipped, "prefix/share/fleet/apps/app.yaml")
    location = try InventoryLocation.find(
      option: folder.path.string, in: surroundings(executable: "prefix/bin/fleet"))
    #expect(try Fleet.load(from: location).profiles[0].agent.install == "/opt/Shipped")
  }

  @Test func `a program of a checkout finds the repository's profiles`() throws {
    try folder.write("", "Package.swift")
    let location = try InventoryLocation.find(
      option: folder.path.string, in: surroundings(executable: ".build/x86/debug/fleet"))
    #expect(location.shippedProfiles.contains(folder.path.pushing("inventory/apps")))
  }
}
