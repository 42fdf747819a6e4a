import Glibc
import SystemPackage
import Testing

@testable import Files

@Suite struct OwnershipTests {
  @Test func `the whole tree is given away and no link is followed`() throws {
    let tree = try TestTree()
    try tree.file("outside/f")
    try tree.file("app/bin/run", mode: 0o4775)
    try tree.file("app/f", mode: 0o664)
    try tree.link("app/link", to: tree / "outside/f")
    try tree.link("app/dirlink", to: tree / "outside")
    let result = try setOwnerAndModes(
      tree.open("app"), user: 51, group: 52, clearing: FilePermissions(rawValue: 0o022))
    for path in ["app", "app/bin", "app/bin/run", "app/f", "app/link", "app/dirlink"] as [FilePath] {
      let status = try tree.status(path)
      #expect(status.user == 51 && status.group == 52, "\(path)")
    }
    #expect(try tree.status("app/bin/run").permissions.rawValue == 0o4755)
    #expect(try tree.status("app/f").permissions.rawValue == 0o644)
    #expect(try tree.status("outside").user == 0)
    #expect(try tree.status("outside/f").user == 0)
    #expect(result.changed == 6 && result.sharedFiles.isEmpty)
  }

  @Test func `what is excluded or shared with the live app stays`() throws {
    let tree = try TestTree()
    try tree.file("live/picture")
    try tree.file("app/cameras/x")
    try tree.file("app/pair1")
    let app = try tree.open("app")
    try tree.open("live").link("picture", to: "picture", in: app)
    try app.link("pair1", to: "pair2", in: app)
    let result = try setOwnerAndModes(app, user: 51, group: 52) { $0 == "cameras" }
    #expect(try tree.status("live/picture").user == 0)
    #expect(try tree.status("app/cameras/x").user == 0)
    #expect(try tree.status("app/pair2").user == 51)
    #expect(result.sharedFiles == ["picture"])
  }
}

@Suite struct MachineTests {
  @Test func `accounts are found by name and number`() throws {
    let root = try #require(try Accounts.user("root"))
    #expect(root.id == 0 && root.home == "/root")
    #expect(try Accounts.user("0") == root)
    #expect(try Accounts.user("no-such-user") == nil)
    #expect(try Accounts.group("root") == 0)
    #expect(try Accounts.group("no-such-group") == nil)
  }

  @Test func `the boot has an identity and a clock`() throws {
    let id = try BootClock.bootID()
    #expect(id.utf8.count == 36)
    #expect(try BootClock.bootID() == id)
    let first = BootClock.milliseconds()
    #expect(first > 0 && BootClock.milliseconds() >= first)
  }
}
