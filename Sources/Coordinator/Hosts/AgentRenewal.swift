package import Release
import Wire

/// Brings this fleet's agent to a host that has an older one, over the conversation with that older one. A newer
/// one stays, and so does any while a job is open: that the agent itself knows best.
package struct AgentRenewal: Sendable {
  package enum Result: Equatable, Sendable {
    /// It is this fleet's, or a newer one.
    case current
    /// From the next conversation on another one answers.
    case renewed(from: Version, to: Version)
    /// It is older and stays; what it does, it does as it is.
    case stays(Version, why: String)
  }

  let version: String
  let agents: AgentBinaries

  package init(version: String, agents: AgentBinaries) {
    self.version = version
    self.agents = agents
  }

  package func renew(over connection: any HostConnection, app: String) async throws(HostError) -> Result {
    let hello = await connection.hello
    guard let there = Version(hello.version), let own = Version(version), there < own else { return .current }
    guard let architecture = HostArchitecture(rawValue: hello.architecture) else {
      return .stays(there, why: "there is no agent for \(visible(hello.architecture, limit: 40))")
    }
    let binary: AgentBinaries.Binary
    do throws(SetupError) { binary = try agents.binary(for: architecture) } catch {
      return .stays(there, why: "\(error)")
    }
    let artifact = Artifact(sha256: binary.sha256, size: Int64(binary.bytes.count))
    try await connection.upload(
      app: app, file: binary.path, sha256: artifact.sha256, size: artifact.size, progress: { _ in })
    switch try await connection.ask(.replaceAgent(app: app, artifact)) {
    case .ok: return .renewed(from: there, to: own)
    case .refused(let reason): return .stays(there, why: reason.text)
    case .unsupported: return .stays(there, why: "it cannot be replaced from here")
    case let other: throw HostError.unexpected(other)
    }
  }
}
