import Testing

@testable import Hub
@testable import Password

@Suite struct HubDoorTests {
  private func door() throws -> HubDoor {
    let password = try #require(PasswordHash(of: "long enough"))
    return HubDoor(password: password, readCode: "aaaa-bbbb-cccc-dddd")
  }

  @Test func `the first password is set with the code, once`() throws {
    var door = HubDoor(password: nil, readCode: nil)
    let code = try #require(door.setUpCode)
    #expect(door.setUp(code: "aaaa", password: "long enough", from: "a", now: 0) == .wrong)
    #expect(door.setUp(code: code, password: "short", from: "a", now: 0) != nil)
    #expect(door.password == nil)
    #expect(door.setUp(code: " \(code.uppercased()) ", password: "long enough", from: "a", now: 0) == nil)
    #expect(door.setUp(code: code, password: "another one", from: "a", now: 0) == .wrong)
    #expect(door.check("long enough", from: "a", now: 0) == nil)
  }

  @Test func `with a password there is no code`() throws {
    #expect(try door().setUpCode == nil)
  }

  @Test func `who logs in gets another cookie, and the old one is nobody's`() throws {
    var door = try door()
    let stranger = door.admit()
    #expect(stranger.access == nil && door.visitor(stranger.cookie, now: 0) == stranger)
    let known = try door.logIn(stranger.cookie, word: "long enough", from: "a", now: 1)
    #expect(known.access == .acts && known.cookie != stranger.cookie && known.form != stranger.form)
    #expect(door.visitor(stranger.cookie, now: 1)?.access == nil)
    #expect(door.visitor(known.cookie, now: 1) == known)
    door.leave(known.cookie)
    #expect(door.visitor(known.cookie, now: 1)?.access == nil)
  }

  @Test func `the code for looking lets one look`() throws {
    var door = try door()
    let visitor = try door.logIn(nil, word: "aaaa-bbbb-cccc-dddd", from: "a", now: 0)
    #expect(visitor.access == .reads)
    // It is no password.
    #expect(door.check("aaaa-bbbb-cccc-dddd", from: "a", now: 0) == .wrong)
  }

  @Test func `a login ends when it was not used for long`() throws {
    var door = try door()
    let day: Int64 = 24 * 3600 * 1000
    let cookie = try door.logIn(nil, word: "long enough", from: "a", now: 0).cookie
    #expect(door.visitor(cookie, now: 29 * day)?.access == .acts)
    #expect(door.visitor(cookie, now: 58 * day)?.access == .acts)
    #expect(door.visitor(cookie, now: 89 * day)?.access == nil)
  }

  @Test func `who guesses has to wait, with every word, and nobody else has`() throws {
    var door = try door()
    for _ in 1...5 { #expect(door.check("a guess", from: "a", now: 0) == .wrong) }
    #expect(door.check("long enough", from: "a", now: 1) == .wait(seconds: 60))
    for word in ["long enough", "aaaa-bbbb-cccc-dddd"] {
      #expect(throws: HubDoor.LoginTrouble.wait(seconds: 60)) {
        try door.logIn(nil, word: word, from: "a", now: 1)
      }
    }
    #expect(door.setUp(code: "x", password: "long enough", from: "a", now: 1) == .wait(seconds: 60))
    #expect(door.check("long enough", from: "b", now: 1) == nil)
    #expect(door.check("long enough", from: "a", now: 60_000) == nil)
  }

  @Test func `a right word forgets the wrong ones before it`() throws {
    var door = try door()
    for _ in 1...3 {
      for _ in 1...4 { #expect(door.check("a guess", from: "a", now: 0) == .wrong) }
      #expect(door.check("long enough", from: "a", now: 0) == nil)
    }
  }

  @Test func `of who does not log in nothing is kept, and yet only we know its form`() throws {
    var (door, other) = (try door(), try door())
    let visitor = door.admit()
    #expect(door.visitor(visitor.cookie, now: 0)?.form == visitor.form)
    #expect(other.visitor(visitor.cookie, now: 0)?.form != visitor.form)
    #expect(door.admit().form != visitor.form)
  }

  @Test func `the one that was not seen for longest goes where too many have logged in`() throws {
    var door = try door()
    let cookies = try (0...256).map { now in
      try door.logIn(nil, word: "aaaa-bbbb-cccc-dddd", from: "a", now: Int64(now)).cookie
    }
    let accesses = cookies.map { door.visitor($0, now: 300)?.access }
    #expect(accesses.first == .some(nil) && accesses.dropFirst().allSatisfy { $0 == .reads })
  }

  @Test(arguments: [nil, "", "abc", String(repeating: "g", count: 64), String(repeating: "0", count: 65)])
  func `what cannot be a cookie of ours is none`(cookie: String?) throws {
    var door = try door()
    #expect(door.visitor(cookie, now: 0) == nil)
  }
}
