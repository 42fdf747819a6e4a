import ByteText
import Inventory
import Release
import SSH
import Wire

/// `try`: what `doctor` looks at, before there is anything of fleet's on the host, and without leaving anything there.
extension HostSetupRun {
  func tryOut() async throws(SetupError) -> Trial {
    var trial = Trial()
    do throws(SetupError) {
      if host.connection == .ssh {
        trial.found.append(Diagnosis(verdict: .good, subject: "host key", text: try await believedKey()))
        trial.found.append(try await triedLogin())
      }
      try await learnFacts()
    } catch {
      switch error {
      case .host(let error):
        trial.isAway = error.isAway
        trial.found.append(await told(error))
      case .failed(let text): trial.found.append(Diagnosis(verdict: .bad, subject: "login", text: text))
      case .prompt, .declined, .local, .inventory: throw error
      }
      return trial
    }
    let system = system()
    trial.found.append(system)
    if let version = facts.agentSHA256.map({ _ in facts.agent?.version.description ?? "one" }) {
      trial.hasAgent = true
      trial.found.append(
        Diagnosis(
          verdict: .warning, subject: "agent",
          text:
            "\(version) is set up there already; marks and jobs that it knows of doctor tells, and try does not"
        ))
    }
    if system.verdict == .good, let architecture = try? facts.architecture(isPackaged: agents.arePackaged) {
      let binary = try agents.binary(for: architecture)
      if let row = await sudo() { trial.found.append(row) }
      trial.found += await app(triedWith: binary)
      if !hasAgentsRights {
        trial.found.append(
          Diagnosis(
            verdict: .warning, subject: "rights",
            text:
              "not known: whose the tree is and what lies around it is judged by an agent with root's rights, and "
              + "doctor tells it once that is set up"))
      }
    }
    trial.found += [atBoot, space()]
    return trial
  }

  /// Whether an agent that the set-up brings would have no more rights than one that is only tried.
  var hasAgentsRights: Bool { facts.isRoot || host.become == .none }

  // MARK: The way there

  /// Who vouches for the host's key. What a person believes is forgotten with this run.
  private func believedKey() async throws(SetupError) -> String {
    switch try await lookAtKey(leaving: true) {
    case .leftToSSH(let judge): return "your own ssh judges it, strictly: \(judge)"
    case .trusted(_, nil): return "the recorded one"
    case .trusted(_, let source?): return "\(source) knows it"
    case .unknown(let key):
      try await accept(key)
      return "\(key), believed for this once; bootstrap asks again"
    case .changed(let shown, let known):
      // Only its own record is fleet's to replace.
      guard connector.knownHosts.read().keys(names: [host.name]).isEmpty else {
        throw .host(changed(shown, known))
      }
      let route = try await route()
      let name =
        route.knownHostsPort == 22
        ? route.knownHostsName : "[\(route.knownHostsName)]:\(route.knownHostsPort)"
      throw .host(
        .hostKey(
          "\(host.name): its key has CHANGED, refused. It shows \(shown); your known_hosts has "
            + known.map(\.description).joined(separator: ", ")
            + ". If not for a good reason, somebody may be in between. Next, if the host was set up anew: "
            + "ssh-keygen -R '\(name)'"))
    }
  }

  private func triedLogin() async throws(SetupError) -> Diagnosis {
    let refused: HostError
    do throws(HostError) {
      try await reach()
      let carrier = await link.carrier.map { ", by \($0)" } ?? ""
      return Diagnosis(verdict: .good, subject: "login", text: "a key is accepted" + carrier)
    } catch {
      refused = error
    }
    guard refused.isOfLogin else { throw .host(refused) }
    let route = try await route()
    try await logInWithPassword(as: route.target.user, toInstall: OwnKeys(host, route).best?.line)
    return Diagnosis(
      verdict: .warning, subject: "login",
      text: "by password alone: none of your keys is known there, bootstrap puts one")
  }

  /// What came of it, without the command of a set-up that there is none of yet.
  private func told(_ error: HostError) async -> Diagnosis {
    var row = diagnosis(of: error, next: await trialStep(after: error))
    if let said = row.text.before(" Next: fleet ") { row.text = String(said) }
    return row
  }

  private func trialStep(after error: HostError) async -> String? {
    switch error {
    case .unreachable, .lost, .keyLocked: await nextStep(after: error)
    case .hostKey:
      connector.knownHosts.read().keys(names: [host.name]).isEmpty ? nil : await nextStep(after: error)
    default: nil
    }
  }

  // MARK: What is there

  /// What can be told of sudo without a password, and without running anything by it.
  private func sudo() async -> Diagnosis? {
    // An agent that is there needs no more of it than it has.
    guard host.become == .sudo, facts.agentSHA256 == nil else { return nil }
    func row(_ verdict: Diagnosis.Verdict, _ text: String, next: String? = nil) -> Diagnosis {
      Diagnosis(verdict: verdict, subject: "sudo", text: text, next: next)
    }
    guard !facts.isRoot else { return row(.good, "not needed: the login is root") }
    guard let answer = try? await asUser(SetupScripts.sudo), let said = answer.output.textLines.last else {
      return row(.warning, "not known: it could not be asked")
    }
    return SudoAnswer(said, user: facts.user).diagnosis
  }

  /// What an agent says that is brought there, started as the plain user, and taken away again.
  private func app(triedWith binary: AgentBinaries.Binary) async -> [Diagnosis] {
    var found: [Diagnosis] = []
    do throws(HostError) {
      prompter.wait("bringing an agent to \(host.name), for this once ...")
      defer { prompter.wait(nil) }
      if let trouble = try await link.converse(trying: binary, version: connector.version) {
        found.append(trouble.diagnosis(meaning: explained(trouble.text), hasAgentsRights: hasAgentsRights))
      } else {
        let hello = await link.hello
        found.append(
          Diagnosis(
            verdict: .good, subject: "agent",
            text: "\(hello.version) runs there, for this once, as \(hello.user)"))
        found += try await app()
      }
    } catch {
      // A way that broke off says nothing of the host.
      var row = await told(error)
      if error.isAway {
        row = Diagnosis(verdict: .warning, subject: row.subject, text: "not known: \(row.text)")
      }
      found.append(row)
    }
    if let folder = await link.leave() {
      found.append(
        Diagnosis(
          verdict: .warning, subject: "agent",
          text:
            "it is removed there with the end of the connection, and nobody has seen that it was: \(folder)"))
    }
    return found
  }

  private var atBoot: Diagnosis {
    facts.hasSystemd
      ? Diagnosis(verdict: .good, subject: "systemd", text: "an interrupted upgrade can be ended at boot")
      : Diagnosis(
        verdict: .warning, subject: "systemd",
        text: "none: an upgrade that a power cut interrupts is ended at the next contact, not at boot")
  }
}

/// What sudo told of a shell as root, by `SetupScripts.sudo`. Pure.
struct SudoAnswer {
  let diagnosis: Diagnosis

  init(_ line: some StringProtocol, user: String) {
    func row(_ verdict: Diagnosis.Verdict, _ text: String, next: String? = nil) -> Diagnosis {
      Diagnosis(verdict: verdict, subject: "sudo", text: text, next: next)
    }
    let said = line.asciiLowercase
    func says(_ parts: String...) -> Bool { parts.contains { said.holds($0) } }
    let group = "usermod -aG sudo \(user), as root there; or log in as root"
    diagnosis =
      if said.isSpelled("may") {
        row(.good, "\(user) may become root; where it asks for a password, bootstrap asks you")
      } else if said.isSpelled("none") {
        row(.bad, "there is none", next: "install it there, or log in as root")
      } else if says("must have a tty") {
        row(.bad, AgentSilence.terminalWanted)
      } else if says("not in the sudoers", "may not run", "not allowed", "i'm afraid i can't do that") {
        row(.bad, "it does not let \(user) become root: \(visible(String(line), limit: 300))", next: group)
      } else if says("password is required", "terminal is required", "authentication is required") {
        row(
          .warning,
          "not known: it asks for a password, as bootstrap will; whether \(user) may become root it then says"
        )
      } else if said.trimmed.isSpelled("said") {
        row(.bad, "it does not let \(user) run /bin/sh as root, which bootstrap has to", next: group)
      } else {
        row(.warning, "not known: \(visible(String(line), limit: 300))")
      }
  }
}
