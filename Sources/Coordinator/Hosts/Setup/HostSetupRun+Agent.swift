import Inventory
import ByteText
import Release
import Wire

extension HostSetupRun {
  /// Brings the agent there, proves that it runs, and puts it in place in one step. A newer one stays, and so
  /// does any while a job is open.
  func installAgent(for architecture: HostArchitecture) async throws(SetupError) {
    let binary = try agents.binary(for: architecture)
    let place = host.become == .sudo ? AgentCommand.program : "~/\(AgentCommand.homeFolder)/fleet-agent"
    guard facts.agentSHA256 != binary.sha256 else {
      return same(
        "\(place) is this fleet's own (\(facts.agent?.version.description ?? "its version is not known"))")
    }
    // An agent that cannot even say its version has no conversation to be asked in.
    if let old = facts.agent, let (app, job) = try await openJob() {
      return same("\(place) stays at \(old.version) while the job \(job) of \(app) is open")
    }
    let names = [agentFolder, binary.sha256]
    try await mustAsAgent(
      "the agent could not be brought there", SetupScripts.deliver, names, input: binary.bytes,
      seconds: HostLimits.uploadAnswerSeconds)
    do throws(SetupError) {
      let new = try await tryOut(names)
      if let old = facts.agent, old.version > new.version {
        try await mustAsAgent("cleaning up", SetupScripts.discard, names)
        return same(
          "\(place) is newer (\(old.version)) than this fleet's (\(new.version)), and stays; "
            + "this fleet is the old one"
        )
      }
      try await mustAsAgent("the agent could not be put in place", SetupScripts.putInPlace, names)
      let before = facts.agent.map { ", instead of \($0.version)" } ?? ""
      done("\(place) \(new.version) for \(architecture.rawValue)\(before)")
    } catch {
      _ = try? await asAgent(SetupScripts.discard, names)
      throw error
    }
  }

  private func tryOut(_ names: [String]) async throws(SetupError) -> AgentProgramVersion {
    var hasInstalled = false
    while true {
      let (status, output) = try await asAgent(SetupScripts.tryOut, names)
      let lines = output.textLines.map { String($0) }
      if status == 0, let version = lines.lazy.compactMap(AgentProgramVersion.init).first { return version }
      let packages = try missingPackages(lines)
      guard !packages.isEmpty else { throw failed("the agent does not run there", explained(output)) }
      guard !hasInstalled else {
        throw failed("the agent still lacks a library, after its packages were installed", output)
      }
      hasInstalled = true
      try await install(packages)
    }
  }

  /// The Debian packages of the libraries that the loader did not find; the names differ between releases.
  private func missingPackages(_ lines: [String]) throws(SetupError) -> [String] {
    let packages = [
      "libarchive.so": "libarchive13t64|libarchive13", "libcurl.so": "libcurl4t64|libcurl4",
      "libsqlite3.so": "libsqlite3-0", "libzstd.so": "libzstd1", "libssl.so": "libssl3t64|libssl3",
      "libcrypto.so": "libssl3t64|libssl3",
    ]
    var names: [String] = []
    for line in lines {
      let words = line.pieces(by: " ")
      let library =
        words.count == 2 && words[0].isSpelled("lacks")
        ? words[1] : Self.unloaded(line)
      guard let library else { continue }
      guard let name = packages.first(where: { library.begins(with: $0.key) })?.value else {
        throw .failed(
          "\(host.name): the agent lacks \(visible(String(library), limit: 100)) there, "
            + "which fleet cannot install"
        )
      }
      if !names.contains(name) { names.append(name) }
    }
    return names
  }

  /// What the loader misses: `PROGRAM: error while loading shared libraries: libcurl.so.4: cannot open …`.
  private static func unloaded(_ line: String) -> Substring? {
    let words = line.pieces(by: ":").map(\.trimmed)
    let place = words.firstIndex { $0.ends(with: "error while loading shared libraries") }
    return place.map { words.dropFirst($0 + 1).first ?? "" }
  }

  private func install(_ packages: [String]) async throws(SetupError) {
    let plain = packages.map { $0.pieces(by: "|").last.map { String($0) } ?? $0 }.joined(separator: " ")
    guard host.become == .sudo else {
      throw .failed(
        "\(host.name): the agent lacks libraries, and become: none cannot install them. There: "
          + "sudo apt-get install \(plain)")
    }
    prompter.say("\(host.name): the agent needs \(plain); apt-get installs them")
    let (name, prompter) = (host.name, prompter)
    let (status, output) = try await asAgent(
      SetupScripts.installPackages, ["\(HostLimits.aptLockSeconds)"] + packages,
      seconds: HostLimits.packagesSeconds + Double(HostLimits.aptLockSeconds)
    ) { line in
      if let text = AptLock.waiting(line, host: name) { prompter.say(text) }
    }
    guard status == 0 else {
      let what = "the packages of the agent (\(plain)) could not be installed"
      if let why = AptLock.error(output) { throw .failed("\(name): \(what): \(why) \(name)") }
      throw failed(what, output)
    }
    done("packages installed for the agent: \(plain)")
  }

  private func explained(_ output: String) -> String {
    let said = output.asciiLowercase
    if said.holds("glibc_") { return output + " (Debian 12 is the oldest system that fleet knows)" }
    if said.holds("permission denied") { return output + " (\(SetupTrouble.noExecute))" }
    if said.holds("exec format error") || said.holds("not found") || said.holds("cannot execute") {
      return output + " (it is for another architecture, or the system is 32-bit)"
    }
    return output
  }
}
