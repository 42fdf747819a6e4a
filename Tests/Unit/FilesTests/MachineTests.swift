import Glibc
import SystemPackage
import Testing

@testable import Files

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
