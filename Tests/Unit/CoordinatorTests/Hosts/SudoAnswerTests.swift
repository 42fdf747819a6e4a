import Testing

@testable import Hosts

/// What sudo's words mean before anybody has given it a password.
@Suite struct SudoAnswerTests {
  @Test(arguments: [
    ("may", Diagnosis.Verdict.good, "me may become root"),
    ("none", .bad, "there is none"),
    ("said sudo: a password is required ", .warning, "not known: it asks for a password"),
    ("said sudo: a terminal is required to read the password", .warning, "not known: it asks for a password"),
    ("said sudo-rs: interactive authentication is required", .warning, "not known: it asks for a password"),
    ("said Sorry, user me may not run sudo on veg.", .bad, "it does not let me become root"),
    ("said me is not in the sudoers file.", .bad, "it does not let me become root"),
    ("said sudo: sorry, you must have a tty to run sudo", .bad, "requiretty"),
    ("said ", .bad, "it does not let me run /bin/sh as root"),
    ("said sudo: unable to resolve host\u{1B}[2J veg", .warning, "not known: said sudo: unable to resolve"),
  ])
  func `only what it allows is good, and what it asks for is not known`(
    _ line: String, _ verdict: Diagnosis.Verdict, _ words: String
  ) {
    let diagnosis = SudoAnswer(line, user: "me").diagnosis
    #expect(diagnosis.subject == "sudo" && diagnosis.verdict == verdict, "\(diagnosis)")
    #expect(diagnosis.text.contains(words) && !diagnosis.text.contains("\u{1B}"), "\(diagnosis)")
  }
}
