/// What this module can do with the installed libssh2, for who must choose between it and OpenSSH's own program.
package enum SSHAbilities {
  /// Of the installed libssh2.
  package static var version: String { LibSSH2.version }
  /// Before 1.11 libssh2 signs with RSA keys only by SHA-1, which today's servers refuse.
  package static var signsRSA: Bool { LibSSH2.signsRSAWithSHA2 }
  package static var ciphers: [String] { SSHAlgorithms.ciphers }
  package static var macs: [String] { SSHAlgorithms.macs }
  package static var keyExchanges: [String] { SSHAlgorithms.keyExchanges }
  package static var hostKeys: [String] { SSHAlgorithms.hostKeys }
}

extension SSHError {
  /// Whether the handshake failed because libssh2 knows too few algorithms, so that another program may do better.
  package var isForWantOfAlgorithms: Bool {
    switch self {
    case .hostKeyUncheckable: true
    case .protocolFailure(_, _, let code, _, _): LibSSH2.isMissingAlgorithm(code)
    default: false
    }
  }

  /// Whether a key was not accepted that a newer libssh2 could have used.
  package var isForWantOfRSA: Bool {
    guard case .authenticationFailed(_, _, let tried, _) = self else { return false }
    return tried.contains {
      if case .rsaNeedsNewerLibrary = $0.reason { true } else { false }
    }
  }
}
