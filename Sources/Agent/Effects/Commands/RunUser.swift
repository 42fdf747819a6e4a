import Files
import Glibc
import SystemPackage

/// Whom a command runs as: numbers, so that nothing has to be looked up once it is confined.
package struct RunUser: Codable, Equatable, Sendable {
  var name: String
  package var uid: UInt32
  package var gid: UInt32
  /// All groups, the first one included (getgrouplist(3)).
  var groups: [UInt32]
  var home: String

  package var isRoot: Bool { uid == 0 }

  /// Who the agent is.
  static func current() throws(CommandError) -> RunUser { try named("\(geteuid())") }

  /// - Parameter name: a name or a number.
  package static func named(_ name: String) throws(CommandError) -> RunUser {
    let account: UserAccount?
    do { account = try Accounts.user(name) } catch { throw .noSuchUser("\(name) (\(error))") }
    guard let account else { throw .noSuchUser(name) }
    guard geteuid() == 0 || account.id == geteuid() else { throw .cannotSwitchUser(to: name) }
    return RunUser(
      name: account.name, uid: account.id, gid: account.group,
      groups: groups(of: account.name, primary: account.group), home: account.home.string)
  }

  private static func groups(of name: String, primary: gid_t) -> [gid_t] {
    var count: Int32 = 64
    var list = [gid_t](repeating: 0, count: Int(count))
    // -1 says that there are more, and `count` how many.
    if getgrouplist(name, primary, &list, &count) < 0 {
      list = [gid_t](repeating: 0, count: Int(max(count, 1)))
      guard getgrouplist(name, primary, &list, &count) >= 0 else { return [primary] }
    }
    return Array(list.prefix(Int(max(count, 0))))
  }
}
