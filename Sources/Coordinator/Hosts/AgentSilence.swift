import Programs
import ByteText
import Wire

/// Why no agent spoke: judged by how its program ended, what it said on stderr, and what came instead of
/// the greeting. Pure.
struct AgentSilence {
  let host: String
  let end: ProgramEnd?
  /// What came before the greeting that never came.
  let noise: String
  /// What a person types to get there; nil: by its name.
  var ssh: String?

  private var typed: String { ssh ?? "ssh \(host)" }

  /// `requiretty` of sudoers(5): no rule that fleet could bring helps, since sudo is wanted to bring it.
  static let terminalWanted =
    "sudo wants a terminal there (requiretty), which fleet has none for. Next, on the host: sudo visudo, and take "
    + "\"Defaults requiretty\" out; or log in as root"

  var error: HostError {
    let said = end?.standardError ?? ""
    let all = (said + "\n" + noise).asciiLowercase
    func says(_ words: String...) -> Bool { words.contains { all.holds($0) } }

    if says(AgentCommand.absent) {
      return .noAgent("\(host): there is no agent yet. Next: fleet bootstrap \(host)")
    }
    if let known = LoginSilence(host: host, said: said + "\n" + noise, exit: end?.exit, ssh: ssh).known {
      return known
    }
    if says("sudo: not found", "sudo: command not found", "sudo: no such file") {
      return .noPrivilege(
        "\(host): there is no sudo. Install it there, log in as root, or say become: none")
    }
    if says("you must have a tty") { return .noPrivilege("\(host): \(Self.terminalWanted)") }
    if says(
      "a password is required", "a terminal is required",
      // sudo-rs
      "interactive authentication is required")
    {
      return .noPrivilege(
        "\(host): sudo asks for a password there, so its rule for fleet-agent is missing, or another one counts. "
          + "Next: fleet bootstrap \(host)")
    }
    if says(
      "is not in the sudoers file", "may not run sudo", "is not allowed to execute", "is not allowed to run",
      // sudo-rs
      "i'm afraid i can't do that")
    {
      return .noPrivilege(
        "\(host): the user may not use sudo there: \(quoted(said)). "
          + "Next: fleet bootstrap \(host) with a user who "
          + "may, or root")
    }
    if says("error while loading shared libraries") {
      return .noAgent(
        "\(host): the agent lacks a library: \(quoted(said)). Next: fleet bootstrap \(host), whose agent brings its own"
      )
    }
    if says("exec format error", "cannot execute binary file", "wrong elf class") {
      return .noAgent(
        "\(host): the agent there is for another architecture. Next: fleet bootstrap \(host); "
          + "a 32-bit system cannot run it")
    }
    // The shell says "not found" of a file that is there when the file's loader is not: a 32-bit system.
    if says("not found", "no such file or directory"), end?.exit == .status(127) || end?.exit == .status(126)
    {
      return .noAgent(
        "\(host): the agent there cannot be started: \(quoted(said)). Is it a 32-bit system? "
          + "Next: fleet bootstrap \(host)")
    }
    if says("permission denied") {
      return .noPrivilege(
        "\(host): the agent may not be run there: \(quoted(said)); \(SetupTrouble.noExecute). Else: "
          + "fleet bootstrap \(host)")
    }
    return .noAgent(
      "\(host): no fleet-agent answered\(ending). The host said \(quoted(said + noise)). "
        + "Next: fleet doctor \(host); and \(typed) true, which says nothing where all is well")
  }

  private var ending: String {
    switch end?.exit {
    case .status(let status): ", its program ended with status \(status)"
    case .signal(let name): ", its program was ended by signal \(name)"
    case nil: ""
    }
  }

  private func quoted(_ text: String) -> String {
    let words = text.textLines.joined(separator: " / ")
    return words.isEmpty ? "nothing" : "\"\(visible(String(words.trailing(scalars: 400)), limit: .max))\""
  }
}
