import ByteText
import SystemPackage

/// A first profile: what `fleet profile new` writes. Pure.
package struct ProfileTemplate: Equatable, Sendable {
  /// What an answer is about; also what its option is called.
  package enum Part: String, CaseIterable, Sendable {
    case install, source, services, database, migrate, health
    case versionFile = "version-file"
    case versionLine = "version-line"
  }

  /// An answer that leaves something out.
  package static let none = "none"

  package let app: String
  private(set) var install: String
  /// The mapping of `source:`.
  private(set) var source: String?
  private(set) var versionFile: String?
  private(set) var versionMatch = ProfileTemplate.wholeLine
  package private(set) var services: [String]
  package private(set) var database: String?
  private(set) var migrate: String?
  private(set) var health: String?

  /// Of a file that has the version alone.
  private static let wholeLine = #"^(\S+)"#

  package init(app: String) {
    self.app = app
    install = "/opt/\(app)"
    services = ["\(app).service"]
  }

  /// Takes an answer as the profile's reader would.
  package mutating func take(_ answer: String, as part: Part) throws(Wrong) {
    let text = String(answer.trimmed)
    guard text.unicodeScalars.allSatisfy({ !$0.isUnseen }) else {
      throw Wrong("\(part.rawValue): what was typed has characters that cannot be seen")
    }
    let node = YAMLNode(value: .text(text), place: Place(file: "", line: 1, column: 1))
    let isNone = text.isEmpty || text.isSpelled(Self.none)
    switch part {
    case .install: install = try ProfileReader.installPath(node)
    case .source: source = try Self.source(text, node)
    case .versionFile:
      let file = try Values.relativePath(node)
      guard !file.isSpelled(".") else { throw Wrong("must be a file, not the install itself") }
      versionFile = file
    case .versionLine: versionMatch = isNone ? Self.wholeLine : try Self.match(of: answer)
    case .services: services = isNone ? [] : try Self.units(text)
    case .database: database = isNone ? nil : try ProfileReader.glob(node)
    case .migrate: migrate = isNone ? nil : try Values.line(node)
    case .health:
      if !isNone { _ = try Values.url(node, plainAnywhere: true) }
      health = isNone ? nil : text
    }
  }

  /// What has no default, and was not said.
  package var missing: [Part] {
    (source == nil ? [.source] : []) + (versionFile == nil ? [.versionFile] : [])
  }

  // MARK: What answers mean

  /// Each kind of source by what its address looks like; a host of its own is asked by git, which all of them answer.
  private static func source(_ text: String, _ node: YAMLNode) throws(Wrong) -> String {
    if let project = text.without(prefix: "pypi:") {
      let name = YAMLNode(value: .text(String(project.trimmed)), place: node.place)
      return "{ pypi: \(try SourceReader.project(name).yaml) }"
    }
    if ["/", "~", "."].contains(where: { text.begins(with: $0) }) {
      return "{ \(text.ends(with: ".git") ? "git" : "directory"): \(try Values.line(node).yaml) }"
    }
    let isGitHubs = text.begins(with: "https://github.com/")
    if !isGitHubs, text.begins(with: "https://") || text.begins(with: "http://"), text.ends(with: ".json") {
      return "{ index: \(try Values.url(node).yaml) }"
    }
    if !isGitHubs, text.holds(":") {
      return "{ git: \(try SourceReader.gitAddress(node, folder: "/", home: "/").yaml) }"
    }
    guard let (repository, asset) = text.cut(at: " ") else {
      return "{ github: \(try SourceReader.repository(node).yaml) }"
    }
    let named = YAMLNode(value: .text(String(repository)), place: node.place)
    let file = YAMLNode(value: .text(String(asset.trimmed)), place: node.place)
    return "{ github: \(try SourceReader.repository(named).yaml), asset: "
      + "\(try AssetReader.archiveName(file).yamlQuoted) }"
  }

  private static func units(_ text: String) throws(Wrong) -> [String] {
    var units: [String] = []
    for piece in text.pieces(where: { $0.isSpace || $0 == "," }) {
      let name = piece.holds(".") ? String(piece) : "\(piece).service"
      let place = Place(file: "", line: 1, column: 1)
      units.append(try ProfileReader.unit(YAMLNode(value: .text(name), place: place)))
    }
    return units
  }

  /// The regular expression that reads the version out of lines like this one, which has one: `VERSION = '4.0.26'`.
  static func match(of answer: String) throws(Wrong) -> String {
    let line = answer.trimmed
    let scalars = Array(line.unicodeScalars)
    guard let start = startOfVersion(in: scalars) else {
      throw Wrong(
        "\"\(line.leading(scalars: 60))\" has no version such as 4.0.26",
        hint: "the line as it stands in the file now: VERSION = '4.0.26'")
    }
    let before = text(scalars[..<start])
    // What begins with a quote, as in JSON, is indented where it stands.
    let isIndented = answer.unicodeScalars.first?.isBlank == true || before.begins(with: "\"")
    let head = (isIndented ? #"^\s*"# : "^") + escaped(before)
    let rest = scalars[start...]
    let version = rest.prefix { $0.isDigit || $0.isASCIILetter || ".-+_~:".unicodeScalars.contains($0) }
    guard let end = rest[version.endIndex...].first, !end.isSpace else {
      return head + #"(\S+)"#
    }
    let mark = text([end])
    return "\(head)([^\(escaped(mark))]+)\(escaped(mark))"
  }

  private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// The first number with a dot and another number behind it, which is no part of a word.
  private static func startOfVersion(in scalars: [Unicode.Scalar]) -> Int? {
    scalars.indices.first { start in
      guard scalars[start].isDigit else { return false }
      let before = start > 0 ? scalars[start - 1] : " "
      let isV = before == "v" && (start == 1 || !isWord(scalars[start - 2]))
      guard isV || !isWord(before) else { return false }
      let rest = scalars[start...].drop { $0.isDigit }
      return rest.first == dot && rest.dropFirst().first?.isDigit == true
    }
  }

  private static let dot: Unicode.Scalar = "."

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isDigit || scalar.isASCIILetter || scalar == "_" || scalar == dot
  }

  private static func escaped(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if "\\^$.|?*+()[]{}-/".unicodeScalars.contains(scalar) { escaped.append("\\") }
      escaped.append(scalar)
    }
    return String(escaped)
  }

  // MARK: The file

  /// The whole file. Each key that is left out stands behind a #, with its default or as an example.
  package var text: String {
    """
    # How \(app) is upgraded. docs/profile.md explains every key; "fleet profile check" tells this file in plain words.
    # What stands behind a # shows a key with its default, or an example.

    # What is upgraded: this directory as a whole. A release comes into a new one beside it, and the two change places.
    install: \(install.yaml)
    # owner: \(app):\(app)
    # backups: \(ProfileReader.defaultBackups(install: install, app: app).yaml)
    # keep_backups: 3

    # Where releases come from.
    source: \(source ?? "")

    # Where the installed version stands: what the one group ( ) of match reads there.
    version: { file: \((versionFile ?? "").yaml), match: \(versionMatch.yamlQuoted) }

    # What runs the app, in the order in which it starts; it stops in reverse order.
    services: [\(services.map(\.yaml).joined(separator: ", "))]
    # stop_timeout: 90s

    # Unit files that a release brings for /etc/systemd/system, and Debian packages that it needs.
    # units: { install/app.service: app.service }
    # packages: [python3-venv]

    \(carryText)

    # What may stay behind, since the steps or the app make it anew.
    # ignore: [env, "**/__pycache__"]

    \(stepsText)

    \(healthText)

    """
  }

  private var carryText: String {
    let head = """
      # What is yours in the old version goes into the new one: databases as such, files as copies, and what is large
      # and written once, such as pictures, by hard links. "fleet plan --adopt" finds what else there is.
      """
    let more = """
      \(database == nil ? "#   " : "  # ")- { copy: config.ini }
      \(database == nil ? "#   " : "  # ")- { link: pictures }
      """
    guard let database else {
      return "\(head)\n# carry:\n#   - { sqlite: \"databases/*.db\", required: true }\n\(more)"
    }
    return """
      \(head)
      carry:
        - sqlite: \(database.yamlQuoted)
          required: true
          # revision: { table: alembic_version, file: app/config.py, match: "^REVISION = '([^']+)'" }
      \(more)
      """
  }

  private var stepsText: String {
    let head = """
      # The app's own commands, as the owner: prepare makes the new version ready while the old one runs; migrate
      # changes its database, first on a copy, then while the app is down.
      """
    guard let migrate else {
      return """
        \(head)
        # steps:
        #   prepare:
        #     - { run: "python3 -m venv env", timeout: 10m }
        #   migrate:
        #     - { run: "env/bin/python -m alembic upgrade head", timeout: 30m }
        """
    }
    return """
      \(head)
      steps:
        # prepare:
        #   - { run: "python3 -m venv env", timeout: 10m }
        migrate:
          - run: \(migrate.yamlQuoted)
            timeout: 30m
      """
  }

  private var healthText: String {
    let head = """
      # What proves that a version is well, besides its services: all checks pass, and hold for as long as this. One
      # that does not prove well is undone.
      """
    let example = "- { run: \"env/bin/python -m app check\", expect: GOOD }"
    guard let health else {
      return """
        \(head)
        health:
          healthy_for: 10s
          # checks:
          #   - { http: "http://127.0.0.1:8080/" }
          #   \(example)
        """
    }
    return """
      \(head)
      health:
        healthy_for: 10s
        checks:
          - { http: \(health.yamlQuoted) }
          # \(example)
      """
  }

  /// Whether it is a file that fleet reads.
  package var complaints: String? {
    let findings = Findings()
    let nodes = YAMLFile(shown: "\(app).yaml", findings: findings).parse(Array(text.utf8))
    let reader = ProfileReader(app: app, sources: SourceReader(folder: "/", home: "/"))
    for node in nodes { _ = reader.read(node, vars: [:], findings) }
    return findings.errors.map(\.description)
  }
}
