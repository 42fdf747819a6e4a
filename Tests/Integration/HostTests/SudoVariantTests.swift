import SystemPackage
import TestSupport
import Testing

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// What the many sudos of the world do when the set-up wants root, and when the agent is to be started: each is a
/// double, since a machine has one sudo, and what it does stands in files that only root may write.
@Suite struct SudoVariantTests {
  struct Variant: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What it does when it is called with `-k -S -p PROMPT -- COMMAND`; PROMPT is `$prompt`.
    var asked: String
    /// What it does when it is called with `-n COMMAND`.
    var quiet: String
    var outcome: SetupScript.Outcome
    /// Part of what is told where the agent is not started; nil: it is.
    var told: String?

    init(_ name: String, asked: String, quiet: String, _ outcome: SetupScript.Outcome, told: String?) {
      (testDescription, self.asked, self.quiet) = (name, asked, quiet)
      (self.outcome, self.told) = (outcome, told)
    }
  }

  private static let done = SetupScript.Outcome.ended(status: 0, output: "root's work\n")
  private static let ask = #"printf '%s' "$prompt" >&2; read -r word; [ "$word" = secret ] && exec "$@";"#
  private static let wanted = "sudo: a password is required"
  private static func says(_ words: String, _ status: Int = 1) -> String {
    "echo \"\(words)\" >&2; exit \(status)"
  }
  private static func refuses(_ words: String) -> SetupScript.Outcome { .notAllowed(words) }

  static let variants = [
    Variant("a password is asked", asked: ask, quiet: says(wanted), done, told: "asks for a password"),
    Variant(
      "a lecture comes first",
      asked:
        "printf '\\nWe trust you have received the usual lecture.\\n\\n    #1) Respect.\\n\\n' >&2; \(ask)",
      quiet: says(wanted), done, told: "asks for a password"),
    Variant(
      "a wrong password is laughed at",
      asked:
        "\(ask.replacing("secret", with: "other")) echo 'Just what do you think you are doing, Dave?' >&2; \(ask)",
      quiet: says(wanted), .passwordWrong, told: "asks for a password"),
    Variant(
      "a password is wrong once and for all",
      asked: "printf '%s' \"$prompt\" >&2; read -r word; \(says("sudo: 1 incorrect password attempt"))",
      quiet: says(wanted), .passwordWrong, told: "asks for a password"),
    Variant(
      "a terminal is wanted", asked: says("sudo: sorry, you must have a tty to run sudo"),
      quiet: says("sudo: sorry, you must have a tty to run sudo"),
      refuses("sudo: sorry, you must have a tty to run sudo"), told: "wants a terminal"),
    Variant(
      "the user is not in sudoers",
      asked: "printf '%s' \"$prompt\" >&2; read -r word; \(says("me is not in the sudoers file."))",
      quiet: says(wanted), refuses("me is not in the sudoers file."), told: "asks for a password"),
    Variant(
      "the user may do other things only",
      asked: says("Sorry, user me is not allowed to execute '/bin/sh -c x' as root on tent."),
      quiet: says("Sorry, user me is not allowed to execute 'fleet-agent serve' as root on tent."),
      refuses("Sorry, user me is not allowed to execute '/bin/sh -c x' as root on tent."),
      told: "may not use sudo"),
    Variant(
      "the agent is allowed without a password, and nothing else", asked: ask, quiet: #"exec "$@""#, done,
      told: nil),
    Variant("all is allowed without a password", asked: #"exec "$@""#, quiet: #"exec "$@""#, done, told: nil),
    Variant(
      "a password was given a moment ago", asked: #"[ -n "$forget" ] || exec "$@"; "# + ask,
      quiet: #"exec "$@""#,
      done, told: nil),
    Variant(
      "another PATH is set", asked: #"export PATH=/sbin:/bin; exec "$@""#, quiet: #"PATH=/bin exec "$@""#,
      done, told: nil),
    Variant(
      "a terminal is put between", asked: #"\#(pty) "$@""#, quiet: #"exec "$@""#, done, told: nil),
    Variant(
      "all that is said is logged",
      asked: #"{ "$@"; echo $? >"$0.status"; } 2>&1 | tee "$0.log"; exit "$(cat "$0.status")""#,
      quiet: #""$@" | tee "$0.log""#, done, told: nil),
    Variant(
      "it speaks another language",
      asked: "printf '%s' \"$prompt\" >&2; read -r word; \(says("sudo: ein Fehler ist aufgetreten"))",
      quiet: says("sudo: Ein Passwort ist notwendig"), refuses("sudo: ein Fehler ist aufgetreten"),
      told: "Ein Passwort ist notwendig"),
    Variant(
      "sudo-rs asks", asked: ask, quiet: says("sudo: interactive authentication is required"), done,
      told: "asks for a password"),
    Variant(
      "sudo-rs was given a wrong password",
      asked:
        "printf '%s' \"$prompt\" >&2; read -r word; \(says("sudo: maximum 1 incorrect authentication attempts"))",
      quiet: says("sudo-rs: interactive authentication is required"), .passwordWrong,
      told: "asks for a password"),
    Variant(
      "sudo-rs does not know the user", asked: says("sudo: I'm sorry me. I'm afraid I can't do that"),
      quiet: says("sudo: I'm sorry me. I'm afraid I can't do that"),
      refuses("sudo: I'm sorry me. I'm afraid I can't do that"), told: "may not use sudo"),
    Variant(
      "it is not setuid",
      asked: says("sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set"),
      quiet: says("sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set"),
      refuses("sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set"),
      told: "the setuid bit"),
    Variant(
      "it complains and does it", asked: "echo 'sudo: unable to resolve host tent' >&2; \(ask)",
      quiet: #"echo 'sudo: unable to resolve host tent' >&2; exec "$@""#, done, told: nil),
  ]

  /// As a terminal does it, for what the program says: each line end gets a CR.
  private static let pty = #"cr=$(printf '\r'); "$@" 2>&1 | sed -u "s/$/$cr/"; exit 0; :"#

  @Test(arguments: variants) func `the set-up becomes root, or says why not`(_ variant: Variant) throws {
    let outcome = try setUp(variant, password: "secret")
    if case .ended(let status, let output) = outcome {
      let plain = String(String.UnicodeScalarView(output.unicodeScalars.filter { $0 != "\r" }))
      #expect(.ended(status: status, output: plain) == variant.outcome)
    } else {
      #expect(outcome == variant.outcome)
    }
  }

  @Test(arguments: variants.filter { $0.asked == ask }) func `without a password it is asked for`(
    _ variant: Variant
  ) throws {
    #expect(try setUp(variant, password: nil) == .passwordWanted)
  }

  @Test(arguments: variants) func `the agent is started, or it is told why not`(_ variant: Variant) throws {
    let host = try SudoDouble(asked: variant.asked, quiet: variant.quiet)
    let (said, error) = try serve(host)
    guard let told = variant.told else {
      #expect(said == "agent serve\n", "\(error)")
      return
    }
    #expect(error.description.contains(told), "\(error)")
    #expect(
      error.description.contains("Next: fleet") || error.description.contains("Next, on the host"), "\(error)"
    )
  }

  @Test func `where there is no sudo it is said`() throws {
    let host = try SudoDouble(asked: nil, quiet: "")
    let script = SetupScript(text: "echo \"root's work\"", asRoot: true)
    let outcome = try script.run(over: host, host: "tent", password: "secret")
    #expect(outcome == .notAllowed("there is no sudo; install it there, or log in as root"))
    #expect(try serve(host).error.description.contains("there is no sudo"))
  }

  private func setUp(_ variant: Variant, password: String?) throws -> SetupScript.Outcome {
    let host = try SudoDouble(asked: variant.asked, quiet: variant.quiet)
    let script = SetupScript(text: "echo \"root's work\"", asRoot: true)
    return try script.run(over: host, host: "tent", password: password)
  }

  /// What the agent said, and what would be told where it is none.
  private func serve(_ host: SudoDouble) throws -> (said: String, error: HostError) {
    let stream = try host.start(AgentCommand.serve(become: .sudo))
    let (output, end) = try stream.readToEnd(maxBytes: 10_000, withinSeconds: 30)
    let said = String(decoding: output, as: UTF8.self)
    return (said, AgentSilence(host: "tent", end: end, noise: said).error)
  }
}

/// This machine as a host where the one who logs in is not root, and sudo is a script of the test's.
private final class SudoDouble: HostTransport {
  private let folder: HostFolder
  private let local: LocalTransport
  let interrupt: @Sendable () -> Void = {}

  /// - Parameter asked: nil: there is no sudo.
  init(asked: String?, quiet: String) throws {
    folder = try HostFolder()
    local = LocalTransport(name: "tent", home: FilePath(folder.path))
    try folder.write("#!/bin/sh\necho agent \"$@\"\n", to: "agent", mode: 0o755)
    try folder.write("#!/bin/sh\necho 1000\n", to: "bin/id", mode: 0o755)
    for tool in ["sh", "printf", "cat", "tee", "sed"] {
      try hostTool("ln", "-s", "/bin/\(tool)", folder.file("bin/\(tool)"))
    }
    guard let asked else { return }
    let text = """
      #!/bin/sh
      forget= prompt=
      if [ "$1" = -n ]; then
        shift
        \(quiet)
      fi
      while [ "$1" != -- ]; do
        case $1 in
        -k) forget=yes ;;
        -p) prompt=$2; shift ;;
        esac
        shift
      done
      shift
      \(asked)
      exit 1
      """
    try folder.write(text + "\n", to: "bin/sudo", mode: 0o755)
  }

  func close() {}

  func start(_ command: String) throws(HostError) -> any ProgramStream {
    let path = "PATH=\(folder.file("bin"))"
    let line =
      command
      .replacing("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", with: path)
      .replacing("agent=\(AgentCommand.program)", with: "\(path); export PATH; agent=\(folder.file("agent"))")
    return try local.start(line)
  }
}
