import Text
import ByteText
import SSH
import Wire

extension HostError {
  /// What an SSH error means for a rollout, with the next command of fleet's own.
  init(_ error: SSHError) {
    switch error {
    case .nameNotFound, .unreachable:
      self = .unreachable(error.description)
    case .hostKeyUnknown(let host, let key):
      self = .hostKeyUnknown(
        "\(host): its key is not known yet: \(key). Next: fleet bootstrap \(host) (or fleet trust \(host)) "
          + "shows and records it")
    case .hostKeyChanged(let host, let offered, let known, _):
      self = .hostKey(
        "\(host): its key has CHANGED, refused. It shows \(offered); on file: "
          + known.map(\.description).joined(separator: ", ")
          + ". If the host was set up anew: fleet trust --replace \(host). If not, somebody may be in between"
      )
    case .hostKeyRevoked, .hostKeyUncheckable:
      self = .hostKey(error.description)
    case .authenticationFailed(let host, let user, let tried, _)
    where tried.contains { $0.reason == .passphraseNeeded } && tried.allSatisfy(Self.isNoAgentKey):
      self = Self.locked(host, user, tried)
    case .authenticationFailed(let host, _, _, _):
      self = .authentication("\(error.description). Next: fleet bootstrap \(host) installs your key there")
    case .connectionLost(let host, "the handshake", let words):
      self = .unreachable(Self.turnedAway(host, words))
    case .protocolFailure(let host, _, SSHError.noBanner, let words, _):
      self = .unreachable(Self.turnedAway(host, words))
    case .connectionLost, .deadline, .channelClosed:
      self = .lost(error.description)
    case .protocolFailure, .local:
      self = .protocolFault(error.description)
    }
  }

  /// The same, with what more there is to say of it.
  func with(_ advice: String?) -> HostError {
    guard let advice else { return self }
    func longer(_ text: String) -> String { "\(text). \(advice)" }
    return switch self {
    case .unreachable(let text): .unreachable(longer(text))
    case .hostKeyUnknown(let text): .hostKeyUnknown(longer(text))
    case .hostKey(let text): .hostKey(longer(text))
    case .authentication(let text): .authentication(longer(text))
    case .keyLocked(let text, let add): .keyLocked(longer(text), add: add)
    case .noAgent(let text): .noAgent(longer(text))
    case .noPrivilege(let text): .noPrivilege(longer(text))
    case .incompatible(let text): .incompatible(longer(text))
    case .lost(let text): .lost(longer(text))
    case .protocolFault(let text): .protocolFault(longer(text))
    case .refused: self
    case .notBelieved(let text): .notBelieved(longer(text))
    }
  }

  /// Where an ssh-agent has offered its keys, and they were refused, the one that is shut may be among them.
  private static func isNoAgentKey(_ attempt: AuthenticationAttempt) -> Bool {
    switch attempt.reason {
    case .passphraseNeeded, .agentAbsent, .agentEmpty, .agentHoldsNoneNamed, .agentUnreachable: true
    default: attempt.credential.begins(with: "key ")
    }
  }

  /// The key is likely the right one, and shut: what else was tried is told only where it is no part of that.
  private static func locked(_ host: String, _ user: String, _ tried: [AuthenticationAttempt]) -> HostError {
    let locked = tried.filter { $0.reason == .passphraseNeeded }
    let others = tried.filter { ![.passphraseNeeded, .agentAbsent, .agentEmpty].contains($0.reason) }
    let keys = locked.map { visible($0.credential, limit: 300) }
    let paths = keys.map { $0.begins(with: "key ") ? String($0.dropFirst(4)) : $0 }
    let rest = others.map { "; \($0.description)" }.joined()
    let what =
      keys.count == 1
      ? "has a passphrase, and no ssh-agent holds it" : "have passphrases, and no ssh-agent holds them"
    return .keyLocked(
      "\(host): login as \(visible(user)) refused: \(Wording.list(keys)) \(what)\(rest)",
      add: CommandWord.typed(["ssh-add"] + paths))
  }

  /// The connection was taken, and closed before a word: sshd does that, or what stands before it.
  private static func turnedAway(_ host: String, _ words: String) -> String {
    "\(host): it took the connection and closed it before it said a word (\(visible(words, limit: 200))). Most likely "
      + "sshd keeps this address out for a while, after logins that failed (PerSourcePenalties, OpenSSH 9.8 and "
      + "newer; fail2ban), or has too many at once (MaxStartups). Wait a minute and try again; it may be ten, and each "
      + "further failure makes it longer. On the host: journalctl -u ssh -n 30; "
      + "sudo sshd -T | grep -i -e penal -e maxstartups. Is it SSH at all, on this port?"
  }
}
