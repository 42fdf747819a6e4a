import Inventory
import Rollout
import ByteText
import SSH
import Release
import Wire

extension HostSetupRun {
  /// Everything that an upgrade will need; changes nothing, asks nobody.
  func examine() async -> [Diagnosis] {
    do throws(HostError) {
      try await connector.reach(host, over: link)
    } catch {
      guard let address = await newAddress(after: error) else {
        return [diagnosis(of: error, next: await nextStep(after: error))]
      }
      return [
        diagnosis(of: error, next: nil),
        Diagnosis(
          verdict: .bad, subject: "address", text: "\(address) shows its key: that is where it is now",
          next: "in fleet.yaml, write \(address) in the place of its address, then: fleet doctor \(host.name)"
        ),
      ]
    }
    var found: [Diagnosis] = []
    if host.connection == .ssh {
      let carrier = await link.carrier.map { ", by \($0)" } ?? ""
      found += [
        Diagnosis(verdict: .good, subject: "SSH", text: "reached" + carrier),
        Diagnosis(verdict: .good, subject: "host key", text: hostKeyWords),
        Diagnosis(verdict: .good, subject: "login", text: "a key is accepted"),
      ]
    }
    do throws(SetupError) { try await learnFacts() } catch {
      return found + [Diagnosis(verdict: .bad, subject: "SSH", text: error.description)]
    }
    found.append(system())
    if let text = agentOnDisk() { found.append(text) }
    do throws(HostError) {
      let hello = try await converse()
      if host.become == .sudo, !facts.isRoot {
        found.append(
          Diagnosis(verdict: .good, subject: "sudo", text: "it starts the agent without a password"))
      }
      found.append(
        Diagnosis(
          verdict: .good, subject: "agent",
          text: "\(hello.version) answers, wire \(hello.wire), as \(hello.user)"))
      found += try await app()
    } catch {
      found.append(diagnosis(of: error, next: await nextStep(after: error)))
    }
    return found + [units(), space()]
  }

  /// What is installed, how it is, and what stands in the way of an upgrade.
  func app() async throws(HostError) -> [Diagnosis] {
    let name = host.name
    switch try await link.ask(.probe(profiles: host.profiles.map(\.agent))) {
    case .probe(let probe):
      guard let (profile, version) = host.installed(in: probe) else {
        return [noApp(in: probe)]
      }
      let place = probe.place.map { " in \($0.path) on \($0.hostname)" } ?? ""
      var found = [
        Diagnosis(verdict: .good, subject: "app", text: "\(profile.agent.name) \(version)\(place)")
      ]
      found[0].place = probe.place
      if isTrial, facts.agentSHA256 != nil {
        found.append(
          hidden("health", "something may be under way, of which the agent that is set up there knows"))
      } else if isTrial, !hasAgentsRights {
        found.append(hidden("health", "its checks run as the app's own user"))
      } else if probe.isAtRest {
        // That its agent answers was said; a check that takes too long is no fault of the connection.
        let reply = try? await link.ask(.health(profile.agent))
        if let health = diagnosis(of: reply.flatMap { try? AppHealth($0) } ?? .unknown) {
          found.append(health)
        }
      } else {
        found.append(
          Diagnosis(
            verdict: .warning, subject: "job",
            text: "\(probe.status.openJob ?? "one") is open (\(probe.status.state))",
            next: "fleet status \(name); where nobody is at work: fleet resume"))
      }
      if let mark = probe.status.mark {
        found.append(
          Diagnosis(
            verdict: .bad, subject: "mark", text: "marked by \(mark.tag): \(mark.reason.text)",
            next: "fleet clear \(name), once it is mended"))
      }
      found += await obstacles(profile.agent)
      return found + (probe.warnings ?? []).map { Diagnosis(verdict: .warning, subject: "data", text: $0) }
    case .refused(let reason): throw .protocolFault("\(name): \(reason.text)")
    case let other: throw HostError.unexpected(other)
    }
  }

  /// What *check* would refuse, whatever the release; an agent that was not renewed yet does not know the question.
  private func obstacles(_ profile: AppProfile) async -> [Diagnosis] {
    let reasons: [Cause]
    switch try? await link.ask(.obstacles(profile)) {
    case .obstacles(let found): reasons = found
    // What keeps it from looking keeps a stage from it, too.
    case .refused(let reason): reasons = [reason]
    case .unsupported: return []
    default:
      return [
        Diagnosis(
          verdict: .warning, subject: "upgrade", text: "it could not be asked what a stage would refuse")
      ]
    }
    var found = reasons.map { reason in
      isHidden(reason.text)
        ? hidden("upgrade", reason.text)
        : Diagnosis(
          verdict: .bad, subject: reason.code == .packages ? "packages" : "upgrade", text: reason.text)
    }
    if !profile.packages.isEmpty, !reasons.contains(where: { $0.code == .packages }) {
      let text =
        profile.installPackages ? "those that are missing are installed" : "what it needs is installed"
      found.append(Diagnosis(verdict: .good, subject: "packages", text: text))
    }
    return found
  }

  private func noApp(in probe: Probe) -> Diagnosis {
    var diagnosis = Diagnosis(noAppIn: probe, on: host)
    guard isTrial else { return diagnosis }
    if isHidden(diagnosis.text) { return hidden("app", diagnosis.text) }
    // There is no agent that could tell of backups.
    if diagnosis.next != nil {
      diagnosis.next = "is its disk mounted, and install: right in the app's profile?"
    }
    return diagnosis
  }

  /// Whether an agent with more rights would have seen what this one was kept from (EACCES, as strerror(3) words it).
  private func isHidden(_ text: String) -> Bool {
    isTrial && !hasAgentsRights && text.holds("Permission denied")
  }

  private func hidden(_ subject: String, _ text: String) -> Diagnosis {
    Diagnosis(
      verdict: .warning, subject: subject, text: "not known, the user of this login may not look: \(text)")
  }

  private func diagnosis(of health: AppHealth) -> Diagnosis? {
    switch health {
    case .well: Diagnosis(verdict: .good, subject: "health", text: "its services run, its checks hold")
    case .unwell(let cause):
      Diagnosis(
        verdict: .bad, subject: "health", text: cause.text,
        next: "mend it on the host;  where a newer release may: fleet upgrade --repair \(host.name)")
    case .unknown: Diagnosis(verdict: .warning, subject: "health", text: "it could not be asked in time")
    }
  }

  /// A key that only an authority or a command of the user's vouches for is not recorded: it may change with them.
  private var hostKeyWords: String {
    connector.knownHosts.read().keys(names: [host.name]).isEmpty
      ? "believed by your own ssh" : "the recorded one"
  }

  func diagnosis(of error: HostError, next: String?) -> Diagnosis {
    let subject =
      switch error {
      case .unreachable, .lost: "SSH"
      case .hostKeyUnknown, .hostKey: "host key"
      case .authentication, .keyLocked: "login"
      case .noAgent, .incompatible, .notBelieved: "agent"
      case .noPrivilege: "sudo"
      case .refused: "agent"
      case .protocolFault: host.connection == .ssh ? "SSH" : "agent"
      }
    if case .keyLocked(let text, _) = error {
      return Diagnosis(verdict: .bad, subject: subject, text: visible(text), next: next)
    }
    // Some say themselves what comes first, on the host.
    let text = error.description
    let isElsewhere = text.holds("Next") && !text.holds("Next: fleet")
    return Diagnosis(verdict: .bad, subject: subject, text: text, next: isElsewhere ? nil : next)
  }

  func nextStep(after error: HostError) async -> String? {
    switch error {
    case .unreachable, .lost:
      let route = try? await route()
      // What lies behind another host may answer no ping from here.
      let ping =
        route?.proxy == nil ? "ping \(route?.target.address ?? host.address ?? host.name), then: " : ""
      return "is it on, and in this network? \(ping)\(host.typedSSH)"
    case .hostKeyUnknown, .authentication, .noAgent, .incompatible, .noPrivilege:
      return "fleet bootstrap \(host.name)"
    case .keyLocked(_, let add): return add
    case .hostKey: return "fleet trust --replace \(host.name), if its key changed for a good reason"
    case .refused(let cause): return cause.next
    case .protocolFault, .notBelieved: return nil
    }
  }

  func system() -> Diagnosis {
    do throws(WrongArchitecture) {
      let architecture = try facts.architecture(isPackaged: agents.arePackaged)
      return Diagnosis(
        verdict: .good, subject: "system",
        text: "\(facts.system), \(architecture.rawValue), user \(facts.user)")
    } catch {
      return Diagnosis(verdict: .bad, subject: "system", text: "\(host.name): \(error.text)")
    }
  }

  /// What differs from the agent that this fleet would install.
  private func agentOnDisk() -> Diagnosis? {
    guard facts.agentSHA256 != nil else { return nil }
    guard let version = facts.agent else {
      return Diagnosis(
        verdict: .bad, subject: "agent",
        text: "it does not run there: \(facts.agentWords ?? "it says nothing")",
        next: "fleet bootstrap \(host.name)")
    }
    guard
      let architecture = try? facts.architecture(isPackaged: agents.arePackaged),
      let own = try? agents.binary(for: architecture), own.sha256 != facts.agentSHA256
    else { return nil }
    return Diagnosis(
      verdict: .warning, subject: "agent", text: "\(version.version) there is not the one of this fleet",
      next: "fleet bootstrap \(host.name)")
  }

  private func units() -> Diagnosis {
    let subject = "boot units"
    guard host.become == .sudo, facts.hasSystemd else {
      return Diagnosis(
        verdict: .warning, subject: subject,
        text: "none: an upgrade that a power cut interrupts is ended at the next contact, not at boot")
    }
    return facts.units == 2
      ? Diagnosis(verdict: .good, subject: subject, text: "both enabled")
      : Diagnosis(
        verdict: .bad, subject: subject, text: "\(facts.units) of 2 are enabled",
        next: "fleet bootstrap \(host.name)")
  }

  func space() -> Diagnosis {
    guard let free = facts.freeBytes else {
      return Diagnosis(verdict: .warning, subject: "space", text: "it does not say how much is free")
    }
    let text = "\(sizeText(free)) free"
    // What stays free during an upgrade; its own needs are counted when it is planned.
    let least: Int64 = 256 << 20
    return free >= least
      ? Diagnosis(verdict: .good, subject: "space", text: text)
      : Diagnosis(
        verdict: .bad, subject: "space", text: text + ", an upgrade needs more than \(sizeText(least))",
        next: "free some, \"sudo apt-get clean\" for example")
  }
}

extension Diagnosis {
  /// Nothing is known to be installed that could be upgraded.
  init(noAppIn probe: Probe, on host: Host) {
    self.init(verdict: .bad, subject: "app", text: host.problem(in: probe))
    // What is wrong with a version that was read is said with what to write.
    guard probe.findings.allSatisfy({ $0.version == nil }) else { return }
    next = "is its disk mounted, and install: right? fleet backups \(host.name) lists what is kept of it"
  }
}
