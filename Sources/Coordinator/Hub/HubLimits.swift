/// What the hub allows, and how often it looks.
package enum HubLimits {
  /// The port where nothing else is said.
  package static let port = 8420
  /// Who has logged in, at most; one more takes the place of the one that was not seen for longest.
  static let logins = 256
  /// How long a login is good for since it was last used.
  package static let loginSeconds: Int64 = 30 * 24 * 3600
  /// Wrong passwords and codes in a row before their address has to wait.
  static let guesses = 5
  /// For how long, after that.
  static let guessPauseSeconds: Int64 = 60
  /// Addresses whose guesses are remembered.
  static let guessers = 1024
  /// Of a password, in characters.
  static let leastPassword = 8
  static let mostPassword = 256
  /// For a command to let go, before this program ends without it.
  package static let letGoSeconds = 5
  /// All hosts are asked anew so often.
  package static let lookSeconds: Int64 = 300
  /// The log of a rollout that is at work is read so often, in milliseconds; without one, it is looked for that often.
  package static let followMilliseconds: Int64 = 300
  package static let idleMilliseconds: Int64 = 2_000
  /// Of what a command prints, the end.
  package static let outputBytes = 64 << 10
  /// A page hears that it is not forgotten so often.
  package static let heartbeatSeconds: Int64 = 15
}
