import Foundation
import TestSupport
import Testing

@testable import Effects

/// The sudo of this machine, with rules that the test writes.
@Suite(.asRoot, .serialized) struct SudoersTests {
  private static let rules = "/etc/sudoers.d/fleet-test-\(getpid())"

  private func mayBecomeRoot(_ user: UInt32, rule: String) throws -> Bool {
    try rule.write(toFile: Self.rules, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: Self.rules) }
    try FileManager.default.setAttributes([.posixPermissions: 0o440], ofItemAtPath: Self.rules)
    return Sudoers.system.mayBecomeRoot(user)
  }

  @Test(arguments: [
    ("games ALL=(ALL:ALL) ALL", true), ("games ALL=(ALL) NOPASSWD: ALL", true),
    ("%games ALL=(ALL) ALL", true),
    ("# nobody", false), ("games ALL=(root) NOPASSWD: /usr/local/bin/fleet-agent serve", false),
    ("games ALL=(daemon) ALL", false), ("games ALL=(ALL) ALL, !/bin/sh", false), ("bin ALL=(ALL) ALL", false),
  ])
  func `whoever may run a shell as root is as good as root, and nobody else`(rule: String, may: Bool) throws {
    let games = try #require(getpwnam("games"))
    #expect(try mayBecomeRoot(games.pointee.pw_uid, rule: rule + "\n") == may)
  }

  @Test func `a user that there is not may not, nor anybody where sudo gives no answer`() throws {
    #expect(try !mayBecomeRoot(64_001, rule: "ALL ALL=(ALL) ALL\n"))
    #expect(!Sudoers { _ throws(CommandError) in Tool.Result(status: nil, output: "") }.mayBecomeRoot(0))
  }
}
