import ByteText
import Files
import Release
import SystemPackage
import Wire

/// How the values of a profile are read.
extension ProfileReader {
  static func range(_ node: YAMLNode) throws(Wrong) -> VersionRange {
    guard let range = VersionRange(try Values.line(node)) else {
      throw Wrong("\(node.summary) is not a range of versions such as \">=8.16.0\" or \">=4 <5\"")
    }
    return range
  }

  static func version(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    guard let version = Version(text) else {
      throw Wrong("\(node.summary) is not a version such as 8.16.1")
    }
    return version.description
  }

  /// Directories of the system that no app is.
  private static let system: Set<String> = [
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc",
    "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local",
    "/usr/local/bin", "/var", "/var/lib", "/var/log",
  ]

  static func installPath(_ node: YAMLNode) throws(Wrong) -> String {
    let path = try Values.absolutePath(node)
    guard !system.contains(path) else {
      throw Wrong("\(path) is a directory of the system", hint: "name a directory in it")
    }
    return path
  }

  static func reading(_ section: Section) -> Reading? {
    let file = section.required("file", Values.relativePath)
    let match = section.required("match", Values.reading)
    guard let file, let match else { return nil }
    return Reading(file: file, match: match)
  }

  static func services(_ node: YAMLNode, in section: Section) -> Services? {
    if node.items != nil {
      return section.list("services", unit).map { .units($0) }
    }
    let services: Services?? = Section.read(node, as: "services", section.findings) { section in
      func run(_ key: String) -> Run? {
        guard let node = section.required(key, { (node) throws(Wrong) in node }) else { return nil }
        return RunReader.step(key, node, in: section, seconds: RunReader.serviceSeconds)
      }
      let (start, stop, status) = (run("start"), run("stop"), run("status"))
      guard let start, let stop, let status else { return nil }
      return .commands(start: start, stop: stop, status: status)
    }
    return services ?? nil
  }

  /// The name of a systemd unit, with its kind: systemd.unit(5).
  static func unit(_ node: YAMLNode) throws(Wrong) -> String {
    try unitName(try Values.line(node))
  }

  private static func unitName(_ text: String) throws(Wrong) -> String {
    let kinds = [".service", ".socket", ".timer", ".path", ".target", ".mount"]
    guard let first = text.utf8.first, Values.isAlphanumeric(first), text.utf8.count <= 255,
      text.utf8.allSatisfy({ Values.isAlphanumeric($0) || ":-_.\\@".utf8.contains($0) })
    else { throw Wrong("\"\(text)\" is not the name of a systemd unit") }
    guard kinds.contains(where: { text.ends(with: $0) }) else {
      throw Wrong(
        "\"\(text)\" does not say which kind of unit it is", hint: "did you mean \"\(text).service\"?")
    }
    return text
  }

  static func unitFile(_ entry: YAMLNode.Entry) throws(Wrong) -> UnitFile {
    let key = YAMLNode(value: .text(entry.key), place: entry.place)
    return UnitFile(
      file: try Values.relativePath(key), unit: try unit(entry.value))
  }

  static func packages(
    _ node: YAMLNode, in section: Section
  ) -> (names: [String], install: Bool)? {
    if node.items != nil {
      return section.list("packages", package).map { ($0, false) }
    }
    return Section.read(node, as: "packages", section.findings) { section in
      (
        section.list("names", package) ?? [],
        section.value("install", Values.flag) ?? false
      )
    }
  }

  /// deb-control(5): lower case, digits, `+`, `-` and `.`.
  private static func package(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    guard text.utf8.count > 1, text.utf8.first.map(Values.isAlphanumeric) == true,
      text.utf8.allSatisfy({ Values.isAlphanumeric($0) || "+-.".utf8.contains($0) }),
      text == text.asciiLowercase
    else { throw Wrong("\(node.summary) is not the name of a Debian package") }
    return text
  }

  static func owner(_ node: YAMLNode) throws(Wrong) -> Owner {
    let text = try Values.line(node)
    let parts = text.pieces(by: ":", keepingEmpty: true).map(String.init)
    guard parts.count == 2 else { throw Wrong("must be USER:GROUP, not \(node.summary)") }
    return Owner(user: try HostAddress.user(parts[0]), group: try HostAddress.user(parts[1]))
  }

  static func glob(_ node: YAMLNode, anyDepth: Bool = false) throws(Wrong) -> String {
    let text = try Values.line(node)
    guard !text.holds("{") else {
      throw Wrong("\(node.summary): { } is not known in patterns", hint: "write one entry for each")
    }
    do {
      return try Glob(text, bareNameAtAnyDepth: anyDepth).pattern
    } catch {
      throw Wrong("\(error)")
    }
  }

  static func carry(_ section: Section) -> Wire.Carry? {
    let kinds: [(Wire.Carry.Kind, String?)] = [Wire.Carry.Kind.sqlite, .copy, .link].map { kind in
      (kind, section.value(kind.rawValue) { (node) throws(Wrong) in try glob(node) })
    }
    let given = kinds.filter { section.node($0.0.rawValue) != nil }
    let required = section.value("required", Values.flag) ?? false
    let wanted = section.node("revision").flatMap {
      Section.read($0, as: "revision", section.findings, revision) ?? nil
    }
    guard let (kind, path) = given.first, given.count == 1 else {
      section.wrong("an entry of carry needs exactly one of sqlite, copy and link")
      return nil
    }
    if kind != .sqlite, section.node("revision") != nil {
      section.wrong("revision belongs to sqlite, not to \(kind.rawValue)", at: "revision")
    }
    return path.map { Wire.Carry(kind: kind, path: $0, required: required, revision: wanted) }
  }

  private static func revision(_ section: Section) -> Revision? {
    let table = section.required("table") { (node) throws(Wrong) in
      let text = try Values.line(node)
      guard HostSettings.isVariableName(text) else {
        throw Wrong("\(node.summary) is not the name of a table")
      }
      return text
    }
    let wanted = reading(section)
    guard let table, let wanted else { return nil }
    return Revision(table: table, wanted: wanted)
  }

  static func steps(_ section: Section) -> Steps {
    func list(_ key: String, undo: Bool = false) -> [Run] {
      RunReader.steps(key, in: section, seconds: RunReader.stepSeconds, undo: undo)
    }
    return Steps(
      prepare: list("prepare"), complete: list("complete"), migrate: list("migrate"),
      finish: list("finish", undo: true))
  }

  static func guardCommand(_ section: Section) -> Guard? {
    let run = RunReader.keys(section, seconds: RunReader.guardSeconds)
    let why = section.value("why", Values.line)
    let wait = section.value("wait", Values.seconds())
    guard let run else { return nil }
    return Guard(run: run, why: why ?? "a guard of the profile says no", waitSeconds: wait ?? 0)
  }

  static func parityCheck(_ section: Section) -> ParityCheck? {
    let name = section.required("name", Values.line)
    let run = RunReader.keys(section, seconds: RunReader.guardSeconds)
    let compare = section.value("compare", Values.choice(of: ParityCheck.Compare.self))
    let margin = section.value("margin", Values.integer(in: 0...1_000_000))
    if margin != nil, compare ?? .lines == .lines {
      section.wrong(
        "margin has no meaning for lines", hint: "compare: at_least or at_most takes a number", at: "margin")
    }
    guard let name, let run else { return nil }
    return ParityCheck(name: name, run: run, compare: compare ?? .lines, margin: margin ?? 0)
  }

  /// Each by a name of its own: what one said is not to be compared with another.
  static func named(_ parity: [ParityCheck], in section: Section) -> [ParityCheck] {
    if parity.count > WireLimits.parityChecks {
      section.wrong(
        "parity has \(parity.count) entries, and may have \(WireLimits.parityChecks)", at: "parity")
    }
    var names: Set<String> = []
    for check in parity where !names.insert(check.name).inserted {
      section.wrong("parity has two entries named \(check.name)", at: "parity")
    }
    return parity
  }
}
