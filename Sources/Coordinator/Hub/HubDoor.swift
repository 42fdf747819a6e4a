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
    /// What a form of its pages has to have in it.
    package let form: String
    /// nil: it has to log in, or comes as the machine's own user.
    package fileprivate(set) var access: Access?
    fileprivate var seen: Int64
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
  private var visitors: [String: Visitor] = [:]
  /// By the address that they come from: one who guesses keeps nobody else out.
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

  package static let loginSeconds = HubLimits.loginSeconds

  /// In a time that says nothing of where they differ.
  package static func isSame(_ one: String, _ other: String) -> Bool { Secret.isSame(one, other) }

  // MARK: Visitors

  /// - Parameter cookie: as the browser sent it.
  package mutating func visitor(_ cookie: String?, now: Int64) -> Visitor? {
    guard let cookie, var visitor = visitors[cookie] else { return nil }
    guard now - visitor.seen <= HubLimits.loginSeconds * 1000 else {
      visitors[cookie] = nil
      return nil
    }
    visitor.seen = now
    visitors[cookie] = visitor
    return visitor
  }

  /// A new one, and the cookie that it is known by.
  package mutating func admit(now: Int64) -> (cookie: String, visitor: Visitor) {
    if visitors.count >= HubLimits.visitors {
      // Who logged in stays as long as anybody goes who did not.
      let oldest = visitors.min {
        ($0.value.access == nil ? 0 : 1, $0.value.seen) < ($1.value.access == nil ? 0 : 1, $1.value.seen)
      }
      if let oldest { visitors[oldest.key] = nil }
    }
    let cookie = Secret.hex(bytes: 32)
    let visitor = Visitor(form: Secret.hex(bytes: 32), access: nil, seen: now)
    visitors[cookie] = visitor
    return (cookie, visitor)
  }

  package mutating func leave(_ cookie: String) { visitors[cookie] = nil }

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
  ) throws(LoginTrouble) -> (cookie: String, visitor: Visitor) {
    var access = Access.acts
    if let readCode, Secret.isSame(String(word.trimmed), readCode) {
      if let trouble = deafness(of: peer, now) { throw trouble }
      access = .reads
    } else if let trouble = check(word, from: peer, now: now) {
      throw trouble
    }
    if let cookie { leave(cookie) }
    var (new, visitor) = admit(now: now)
    visitor.access = access
    visitors[new] = visitor
    return (new, visitor)
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
