import Files

/// Who may become root on this host by sudo(8), as sudo itself says.
package struct Sudoers: Sendable {
  /// Calls sudo with these arguments.
  var call: @Sendable ([String]) throws(CommandError) -> Tool.Result

  package static let system = Sudoers { arguments throws(CommandError) in
    try Tool.run(["sudo"] + arguments, timeoutSeconds: EffectLimits.sudoSeconds)
  }

  /// Whether a user may run a shell as root there, with a password or without: who holds that user's account is root
  /// already. Only root can ask; where there is no sudo, or no answer, nobody may.
  package func mayBecomeRoot(_ user: UInt32) -> Bool {
    guard let account = (try? Accounts.user(String(user))) ?? nil else { return false }
    // `-l COMMAND` ends with 0 where the command is allowed, else with 1.
    return (try? call(["-n", "-l", "-U", account.name, "/bin/sh"]))?.status == 0
  }
}
