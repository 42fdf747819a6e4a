import Programs
import Inventory
import ByteText
import SystemPackage
import Wire

/// The set-up of one host under way: the way to it, and what the person has said so far. Passwords live as
/// long as this.
final class HostSetupRun {
  let host: Host
  let fleet: Fleet
  let connector: SSHConnector
  let agents: AgentBinaries
  let neighbours: @Sendable () -> String
  let prompter: any Prompter
  let tell: @Sendable (SetupNote) -> Void
  let link: HostSession
  var facts = HostFacts("")
  /// Nothing is to stay, neither there nor here.
  var isTrial = false
  /// The command that a person types again.
  var verb: String { isTrial ? "try" : "bootstrap" }
  /// The login's, tried for sudo first: they are mostly the same.
  var password: String?

  init(
    _ host: Host, _ fleet: Fleet, _ setup: LiveSetup, _ prompter: any Prompter,
    _ tell: @escaping @Sendable (SetupNote) -> Void
  ) {
    self.host = host
    self.fleet = fleet
    connector = setup.connector
    agents = setup.agents
    neighbours = setup.neighbours
    self.prompter = prompter
    self.tell = tell
    link = HostSession(name: host.name, ssh: host.typedSSH)
  }

  func done(_ text: String) { tell(SetupNote(text: text, changed: true)) }
  func same(_ text: String) { tell(SetupNote(text: text, changed: false)) }

  /// The folder of the agent for the scripts; empty: below the user's home.
  var agentFolder: String { host.become == .sudo ? AgentCommand.folder : "" }
  /// The folder of the apps' states; empty: the plain user's.
  var stateRoot: String { host.become == .sudo ? "/var/lib/fleet-agent" : "" }

  // MARK: Scripts

  /// As the user who logs in. Throws when it cannot be run; its status is the caller's to judge.
  func asUser(
    _ text: String, _ arguments: [String] = [], input: [UInt8] = [],
    seconds: Double = HostLimits.scriptSeconds
  ) async throws(SetupError) -> (status: Int32, output: String) {
    let script = SetupScript(
      text: text, arguments: arguments, input: input, asRoot: false, seconds: seconds)
    switch try await run(script, password: nil) {
    case .ended(let status, let output): return (status, output)
    case .notBegun(let said, let exit): throw notBegun(said, exit)
    case .passwordWanted, .passwordWrong, .notAllowed:
      throw .failed("\(host.name): a script of the set-up did not start there")
    }
  }

  /// With the rights that the agent has: root's, asking for sudo's password where it is wanted, or with
  /// `become: none` the user's.
  func asAgent(
    _ text: String, _ arguments: [String] = [], input: [UInt8] = [],
    seconds: Double = HostLimits.scriptSeconds
  ) async throws(SetupError) -> (status: Int32, output: String) {
    guard host.become == .sudo else {
      return try await asUser(text, arguments, input: input, seconds: seconds)
    }
    let script = SetupScript(
      text: text, arguments: arguments, input: input, asRoot: true, seconds: seconds)
    var tries = PasswordTries()
    while true {
      switch try await run(script, password: password) {
      case .ended(let status, let output): return (status, output)
      case .notAllowed(let words) where words.asciiLowercase.holds("must have a tty"):
        throw .failed("\(host.name): \(AgentSilence.terminalWanted)")
      case .notBegun(let said, let exit): throw notBegun(said, exit)
      case .notAllowed(let words):
        if let known = LoginSilence(
          host: host.name, user: facts.user, said: words, exit: nil, ssh: host.typedSSH
        ).known {
          throw .host(known)
        }
        throw .failed(
          "\(host.name): sudo does not let \(facts.user) become root: \(words). "
            + "Add the user to the group sudo there "
            + "(as root: usermod -aG sudo \(facts.user)), or log in as root")
      case .passwordWanted: break
      case .passwordWrong:
        password = nil
        guard tries.left > 0 else {
          throw .failed(
            "\(host.name): sudo has refused \(tries.given) passwords, and nothing more was done. Next: "
              + "\(host.typedSSH), and there: sudo -k true, until it takes one")
        }
        // The first that sudo got was that of the login, which nobody typed for it.
        prompter.say(
          tries.given > 0
            ? "\(host.name): \(tries.wrong)" : "\(host.name): sudo does not take the password of the login")
      }
      tries.give()
      password = try await secret("sudo password of \(facts.user) on \(host.name)")
    }
  }

  /// The same, where anything but status 0 is an error.
  @discardableResult
  func mustAsAgent(
    _ what: String, _ text: String, _ arguments: [String] = [], input: [UInt8] = [],
    seconds: Double = HostLimits.scriptSeconds
  ) async throws(SetupError) -> String {
    let (status, output) = try await asAgent(text, arguments, input: input, seconds: seconds)
    guard status == 0 else { throw failed(what, output) }
    return output.textLines.last.map { String($0) } ?? ""
  }

  func failed(_ what: String, _ output: String) -> SetupError {
    let words = output.textLines.suffix(6).joined(separator: " / ")
    let meaning = SetupTrouble.meaning(of: output, user: facts.user.isEmpty ? "USER" : facts.user)
    return .failed(
      "\(host.name): \(what): \(words.isEmpty ? "no reason was said" : visible(words, limit: 1000))"
        + (meaning.map { ": \($0)" } ?? ""))
  }

  private func notBegun(_ said: String, _ exit: ProgramEnd.Exit?) -> SetupError {
    let user = facts.user.isEmpty ? host.user : facts.user
    return .host(LoginSilence(host: host.name, user: user, said: said, exit: exit, ssh: host.typedSSH).error)
  }

  private func run(_ script: SetupScript, password: String?) async throws(SetupError) -> SetupScript.Outcome {
    do throws(HostError) { return try await link.run(script, password: password) } catch {
      throw .host(error)
    }
  }

  // MARK: The person

  func secret(_ question: String) async throws(SetupError) -> String {
    do throws(PromptError) { return try await prompter.secret(question) } catch {
      throw .prompt(error)
    }
  }

  func confirm(_ question: String) async throws(SetupError) -> Bool {
    do throws(PromptError) { return try await prompter.confirm(question) } catch {
      throw .prompt(error)
    }
  }

  // MARK: The agent's conversation

  func converse() async throws(HostError) -> HostHello {
    try await link.converse(become: host.become, version: connector.version)
    return await link.hello
  }

  /// Which apps the agent has a state of, as the host says.
  func apps() async throws(SetupError) -> [String] {
    let (_, output) = try await asAgent(
      SetupScripts.apps, host.become == .sudo ? [stateRoot] : [])
    return output.textLines.prefix(HostLimits.apps).map { String($0) }
  }

  /// A job that is open or staged, of any app. The agent that is there must answer.
  func openJob() async throws(SetupError) -> (app: String, job: String)? {
    let apps = try await apps()
    guard !apps.isEmpty else { return nil }
    do throws(HostError) {
      _ = try await converse()
      for app in apps {
        guard case .status(let status) = try await link.ask(.status(app: app)) else {
          throw .protocolFault(
            "\(host.name): the agent does not say whether a job is open for \(visible(app))")
        }
        if let job = status.openJob, status.jobState != .idle { return (visible(app, limit: 100), job) }
      }
    } catch {
      throw .failed(
        "\(host.name): whether a job is open cannot be told, so its agent is left alone: \(error). "
          + "On the host: sudo fleet-agent status")
    }
    return nil
  }
}
