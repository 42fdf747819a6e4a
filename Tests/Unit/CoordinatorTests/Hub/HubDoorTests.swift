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
    let (cookie, visitor) = door.admit(now: 0)
    #expect(visitor.access == nil)
    let (new, known) = try door.logIn(cookie, word: "long enough", from: "a", now: 1)
    #expect(known.access == .acts && new != cookie && known.form != visitor.form)
    #expect(door.visitor(cookie, now: 1) == nil)
    #expect(door.visitor(new, now: 1)?.access == .acts)
    door.leave(new)
    #expect(door.visitor(new, now: 1) == nil)
  }

  @Test func `the code for looking lets one look`() throws {
    var door = try door()
    let (_, visitor) = try door.logIn(nil, word: "aaaa-bbbb-cccc-dddd", from: "a", now: 0)
    #expect(visitor.access == .reads)
    // It is no password.
    #expect(door.check("aaaa-bbbb-cccc-dddd", from: "a", now: 0) == .wrong)
  }

  @Test func `a login ends when it was not used for long`() throws {
    var door = try door()
    let day: Int64 = 24 * 3600 * 1000
    let (cookie, _) = try door.logIn(nil, word: "long enough", from: "a", now: 0)
    #expect(door.visitor(cookie, now: 29 * day) != nil)
    #expect(door.visitor(cookie, now: 58 * day) != nil)
    #expect(door.visitor(cookie, now: 89 * day) == nil)
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

  @Test func `many who come do not push out who logged in`() throws {
    var door = try door()
    let (cookie, _) = try door.logIn(nil, word: "long enough", from: "a", now: 0)
    for now in 1...600 { _ = door.admit(now: Int64(now)) }
    #expect(door.visitor(cookie, now: 601)?.access == .acts)
  }

  @Test func `no cookie is nobody's`() throws {
    var door = try door()
    #expect(door.visitor(nil, now: 0) == nil)
    #expect(door.visitor("", now: 0) == nil)
  }
}
