import ByteText
import Release
import Wire

/// What a host says of itself before any agent speaks: `key value` lines of `SetupScripts.facts`.
struct HostFacts: Equatable, Sendable {
  var machine = ""
  var debian: String?
  var bits: String?
  var userID: Int?
  var user = ""
  var home = ""
  var system = ""
  var hasSystemd = false
  var agentSHA256: String?
  var agent: AgentProgramVersion?
  /// What the agent there said instead of its version.
  var agentWords: String?
  var units = 0
  /// The least free space of the file systems that fleet writes to, in bytes.
  var freeBytes: Int64?

  var isRoot: Bool { userID == 0 }

  package init(_ output: String) {
    for line in output.textLines.prefix(100) {
      let parts = line.pieces(by: " ", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = visible(String(parts[1]), limit: 300)
      switch parts[0] {
      case "machine": machine = value
      case "debian": debian = value
      case "bits": bits = value
      case "uid": userID = Int(value)
      case "user": user = value
      case "home": home = value
      case "system": system = value
      case "systemd": hasSystemd = true
      case "agent_sha256": agentSHA256 = value
      case "agent_version":
        agent = AgentProgramVersion(value)
        agentWords = agent == nil ? value : nil
      case "unit": units += 1
      case "free_kib":
        guard let kib = Int64(value.leading { $0 != " " }), kib < Int64.max >> 10 else { continue }
        freeBytes = min(freeBytes ?? .max, kib << 10)
      default: continue
      }
    }
  }
}
