import Foundation
import SystemPackage
import Testing
import Wire

@testable import Inventory
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

  /// What `-i` names, and what `-i` has to say in the next command, beside FOLDER/fleet.yaml and
  /// work/inventory/fleet.yaml, which is the one that is found in work.
  @Test(
    arguments: [
      ("inventory", nil, nil), ("./inventory", nil, nil), ("inventory/fleet.yaml", nil, nil),
      ("FOLDER/work/inventory", nil, nil), ("..", "..", "FOLDER"), ("FOLDER", "FOLDER", "FOLDER"),
      ("../fleet.yaml", "../fleet.yaml", "FOLDER"), ("../my rooms", "'../my rooms'", "'FOLDER/my rooms'"),
      ("~", "'~'", "FOLDER/home"), ("lab.yaml", "lab.yaml", "FOLDER/work/lab.yaml"),
    ] as [(String, String?, String?)])
  func `the next command names the inventory where another one would be found`(
    option: String, here: String?, anywhere: String?
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder.path.appending("my rooms").string, withIntermediateDirectories: true)
    for file in [
      "fleet.yaml", "work/inventory/fleet.yaml", "my rooms/fleet.yaml", "home/fleet.yaml", "work/lab.yaml",
    ] {
      try folder.write("", file)
    }
    func whole(_ text: String) -> String { text.replacing("FOLDER", with: folder.path.string) }
    let location = try InventoryLocation.find(option: whole(option), in: surroundings())
    let words = { (word: String?) in "fleet resume" + (word.map { " -i " + whole($0) } ?? "") + " veg" }
    #expect(location.typed.command("resume", ["veg"]) == words(here))
    #expect(location.typedAnywhere.command("resume", ["veg"]) == words(anywhere))
    // What was typed by that leads to the same file.
    let option = location.option.map { whole($0) }
    #expect(try InventoryLocation.find(option: option, in: surroundings()).file == location.file)
  }

  @Test func `an inventory that is found needs no name`() throws {
    for file in ["fleet.yaml", "work/fleet.yaml"] {
      try folder.write("", file)
      let found = try InventoryLocation.find(option: nil, in: surroundings())
      #expect(found.typed == TypedFleet() && found.typedAnywhere == TypedFleet())
    }
    // It is the one that is found, in a folder above.
    try FileManager.default.removeItem(atPath: folder.path.pushing("work/fleet.yaml").string)
    #expect(try InventoryLocation.find(option: "..", in: surroundings()).typed == TypedFleet())
  }

  @Test func `else the current folder's, else the one at home`() throws {
    try FileManager.default.removeItem(atPath: folder.path.appending("fleet.yaml").string)
    try folder.write("", "home/.config/fleet/fleet.yaml")
    let home = try InventoryLocation.find(option: nil, in: surroundings())
    #expect(home.description == "inventory: ~/.config/fleet/fleet.yaml (the one in your home)")
    try folder.write("", "work/inventory/fleet.yaml")
    let here = try InventoryLocation.find(option: nil, in: surroundings())
    #expect(here.description == "inventory: inventory/fleet.yaml (in the current folder)")
  }

  /// Where one stands in `work`, which file is found, and what is said of it.
  private static let places = [
    ("work/inventory/fleet.yaml", "inventory: inventory/fleet.yaml (in the current folder)"),
    ("work/fleet.yaml", "inventory: fleet.yaml (in the current folder)"),
    ("inventory/fleet.yaml", "inventory: FOLDER/inventory/fleet.yaml (in a folder above)"),
    ("fleet.yaml", "inventory: FOLDER/fleet.yaml (in a folder above)"),
    ("home/.config/fleet/fleet.yaml", "inventory: ~/.config/fleet/fleet.yaml (the one in your home)"),
  ]

  @Test func `the nearest is found: here, in a folder above, at home`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path.appending("inventory").string, withIntermediateDirectories: true)
    for (file, _) in Self.places { try folder.write("", file) }
    for (file, says) in Self.places {
      let found = try InventoryLocation.find(option: nil, in: surroundings())
      #expect(found.file == folder.path.pushing(FilePath(file)))
      #expect(found.description == says.replacing("FOLDER", with: folder.path.string))
      try FileManager.default.removeItem(atPath: found.file.string)
    }
  }

  @Test func `within the home, nothing above the home is looked at`() throws {
    try folder.write("", "fleet.yaml")
    try FileManager.default.createDirectory(
      atPath: folder.path.pushing("home/grow/apps").string, withIntermediateDirectories: true)
    var here = surroundings()
    here.currentFolder = folder.path.pushing("home/grow/apps")
    #expect(throws: InventoryErrors.self) { try InventoryLocation.find(option: nil, in: here) }
    try folder.write("", "home/grow/fleet.yaml")
    let found = try InventoryLocation.find(option: nil, in: here)
    #expect(found.description == "inventory: ~/grow/fleet.yaml (in a folder above)")
  }

  /// From within a folder, so that relative names mean something: what is typed, and how the file is shown.
  private static let typed = [
    ("FOLDER", "FOLDER/fleet.yaml"), ("FOLDER/fleet.yaml", "FOLDER/fleet.yaml"), ("..", "../fleet.yaml"),
    ("../fleet.yaml", "../fleet.yaml"), ("../", "../fleet.yaml"), ("~/..", "FOLDER/fleet.yaml"),
  ]

  @Test(arguments: typed) func `a path is shown as it was typed`(option: String, shown: String) throws {
    try folder.write("", "fleet.yaml")
    let option = option.replacing("FOLDER", with: folder.path.string)
    let found = try InventoryLocation.find(option: option, in: surroundings())
    #expect(
      found.description == "inventory: \(shown.replacing("FOLDER", with: folder.path.string)) (--inventory)")
  }

  @Test func `in the root folder no path loses its slash`() {
    var here = surroundings()
    here.currentFolder = "/"
    #expect {
      try InventoryLocation.find(option: "/wrong/place", in: here)
    } throws: {
      "\($0)".hasPrefix("/wrong/place: does not exist\n")
    }
    var location = InventoryLocation(file: "/srv/fleet.yaml", origin: .above, currentFolder: "/")
    #expect(location.description == "inventory: /srv/fleet.yaml (in a folder above)")
    location.currentFolder = "/srv"
    #expect(location.shown(location.file) == "fleet.yaml")
  }

  @Test func `where there is none it says how to get one`() throws {
    func complaint(_ option: String?, _ lastUsed: [FilePath] = []) -> String {
      do throws(InventoryErrors) {
        return try InventoryLocation.find(option: option, in: surroundings(), lastUsed: { lastUsed })
          .description
      } catch {
        return error.description
      }
    }
    let none =
      "fleet.yaml: there is none in the current folder, in its inventory/, in a folder above, or in ~/.config/fleet\n"
    try FileManager.default.removeItem(atPath: folder.path.appending("fleet.yaml").string)
    #expect(complaint(nil) == none + "  make one with \"fleet init\", or name one with --inventory PATH")
    // One that is gone since says nothing.
    let (gone, used) = (folder.path.appending("gone"), folder.path.pushing("share/my rooms"))
    try FileManager.default.createDirectory(atPath: used.string, withIntermediateDirectories: true)
    try folder.write("", "share/my rooms/fleet.yaml")
    #expect(
      complaint(nil, [gone, used]) == none + "  the one used last is named by: --inventory '\(used.string)'")
    #expect(
      complaint("nowhere.yaml") == """
        nowhere.yaml: does not exist
          --inventory names a file, or a folder with a fleet.yaml
        """)
    try folder.write("", "work/inventory/fleet.yaml")
    #expect(
      complaint(".") == """
        ./fleet.yaml: does not exist
          there is one below it: --inventory ./inventory
        """)
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
