/// A password that a person is asked for, a few times at most. Pure.
struct PasswordTries {
  private(set) var given = 0

  var left: Int { max(0, HostLimits.secretTries - given) }

  /// Counts one that was typed.
  mutating func give() { given += 1 }

  /// What is said of one that was not taken, while another may be typed: `wrong password; 2 tries left`.
  var wrong: String { "wrong password; \(left == 1 ? "1 try" : "\(left) tries") left" }
}
