import Files
import Release
import SystemPackage
import Wire

/// Reads one profile, all overrides already laid over it.
struct ProfileReader {
  let app: String
  let sources: SourceReader

  func read(_ node: YAMLNode, vars: [String: String], _ findings: Findings) -> Profile? {
    let profile: Profile?? = Section.read(node, as: "profile", findings) { section in
      read(section, vars: vars)
    }
    return profile ?? nil
  }

  private func read(_ section: Section, vars: [String: String]) -> Profile? {
    let name = section.value("name", Values.line) ?? app
    let applies = section.value("for", Self.range)
    let install = section.required("install", Self.installPath)
    let backups = section.value("backups", Self.installPath)
    let keep = section.value("keep_backups", Values.integer(in: 1...1_000))
    let size = section.value("backups_size", Values.bytesOrOff)
    let version = section.required("version") { (node) throws(Wrong) in node }
      .flatMap { Section.read($0, as: "version", section.findings, Self.reading) ?? nil }
    let services = section.node("services").flatMap { Self.services($0, in: section) }
    let units = section.pairs("units", Self.unitFile)
    let outside = section.list("outside", Values.absolutePath)
    let packages = section.node("packages").flatMap { Self.packages($0, in: section) }
    let owner = section.value("owner", Self.owner)
    let carry = section.sections("carry", as: "carry", Self.carry)
    let alsoCarry = section.sections("also_carry", as: "carry", Self.carry)
    let ignore = section.list("ignore", Self.ignored)
    let alsoIgnore = section.list("also_ignore", Self.ignored)
    let steps = part("steps", of: section, Self.steps)
    let guards = section.sections("guards", as: "guard", Self.guardCommand)
    let health = part("health", of: section, HealthReader.read)
    let parity = section.sections("parity", as: "parity", Self.parityCheck)
    let forewarn = RunReader.steps("forewarn", in: section, seconds: RunReader.guardSeconds)
    let stop = section.value("stop_timeout", Values.seconds(from: 1))
    let budget = section.value("downtime_budget", Values.secondsOrOff)
    let lock = part("rehearsal", of: section) { rehearsal in
      rehearsal.value("lock", Values.seconds(from: 1))
    }
    let stones = section.list("stepping_stones", Self.version)
    let advisories = section.sections("advisories", as: "advisory", Self.advisory)
    let notesFile = part("notes", of: section, Self.notesFile)
    let source = section.required("source") { (node) throws(Wrong) in node }
      .flatMap { Section.read($0, as: "source", section.findings, sources.source) ?? nil }
    let policy = SourceReader.defaultPolicy(for: source)
    let verify = part("verify", of: section) { SourceReader.verify($0, policy: policy, of: source) }

    guard let install, let version, let source else { return nil }
    let kept = backups ?? Self.defaultBackups(install: install, app: app)
    if Self.isWithin(kept, install) || Self.isWithin(install, kept) {
      section.wrong("backups (\(kept)) and install (\(install)) must not contain each other")
    }
    for (index, path) in (outside ?? []).enumerated() {
      let others = (outside ?? []).enumerated().filter {
        $0.offset != index && Self.isWithin(path, $0.element)
      }
      guard let other = others.first?.element else { continue }
      section.wrong(
        "outside: \(path) lies in \(other), which is named too", hint: "the outer one is enough",
        at: "outside")
      break
    }
    for path in outside ?? [] where Self.isWithin(path, install) || Self.isWithin(install, path) {
      section.wrong(
        "outside: \(path) and install (\(install)) must not contain each other",
        hint: "what lies in the install is carried", at: "outside")
    }
    var agent = AppProfile(
      app: app, name: name, install: install, backups: kept, version: version,
      services: services ?? .units([]))
    if let keep { agent.keepBackups = keep }
    agent.backupsBytes = size ?? nil
    agent.units = units ?? []
    agent.outside = outside ?? []
    agent.packages = packages?.names ?? []
    agent.installPackages = packages?.install ?? false
    agent.owner = owner
    agent.carry = (carry ?? []) + (alsoCarry ?? [])
    agent.ignore = (ignore ?? []) + (alsoIgnore ?? [])
    agent.steps = steps ?? Steps()
    agent.guards = guards ?? []
    agent.health = health ?? Health()
    if let parity, !parity.isEmpty { agent.parity = Self.named(parity, in: section) }
    if !forewarn.isEmpty { agent.forewarn = forewarn }
    if let stop { agent.stopTimeoutSeconds = stop }
    agent.downtimeBudgetSeconds = budget ?? nil
    if let lock = lock ?? nil { agent.rehearsalLockSeconds = lock }
    agent.vars = vars
    var profile = Profile(
      applies: applies, agent: agent, source: source, verify: verify ?? policy,
      steppingStones: stones ?? [])
    profile.advisories = advisories ?? []
    profile.notesFile = notesFile ?? nil
    return profile
  }

  private static func ignored(_ node: YAMLNode) throws(Wrong) -> String {
    try glob(node, anyDepth: true)
  }

  private func part<T>(_ key: String, of section: Section, _ body: (Section) -> T) -> T? {
    section.node(key).flatMap { Section.read($0, as: key, section.findings, body) }
  }

  /// Beside the install, since only there the file system is known to be the same.
  static func defaultBackups(install: String, app: String) -> String {
    FilePath(install).removingLastComponent().appending("\(app)-backups").string
  }

  static func isWithin(_ path: String, _ folder: String) -> Bool {
    FilePath(path).starts(with: FilePath(folder))
  }
}
