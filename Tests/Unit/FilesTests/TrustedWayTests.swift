import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Files

/// Who could lead us elsewhere on the way to a directory.
@Suite(.asRoot) struct TrustedWayTests {
  let place: TemporaryDirectory
  private static let stranger: uid_t = 64_001
  private static let user: uid_t = 64_002

  init() throws { place = try TemporaryDirectory() }

  private func make(_ path: String, owner: uid_t = 0, mode: mode_t = 0o755) throws -> FilePath {
    let made = try place.makeDirectory(path)
    chown(made.string, owner, 0)
    chmod(made.string, mode)
    return made
  }

  private func link(_ path: String, to target: String, owner: uid_t = 0) -> FilePath {
    let link = place.path.pushing(FilePath(path))
    symlink(target, link.string)
    lchown(link.string, owner, 0)
    return link
  }

  private func objection(_ path: FilePath, trusting: Set<UInt32> = []) -> String? {
    do {
      _ = try TrustedWay(trusting: trusting).openLast(path)
      return nil
    } catch { return "\(error)" }
  }

  @Test func `root's directories are a way, a user's are one where that user is trusted`() throws {
    _ = try make("home/u", owner: Self.user)
    let app = try make("home/u/apps", owner: Self.user).appending("app")
    _ = try make("home/u/apps/app", owner: Self.user)
    #expect(objection(app, trusting: [Self.user]) == nil)
    #expect(objection(app)?.contains("sudo chown root") == true)
    #expect(objection(app, trusting: [Self.stranger])?.contains("belongs to the user \(Self.user)") == true)
  }

  @Test func `a home is a way where its user may become root, and nobody else may write to it`() throws {
    _ = try make("home/u", owner: Self.user)
    let app = try make("home/u/app", owner: Self.stranger)
    func objection(_ sudoer: uid_t) -> String? {
      do {
        _ = try TrustedWay(mayBecomeRoot: { $0 == sudoer }).openLast(app)
        return nil
      } catch { return "\(error)" }
    }
    #expect(objection(Self.user) == nil)
    #expect(objection(Self.stranger)?.contains("belongs to the user \(Self.user)") == true)
    chmod(place.path.appending("home").appending("u").string, 0o757)
    #expect(objection(Self.user)?.contains("can be written by everybody") == true)
  }

  @Test func `what the way leads to may be anybody's`() throws {
    let app = try make("app", owner: Self.stranger, mode: 0o777)
    #expect(objection(app) == nil)
    #expect(throws: FileError.self) { _ = try TrustedWay().open(app) }
  }

  @Test(arguments: [(0o777, "o-w"), (0o775, nil), (0o757, "o-w"), (0o1777, nil)] as [(mode_t, String?)])
  func `nobody else may write on the way, but where the sticky bit guards`(_ mode: mode_t, _ mend: String?)
    throws
  {
    _ = try make("open", mode: mode)
    let app = try make("open/app")
    // Root's own group has no other members.
    #expect(objection(app).map { $0.contains(mend ?? "nothing") } == mend.map { _ in true })
  }

  @Test func `a group may write where all its members are trusted`() throws {
    let games = try #require(try Accounts.user("games"))
    _ = try make("shared", mode: 0o775)
    chown(place.path.appending("shared").string, 0, games.group)
    let app = try make("shared/app")
    #expect(objection(app)?.contains("by games through its group") == true)
    #expect(objection(app, trusting: [games.id]) == nil)
  }

  /// One entry of an access list: its tag, permissions and id.
  private static let entries: [(name: String, tag: UInt16, mask: UInt16, id: uid_t, isRefused: Bool)] = [
    ("a user", 0x02, 7, stranger, true), ("a user, masked", 0x02, 5, stranger, false),
    ("the app's user", 0x02, 7, user, false), ("a group", 0x08, 7, 60, true),
    ("root's group", 0x08, 7, 0, false), ("a group that is none", 0x08, 7, 64_999, false),
  ]

  @Test(arguments: entries.indices) func `an access list lets nobody else write`(_ index: Int) throws {
    let entry = Self.entries[index]
    let shared = try make("shared")
    _ = try make("shared/app")
    // As the kernel keeps it: owner, the entry, owning group, mask, others.
    let all: [(UInt16, UInt16, UInt32)] = [
      (0x01, 7, .max), (entry.tag, 7, entry.id), (0x04, 5, .max), (0x10, entry.mask, .max), (0x20, 5, .max),
    ].sorted { $0.0 < $1.0 }
    var bytes: [UInt8] = [2, 0, 0, 0]
    for (tag, permissions, id) in all {
      for half in [tag, permissions] { withUnsafeBytes(of: half.littleEndian) { bytes += $0 } }
      withUnsafeBytes(of: id.littleEndian) { bytes += $0 }
    }
    let directory = try Directory.open(shared)
    try ExtendedAttributes(fd: directory.fd, path: shared).set(
      Array("system.posix_acl_access".utf8), to: bytes)
    let said = objection(shared.appending("app"), trusting: [Self.user])
    #expect((said != nil) == entry.isRefused, "\(entry.name): \(said ?? "trusted")")
    if entry.isRefused, entry.tag == 0x02 {
      #expect(said?.contains("sudo setfacl -b \(shared)") == true, "\(said ?? "")")
    }
  }

  @Test func `a link is followed where root alone can have made it, and the path is the real one`() throws {
    let app = try make("real/deep/app")
    #expect(try TrustedWay().openLast(link("absolute", to: app.string)).path == app)
    #expect(try TrustedWay().openLast(link("relative", to: "real/deep").appending("app")).path == app)
    #expect(try TrustedWay().openLast(link("twice", to: "absolute")).path == app)
    #expect(objection(link("theirs", to: app.string, owner: Self.user))?.contains("symbolic link") == true)
    #expect(objection(link("theirs2", to: app.string, owner: Self.user), trusting: [Self.user]) != nil)
    _ = try make("home", owner: Self.user)
    // Its user can put any link of root's there that lies in a folder of theirs.
    #expect(objection(link("home/app", to: app.string), trusting: [Self.user]) != nil)
  }

  @Test func `links that lead in a circle, nowhere or up come to an end`() throws {
    let here = link("circle", to: "circle")
    #expect(objection(here)?.contains("symbolic link") == true)
    #expect(objection(link("nowhere", to: "missing")) != nil)
    #expect(objection("relative/app") != nil)
    #expect(objection(place.path.pushing("real/../app")) != nil)
    _ = try make("app")
    _ = try make("sub")
    #expect(try TrustedWay().openLast(link("sub/up", to: "../app")).path.lastComponent == "app")
  }

  @Test func `a real path has no link anywhere`() throws {
    let app = try make("real/app")
    _ = link("link", to: "real")
    #expect(try Directory.openReal(app).path == app)
    #expect(throws: FileError.self) { _ = try Directory.openReal(place.path.pushing("link/app")) }
    _ = link("last", to: "real/app")
    #expect(throws: FileError.self) { _ = try Directory.openReal(place.path.appending("last")) }
  }

  @Test func `a sign is read back, and does not travel with what is carried`() throws {
    let a = try Directory.open(make("a"))
    let b = try Directory.open(make("b"))
    #expect(try a.sign("job") == nil)
    #expect(try a.setSign("job", to: "j-1"))
    #expect(try a.sign("job") == "j-1")
    try b.becomeOwned(like: a)
    #expect(try b.sign("job") == nil)
    try a.becomeOwned(like: b)
    #expect(try a.sign("job") == "j-1")
  }
}
