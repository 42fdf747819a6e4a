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
}
