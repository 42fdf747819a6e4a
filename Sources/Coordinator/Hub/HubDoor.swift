import ByteText
package import Password

/// Who may do what: whose cookies are known, and whose guesses are heard. Pure, but for chance.
package struct HubDoor: Sendable {
  package enum Access: Int, Comparable, Sendable {
    case reads, acts
    package static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
  }

  /// One browser.
  package struct Visitor: Sendable, Equatable {
    package let cookie: String
    /// What a form of its pages has to have in it: only we can make it of the cookie, so of who has not logged in
    /// nothing has to be kept.
    package let form: String
    /// nil: it has to log in, or comes as the machine's own user.
    package let access: Access?
  }

  private struct Login: Sendable {
    var access: Access
    var seen: Int64
  }

  package enum LoginTrouble: Error, Equatable {
    case wrong
    case wait(seconds: Int64)
    case password(String)
    case noMemory

    package var words: String {
      switch self {
      case .wrong: "That was not right."
      case .wait(let seconds): "Too many wrong ones: nobody is heard for \(seconds) s."
      case .password(let why): why
      case .noMemory: "This machine has not the memory to keep a password safe."
      }
    }
  }

  /// nil until somebody has set it.
  package private(set) var password: PasswordHash?
  /// What is printed where fleet runs, and sets the first password.
  package let setUpCode: String?
  /// Looks, and changes nothing: for a tablet on the wall.
  package private(set) var readCode: String?
  private var logins: [String: Login] = [:]
  private let key = Secret.hex(bytes: 32)
  /// By the address that they come from: one who guesses keeps nobody of another out, nor who has logged in.
  private var guessers: [String: Guesser] = [:]

  private struct Guesser {
    var wrong = 0
    var deafUntil: Int64 = 0
    var seen: Int64
  }

  package init(password: PasswordHash?, readCode: String?) {
    self.password = password
    self.readCode = readCode
    setUpCode = password == nil ? Secret.code() : nil
  }

  // MARK: Visitors

  /// - Parameters:
  ///   - cookie: as the browser sent it.
  ///   - now: here and below, of a clock that nobody sets, in milliseconds.
  /// - Returns: nil where it sent none that could be of ours.
  package mutating func visitor(_ cookie: String?, now: Int64) -> Visitor? {
    guard let cookie, cookie.utf8.count == 2 * Self.cookieBytes, cookie.unicodeScalars.allSatisfy(\.isHex)
    else { return nil }
    if let login = logins[cookie], now - login.seen <= HubLimits.loginSeconds * 1000 {
      logins[cookie]?.seen = now
      return Visitor(cookie: cookie, form: form(of: cookie), access: login.access)
    }
    logins[cookie] = nil
    return Visitor(cookie: cookie, form: form(of: cookie), access: nil)
  }

  /// A new one.
  package func admit() -> Visitor {
    let cookie = Secret.hex(bytes: Self.cookieBytes)
    return Visitor(cookie: cookie, form: form(of: cookie), access: nil)
  }

  private static let cookieBytes = 32

  private func form(of cookie: String) -> String { Secret.keyed(cookie, key: key) }

  package mutating func leave(_ cookie: String) { logins[cookie] = nil }

  // MARK: Words that open it

  /// Sets the first password. The code is good for once.
  package mutating func setUp(
    code: String, password: String, from peer: String, now: Int64
  ) -> LoginTrouble? {
    if let trouble = deafness(of: peer, now) { return trouble }
    guard self.password == nil, let setUpCode, Secret.isSame(code.trimmed.asciiLowercase, setUpCode) else {
      return noteWrong(of: peer, now)
    }
    let length = password.unicodeScalars.count
    guard length >= HubLimits.leastPassword else {
      return .password("A password has at least \(HubLimits.leastPassword) characters.")
    }
    guard length <= HubLimits.mostPassword else {
      return .password("A password has at most \(HubLimits.mostPassword) characters.")
    }
    guard let hash = PasswordHash(of: password) else { return .noMemory }
    self.password = hash
    return nil
  }

  /// Whether a password is right: for who logs in, and again for what cannot be taken back.
  ///
  /// - Parameter peer: the address of who logs in, or the cookie of who has.
  package mutating func check(_ word: String, from peer: String, now: Int64) -> LoginTrouble? {
    if let trouble = deafness(of: peer, now) { return trouble }
    guard let password, word.unicodeScalars.count <= HubLimits.mostPassword, password.fits(word) else {
      return noteWrong(of: peer, now)
    }
    guessers[peer] = nil
    return nil
  }

  /// A cookie of who did not log in is not good for one who did (session fixation): there is a new one.
  package mutating func logIn(
    _ cookie: String?, word: String, from peer: String, now: Int64
  ) throws(LoginTrouble) -> Visitor {
    var access = Access.acts
    if let readCode, Secret.isSame(String(word.trimmed), readCode) {
      if let trouble = deafness(of: peer, now) { throw trouble }
      access = .reads
    } else if let trouble = check(word, from: peer, now: now) {
      throw trouble
    }
    if let cookie { leave(cookie) }
    if logins.count >= HubLimits.logins, let oldest = logins.min(by: { $0.value.seen < $1.value.seen }) {
      logins[oldest.key] = nil
    }
    let new = admit()
    logins[new.cookie] = Login(access: access, seen: now)
    return Visitor(cookie: new.cookie, form: new.form, access: access)
  }

  private func deafness(of peer: String, _ now: Int64) -> LoginTrouble? {
    guard let until = guessers[peer]?.deafUntil, now < until else { return nil }
    return .wait(seconds: (until - now + 999) / 1000)
  }

  private mutating func noteWrong(of peer: String, _ now: Int64) -> LoginTrouble {
    if guessers[peer] == nil, guessers.count >= HubLimits.guessers,
      let oldest = guessers.min(by: { $0.value.seen < $1.value.seen })
    {
      guessers[oldest.key] = nil
    }
    var guesser = guessers[peer] ?? Guesser(seen: now)
    guesser.seen = now
    guesser.wrong += 1
    if guesser.wrong >= HubLimits.guesses {
      guesser.wrong = 0
      guesser.deafUntil = now + HubLimits.guessPauseSeconds * 1000
    }
    guessers[peer] = guesser
    return .wrong
  }
}
