package import SystemPackage

/// Something to log in with. What is never written anywhere: passphrases and passwords are kept in memory
/// only as long as the caller keeps them.
package enum SSHCredential: Sendable {
  /// A private key file. The closure is asked only for an encrypted key; `nil` means "nobody to ask".
  case keyFile(FilePath, passphrase: (@Sendable (FilePath) -> String?)? = nil)
  /// The keys of an ssh-agent at this socket; `nil` where there is none, which is then said in the error.
  /// Keys whose files are in the same list, or that are `named`, are offered first; with `namedOnly` no other is
  /// (ssh_config(5), IdentitiesOnly).
  case agent(socket: FilePath?, named: [HostKey] = [], namedOnly: Bool = false)
  /// For setting up a host that has no key yet.
  case password(String)
}
