import Programs
import Testing

@testable import Hosts
@testable import Coordinator

/// What a login says instead of running anything.
@Suite struct LoginSilenceTests {
  private static let known: [(said: String, says: [String])] = [
    (
      "WARNING: Your password has expired.\nPassword change required but no TTY available.\n",
      ["me's password has expired", "ssh tent", "passwd me"]
    ),
    ("You are required to change your password immediately (root enforced)\n", ["password has expired"]),
    ("sudo: Account or password is expired, reset your password and try again", ["password has expired"]),
    (
      "Your account has expired; please contact your system administrator",
      ["account has expired", "chage -l me"]
    ),
    ("sudo: account validation failure, is your account locked?", ["account has expired or is locked"]),
    ("This account is currently not available.\n", ["no login shell", "usermod -s /bin/bash me"]),
    ("rbash: line 1: exec: restricted\n", ["a restricted shell"]),
    (
      "Could not chdir to home directory /home/me: No such file or directory\n",
      ["home is not there", "mkhomedir_helper me"]
    ),
  ]

  @Test func `is recognised by its words`() {
    for row in Self.known {
      let silence = LoginSilence(host: "tent", user: "me", said: "Welcome\n" + row.said, exit: .status(1))
      guard case .authentication(let text)? = silence.known else {
        Issue.record("\(row.said)")
        continue
      }
      for words in row.says { #expect(text.contains(words), "\(text)") }
      #expect(text.contains("Welcome / "), "its own words: \(text)")
    }
  }

  @Test func `what is said of other things is none of it`() {
    for said in [
      "", "Your password will expire in 3 days\n", "Welcome to tent\n", "sudo: a password is required",
      "fleet: no agent here",
    ] {
      #expect(LoginSilence(host: "tent", said: said, exit: .status(1)).known == nil, "\(said)")
    }
    // sshd only warns, and goes on.
    let warned = LoginSilence(
      host: "tent", said: "Could not chdir to home directory /x: No such file or directory\n",
      exit: .status(0))
    #expect(warned.known == nil)
  }

  @Test func `is bounded, visible, and names what may be the cause`() {
    let silence = LoginSilence(
      host: "tent", said: String(repeating: "\u{1B}[2Jtents\n", count: 100_000), exit: .signal("KILL"))
    let text = silence.error.description
    #expect(text.utf8.count < 2_000 && !text.unicodeScalars.contains("\u{1B}") && text.contains("tents"))
    #expect(text.contains("by signal KILL") && text.contains("ForceCommand"))
    let nothing = LoginSilence(host: "tent", said: "\n", exit: .status(1)).error.description
    #expect(nothing.contains("It said nothing."))
  }

  @Test func `what a script could not do is told with what it means`() {
    let rows: [(String, String?)] = [
      ("mkdir: cannot create directory '/x': Read-only file system", "remount,rw"),
      ("cat: write error: No space left on device", "df -h"),
      ("cat: write error: Disk quota exceeded", "df -h"),
      ("cp: error reading 'x': Input/output error", "dmesg"),
      ("sh: 1: cd: can't cd to /home/me", "mkhomedir_helper me"), ("visudo does not accept the rule", nil),
    ]
    for (output, says) in rows {
      let meaning = SetupTrouble.meaning(of: output, user: "me")
      #expect(
        says == nil ? meaning == nil : meaning?.contains(says ?? "") == true, "\(output): \(meaning ?? "")")
    }
  }
}
