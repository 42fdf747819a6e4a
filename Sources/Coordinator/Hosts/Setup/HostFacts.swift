import ByteText
import Release
import Wire

/// What a host says of itself before any agent speaks: `key value` lines of `SetupScripts.facts`.
struct HostFacts: Equatable, Sendable {
  var machine = ""
  var debian: String?
  var bits: String?
  /// Its C library: `glibc 2.36`, or how another one calls itself.
  var libc = ""
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

  /// The oldest glibc with which the agents of fleet's packages run.
  static let oldestGlibc = (major: 2, minor: 36)

  /// Which agent runs there; of one that somebody built is not known what it asks for.
  func architecture(isPackaged: Bool = true) throws(WrongArchitecture) -> HostArchitecture {
    let found = try HostArchitecture(machine: machine, debian: debian, bits: bits)
    guard isPackaged else { return found }
    let name = system.isEmpty ? "its system" : system
    let wanted = "glibc \(Self.oldestGlibc.major).\(Self.oldestGlibc.minor)"
    if libc.asciiLowercase.begins(with: "musl") {
      throw WrongArchitecture(
        text:
          "\(name) has another C library (\(libc)), and fleet's agent needs \(wanted): a Debian, Raspberry Pi OS or "
          + "Ubuntu has it")
    }
    let words = libc.words
    let parts = (words.last ?? "").pieces(by: ".").compactMap { Int($0) }
    guard words.first?.isSpelled("glibc") == true, parts.count >= 2 else { return found }
    guard (parts[0], parts[1]) >= Self.oldestGlibc else {
      throw WrongArchitecture(
        text:
          "\(name) is too old: it has \(libc), and fleet's agent needs \(wanted), as Debian 12, Raspberry Pi OS of "
          + "2023-10 and Ubuntu 24.04 have it. Next: bring that system up to date, or set it up anew")
    }
    return found
  }

  package init(_ output: String) {
    for line in output.textLines.prefix(100) {
      let parts = line.pieces(by: " ", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = visible(String(parts[1]), limit: 300)
      switch parts[0] {
      case "machine": machine = value
      case "debian": debian = value
      case "bits": bits = value
      case "libc": libc = value
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
