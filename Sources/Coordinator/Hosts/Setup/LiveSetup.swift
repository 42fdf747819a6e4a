package import Inventory
import SystemPackage
import Wire

/// Sets real hosts up, over SSH or on this machine, and takes fleet away again.
package struct LiveSetup: HostSetup {
  let connector: SSHConnector
  let agents: AgentBinaries
  /// The text of `/proc/net/arp`.
  let neighbours: @Sendable () -> String

  package init(
    connector: SSHConnector, agents: AgentBinaries = .shipped,
    neighbours: @escaping @Sendable () -> String = { AddressSearch.neighbours }
  ) {
    self.connector = connector
    self.agents = agents
    self.neighbours = neighbours
  }

  package func ensureKey(for hosts: [Host], prompter: any Prompter) async throws(SetupError) {
    try await KeyMaker(connector: connector, prompter: prompter).ensureKey(for: hosts)
  }

  package func bootstrap(
    _ host: Host, in fleet: Fleet, prompter: any Prompter,
    note: @escaping @Sendable (SetupNote) -> Void
  ) async throws(SetupError) {
    let run = HostSetupRun(host, fleet, self, prompter, note)
    do throws(SetupError) {
      try await run.bootstrap()
    } catch {
      await run.link.close()
      throw error
    }
    await run.link.close()
  }

  package func remove(
    _ host: Host, in fleet: Fleet, prompter: any Prompter,
    note: @escaping @Sendable (SetupNote) -> Void
  ) async throws(SetupError) {
    let run = HostSetupRun(host, fleet, self, prompter, note)
    do throws(SetupError) {
      try await run.remove()
    } catch {
      await run.link.close()
      throw error
    }
    await run.link.close()
  }

  package func trust(
    _ host: Host, in fleet: Fleet, replace: Bool, prompter: any Prompter
  ) async throws(SetupError) -> String {
    let run = HostSetupRun(host, fleet, self, prompter) { _ in }
    return try await run.trust(replace: replace)
  }

  package func tryOut(
    _ host: Host, in fleet: Fleet, isListed: Bool, prompter: any Prompter
  ) async throws(SetupError) -> Trial {
    let once = LiveSetup(connector: connector.forgetful(knowing: isListed), agents: agents)
    let run = HostSetupRun(host, fleet, once, prompter) { _ in }
    run.isTrial = true
    do throws(SetupError) {
      let trial = try await run.tryOut()
      await run.link.close()
      return trial
    } catch {
      await run.link.close()
      throw error
    }
  }

  package func examine(_ host: Host, in fleet: Fleet) async -> [Diagnosis] {
    let run = HostSetupRun(host, fleet, self, NobodyThere()) { _ in }
    let found = await run.examine()
    await run.link.close()
    return found
  }
}

/// Where nobody is asked.
struct NobodyThere: Prompter {
  func say(_ line: String) {}

  func confirm(_ question: String) async throws(PromptError) -> Bool { throw .nobody(question: question) }

  func secret(_ question: String) async throws(PromptError) -> String { throw .nobody(question: question) }
}

extension HostSetupRun {
  func bootstrap() async throws(SetupError) {
    if host.connection == .ssh { try await settleKey() }
    try await logIn()
    try await learnFacts()
    let architecture: HostArchitecture
    do throws(WrongArchitecture) {
      architecture = try facts.architecture(isPackaged: agents.arePackaged)
    } catch {
      throw .failed("\(host.name): \(error.text)")
    }
    if try await isRight(for: architecture) { return }
    // The rule comes first, so that an agent that is there already can be asked whether a job is open.
    if host.become == .sudo { try await installRule() }
    try await installAgent(for: architecture)
    try await setUpAgent()
    do throws(HostError) { answers(try await converse()) } catch {
      // The rule was brought just now, and sudo does not go by it: once more would change nothing.
      guard case .noPrivilege = error, host.become == .sudo else { throw .host(error) }
      throw .failed(
        "\(host.name): the rule for fleet-agent is there (/etc/sudoers.d/fleet-agent), and sudo does not go by it. "
          + "Next, on the host: sudo -l, where of several rules the last one counts; and sudo visudo: the last "
          + "line has to be \"@includedir /etc/sudoers.d\"")
    }
  }

  private func answers(_ hello: HostHello) {
    same(
      "fleet-agent \(hello.version) answers on \(host.name): \(hello.system), \(hello.architecture), "
        + "wire \(hello.wire)" + (hello.systemd ? ", systemd" : ", no systemd"))
  }

  /// Whether all of it is there, as far as can be seen without root's rights: then nobody is asked for a
  /// password. That the agent answers is the proof of the rule.
  private func isRight(for architecture: HostArchitecture) async throws(SetupError) -> Bool {
    let binary = try agents.binary(for: architecture)
    let needsUnits = host.become == .sudo && facts.hasSystemd
    guard facts.agentSHA256 == binary.sha256, facts.units == 2 || !needsUnits else { return false }
    guard let hello = try? await converse() else {
      // A conversation that failed takes its connection along, and the set-up goes on.
      do throws(HostError) { try await reach() } catch { throw .host(error) }
      return false
    }
    same(
      "fleet-agent \(hello.version) is this fleet's own" + (needsUnits ? ", its boot units are enabled" : ""))
    if !needsUnits { same(withoutUnits) }
    answers(hello)
    return true
  }

  private var withoutUnits: String {
    "no boot units (\(host.become == .sudo ? "no systemd there" : "become: none")): an upgrade that "
      + "a power cut interrupts is ended at the next contact, not at boot"
  }

  func learnFacts() async throws(SetupError) {
    let (status, output) = try await asUser(SetupScripts.facts, [host.become.rawValue])
    guard status == 0 else { throw failed("it does not say what it is", output) }
    facts = HostFacts(output)
  }

  private func installRule() async throws(SetupError) {
    guard !facts.isRoot else { return same("no sudo rule: the login is root") }
    let said = try await mustAsAgent("the sudo rule", SetupScripts.sudoers)
    let rule =
      "/etc/sudoers.d/fleet-agent: \(facts.user) may run \"fleet-agent serve\" as root without a password"
    guard said == "added" else { return same(rule) }
    done(rule + ". That is as good as root: whoever has this login can replace the app through it")
  }

  private func setUpAgent() async throws(SetupError) {
    let said = try await mustAsAgent("the boot units", SetupScripts.setUp, [agentFolder])
    guard host.become == .sudo, facts.hasSystemd else { return same(withoutUnits) }
    let units =
      "fleet-agent-recover.service and fleet-agent-settle.service end an interrupted upgrade at boot"
    if said == "changed" { done(units) } else { same(units) }
  }
}
