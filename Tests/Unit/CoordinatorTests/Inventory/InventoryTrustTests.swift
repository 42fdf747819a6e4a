import Files
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Inventory
@testable import Coordinator

/// Who may write the files that say what runs on the hosts.
@Suite(.asRoot) struct InventoryTrustTests {
  private static let me: uid_t = 64_001
  private static let stranger: uid_t = 64_002
  /// Group 60 is the one of the user games.
  private static let shared: gid_t = 60

  private static let cases: [(owner: uid_t, group: gid_t, mode: mode_t, found: String?, named: String?)] = [
    (me, me, 0o644, nil, nil),
    (me, me, 0o664, nil, nil),
    (0, 0, 0o644, nil, nil),
    (me, shared, 0o664, "by games through its group", nil),
    (me, me, 0o666, "by everybody", "by everybody"),
    (stranger, stranger, 0o600, "belongs to user \(stranger)", nil),
    (stranger, stranger, 0o602, "belongs to user \(stranger)", "by everybody"),
  ]

  private func trouble(_ path: FilePath, isNamed: Bool, sudoUser: UInt32? = nil) throws -> String? {
    let trust = InventoryTrust(user: Self.me, sudoUser: sudoUser, isNamed: isNamed)
    return trust.trouble(with: try FileStatus.of(path), at: "here", inventory: "/srv/fleet.yaml")?.message
  }

  @Test func `only what --inventory names is named`() {
    for origin in [InventoryLocation.Origin.currentFolder, .above, .home, .option] {
      let location = InventoryLocation(file: "/srv/fleet.yaml", origin: origin)
      #expect(InventoryTrust(location).isNamed == (origin == .option))
    }
  }

  @Test(arguments: cases.indices) func `what only was found is refused sooner than what was named`(
    _ index: Int
  ) throws {
    let now = Self.cases[index]
    let folder = try TemporaryDirectory()
    let file = folder.path.appending("fleet.yaml")
    try Data().write(to: URL(filePath: file.string))
    chown(file.string, now.owner, now.group)
    chmod(file.string, now.mode)
    for (wanted, isNamed) in [(now.found, false), (now.named, true)] {
      let said = try trouble(file, isNamed: isNamed)
      #expect(
        (said == nil) == (wanted == nil) && said?.contains(wanted ?? "") ?? true, "\(said ?? "nothing")")
    }
    if now.owner == Self.stranger, now.mode == 0o600 {
      #expect(try trouble(file, isNamed: false, sudoUser: Self.stranger) == nil, "root for a user")
    }
  }

  @Test func `a file that lies in everybody's folder is its owner's`() throws {
    let folder = try TemporaryDirectory()
    chmod(folder.path.string, 0o1777)
    #expect(try trouble(folder.path, isNamed: false) == nil)
    chmod(folder.path.string, 0o777)
    #expect(try trouble(folder.path, isNamed: false)?.contains("by everybody") == true)
  }

  @Test(arguments: ["fleet.yaml", ".", "apps/app.yaml", "apps"])
  func `all that is read is looked at, and told with what to type`(_ name: String) throws {
    let folder = try InventoryFolder("app: app\nhosts: { one: {} }\n")
    #expect(folder.complaints() == "")
    let path = name == "." ? folder.path : folder.path.pushing(FilePath(name))
    chmod(path.string, 0o777)
    let complaints = folder.complaints()
    #expect(complaints.contains("can be written by everybody"), "\(complaints)")
    #expect(complaints.contains("then: chmod o-w "), "\(complaints)")
  }
}
