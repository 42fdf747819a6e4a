internal import SSH

extension HostError {
  /// What an SSH error means for a rollout, with the next command of fleet's own.
  init(_ error: SSHError) {
    switch error {
    case .nameNotFound, .unreachable:
      self = .unreachable(error.description)
    case .hostKeyUnknown(let host, let key):
      self = .hostKey(
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
    case .authenticationFailed(let host, _, _, _):
      self = .authentication("\(error.description). Next: fleet bootstrap \(host) installs your key there")
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
    case .hostKey(let text): .hostKey(longer(text))
    case .authentication(let text): .authentication(longer(text))
    case .noAgent(let text): .noAgent(longer(text))
    case .noPrivilege(let text): .noPrivilege(longer(text))
    case .incompatible(let text): .incompatible(longer(text))
    case .lost(let text): .lost(longer(text))
    case .protocolFault(let text): .protocolFault(longer(text))
    case .notBelieved(let text): .notBelieved(longer(text))
    }
  }
}
