import ByteText
import CSSH2

extension SSHSession {
  /// Logs in, trying the credentials in the order given.
  ///
  /// - Throws: `authenticationFailed` with every attempt and why it failed; `connectionLost`, `deadline`.
  ///   A person at a passphrase prompt is not counted against the deadline of the others: ask before, or give
  ///   time enough.
  package func authenticate(_ credentials: [SSHCredential], deadline: SSHDeadline) throws(SSHError) {
    let login = SSHLogin(link: link, deadline: deadline)
    try login.run(credentials)
  }
}

/// One login under way: what the server takes, and what was tried.
final class SSHLogin {
  let link: SSHLink
  let deadline: SSHDeadline
  private var offered: [String] = []
  private var tried: [AuthenticationAttempt] = []
  /// Public halves of the keys that the server has seen already.
  private(set) var seen: [[UInt8]] = []
  private var offeredKeys = 0

  /// Whether the server will look at one key more.
  var mayOfferKey: Bool { offeredKeys < link.limits.maxKeysOffered }

  func offers(_ key: [UInt8]?) {
    offeredKeys += 1
    if let key { seen.append(key) }
  }

  var user: String { link.target.user }

  init(link: SSHLink, deadline: SSHDeadline) {
    self.link = link
    self.deadline = deadline
  }

  func run(_ credentials: [SSHCredential]) throws(SSHError) {
    if try askWhatIsOffered() { return }
    for credential in credentials {
      switch credential {
      case .keyFile(let path, let passphrase):
        if try attemptOne(
          "key \(path)", method: "publickey",
          { () throws(SSHError) in
            try tryKeyFile(path, passphrase: passphrase)
          })
        {
          return
        }
      case .agent(let socket, let named, let namedOnly):
        let choice = AgentKeyChoice(
          named: named.map(\.blob) + publicKeys(of: credentials), namedOnly: namedOnly)
        if try tryAgent(socket, choice) { return }
      case .password(let password):
        // Many a server has them asked for by what keeps its accounts (PAM) alone.
        let (plain, asked) = ("password", "keyboard-interactive")
        let isAsked = !offered.contains(plain) && offered.contains(asked)
        if try attemptOne(
          "password", method: isAsked ? asked : plain,
          { () throws(SSHError) in
            try isAsked ? tryQuestions(password) : tryPassword(password)
          })
        {
          return
        }
      }
    }
    throw failed()
  }

  /// Runs one attempt and notes why it failed. `nil` from `attempt` is success.
  func attemptOne(
    _ name: String, method: String, _ attempt: () throws(SSHError) -> AuthenticationAttempt.Reason?
  ) throws(SSHError) -> Bool {
    guard offered.contains(method) else {
      note(name, .methodNotOffered)
      return false
    }
    let reason: AuthenticationAttempt.Reason?
    do throws(SSHError) {
      reason = try attempt()
    } catch {
      // Servers hang up after some refused keys. That is a refusal too, and the list of keys explains it.
      guard case .connectionLost = error, !tried.isEmpty else { throw error }
      note(name, .hungUp)
      throw failed()
    }
    guard let reason else { return true }
    note(name, reason)
    return false
  }

  func note(_ credential: String, _ reason: AuthenticationAttempt.Reason) {
    tried.append(AuthenticationAttempt(credential: credential, reason: reason))
  }

  /// What a libssh2 code of an attempt means; `nil` is success.
  ///
  /// - Throws: `connectionLost` where the host hung up before it had answered: libssh2 hides that behind the code
  ///   of a refusal, and only its words tell (`_libssh2_packet_requirev` in its userauth.c).
  func judge(_ code: Int, isRSA: Bool = false) throws(SSHError) -> AuthenticationAttempt.Reason? {
    if code < 0, link.lastWords().begins(with: "Waiting for") {
      let error = SSHError.connectionLost(
        host: link.target.name, during: "login", cause: "the host hung up before it had answered")
      link.giveUp(error)
      throw error
    }
    switch Int32(clamping: code) {
    case 0: return nil
    case LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
      if isRSA && !LibSSH2.signsRSAWithSHA2 { return .rsaNeedsNewerLibrary(version: LibSSH2.version) }
      return .refused
    case LIBSSH2_ERROR_KEYFILE_AUTH_FAILED: return .wrongPassphrase
    default: return .unusable(code: code, words: link.lastWords())
    }
  }

  /// The "none" request, whose refusal carries the list. `true` where the server wants no credential at all.
  private func askWhatIsOffered() throws(SSHError) -> Bool {
    var list: UnsafeMutablePointer<CChar>?
    let name = Array(user.utf8CString)
    let code = try link.attempt("asking how to log in", until: deadline) {
      list = libssh2_userauth_list(link.raw, name, UInt32(name.count - 1))
      return list == nil ? Int(libssh2_session_last_errno(link.raw)) : 0
    }
    if let list {
      offered = String(cString: list).pieces(by: ",").map { $0.madeVisible() }
      return false
    }
    if libssh2_userauth_authenticated(link.raw) == 1 { return true }
    throw link.refusal(code, during: "asking how to log in")
  }

  private func publicKeys(of credentials: [SSHCredential]) -> [[UInt8]] {
    credentials.compactMap {
      guard case .keyFile(let path, _) = $0 else { return nil }
      return (try? KeyFile.read(path))?.publicKey?.blob
    }
  }

  private func failed() -> SSHError {
    .authenticationFailed(host: link.target.name, user: user, tried: tried, offered: offered)
  }
}
