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
    let (status, output) = try await asAgent(SetupScripts.tryOut, names)
    let lines = output.textLines.map { String($0) }
    if status == 0, let version = lines.lazy.compactMap(AgentProgramVersion.init).first { return version }
    throw failed("the agent does not run there", explained(output))
  }

  func explained(_ output: String) -> String {
    let said = output.asciiLowercase
    if said.holds("glibc_") { return output + " (Debian 12 is the oldest system that fleet knows)" }
    if said.holds("loading shared libraries") { return output + " (it needs libstdc++6 and libgcc-s1 alone)" }
    if said.holds("permission denied") { return output + " (\(SetupTrouble.noExecute))" }
    if said.holds("exec format error") || said.holds("not found") || said.holds("cannot execute") {
      return output + " (it is for another architecture, or the system is 32-bit)"
    }
    return output
  }
}
