import ByteText
import Files
import SystemPackage
package import Wire

/// What could be said of files that would stay behind: lines for `also_carry` and `also_ignore` in fleet.yaml. Pure.
///
/// A proposal must be safe to accept unread: nothing that may hold somebody's work is ignored, nothing is carried that
/// would come in the way of the new release's own files, and a database or a link that leads out is never ignored.
package struct Adoption: Equatable {
  package enum Key: String, CaseIterable { case carry = "also_carry", ignore = "also_ignore" }

  package struct Line: Hashable {
    package var key: Key
    /// How it is carried; nil for what is ignored.
    package var method: Wire.Carry.Kind?
    package var pattern: String

    package init(key: Key, method: Wire.Carry.Kind? = nil, pattern: String) {
      self.key = key
      self.method = method
      self.pattern = pattern
    }

    /// As an item of a YAML list.
    package var yaml: String {
      let text = pattern.yamlQuoted
      return method.map { "{ \($0.rawValue): \(text) }" } ?? text
    }
  }

  /// In the order of the groups, each once.
  package var lines: [Line] = []
  /// What somebody has to decide, and why.
  package var open: [String] = []

  package func lines(_ key: Key) -> [Line] { lines.filter { $0.key == key } }

  /// More would be read by nobody.
  static let maxLines = 200

  /// - Parameter hosts: the groups of each host. A line holds for all of them, so none is proposed that would cover the
  ///   data of another.
  package static func of(_ hosts: [[FileGroup]]) -> Adoption {
    let groups = hosts.flatMap { $0 }
    let data = groups.filter { isData($0.kind) }.flatMap(paths(of:))
    var adoption = Adoption()
    for group in groups {
      switch proposal(for: group) {
      case .failure(let why): adoption.addOpen("\(group.text): \(why.text)")
      case .success(let lines):
        for line in lines where !adoption.lines.contains(line) {
          guard adoption.lines.count < maxLines else { return adoption.full() }
          if !isData(group.kind), let covered = data.first(where: { line.covers($0) }) {
            adoption.addOpen(
              "\(group.text): \(visible(covered, limit: 200)) lies among them, which must be carried")
          } else {
            adoption.lines.append(line)
          }
        }
      }
    }
    return adoption
  }

  private mutating func addOpen(_ text: String) {
    if !open.contains(text) { open.append(text) }
  }

  private func full() -> Adoption {
    var adoption = self
    adoption.open.append("and more: these are \(Self.maxLines) lines; fleet plan --adopt again afterwards")
    return adoption
  }

  private static func isData(_ kind: FileGroup.Kind) -> Bool { kind == .database || kind == .linkOut }

  private struct Undecided: Error {
    var text: String
  }

  private static func proposal(for group: FileGroup) -> Result<[Line], Undecided> {
    func undecided(_ text: String) -> Result<[Line], Undecided> { .failure(Undecided(text: text)) }
    let method: Wire.Carry.Kind?
    switch group.kind {
    case .database: method = .sqlite
    case .linkOut, .certificate, .added: method = .copy
    case .picture: method = .link
    case .environment, .byteCode, .packageInfo, .log, .editorBackup, .runtime: method = nil
    case .changed:
      return undecided(
        "ignore: takes the new release's, carry: keeps these, though the new release may need others")
    case .unknown:
      return undecided(
        "nobody knows what the installed release consists of; --leave leaves them in the backup")
    default: return undecided("name them under carry: or ignore:")
    }
    let key: Key = method == nil ? .ignore : .carry
    let patterns: [String]
    switch group.place {
    case .folder(let path):
      guard method != nil || isNamed(path, as: group.kind, folder: true) else {
        return undecided("its name does not say so, so look yourself")
      }
      patterns = [escaped(path)]
    case .names(let pattern):
      // Of the patterns only those that an agent knows, too: anything else is a path of a host.
      guard method == nil, remade.contains(pattern) else {
        return undecided("name them under carry: or ignore:")
      }
      return .success([Line(key: key, method: nil, pattern: pattern)])
    case .files:
      let paths = paths(of: group)
      guard group.count <= paths.count else {
        return undecided("too many to name beside files of the release, or with names that are no text")
      }
      guard method != nil || paths.allSatisfy({ isNamed($0, as: group.kind, folder: false) }) else {
        return undecided("their names do not say so, so look yourself")
      }
      patterns = paths.map(escaped)
    }
    guard patterns.allSatisfy({ isPattern($0) }) else {
      return undecided("name them under carry: or ignore:")
    }
    return .success(patterns.map { Line(key: key, method: method, pattern: $0) })
  }

  /// The single files of a group that are named.
  private static func paths(of group: FileGroup) -> [String] {
    guard case .files(let folder) = group.place else { return [] }
    return group.examples.compactMap { $0 }.map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
  }

  /// What is made anew wherever it is, by its name: whatever a host says, nothing else is ignored at any depth.
  private static let remade: Set<String> = [
    "*.pyc", "*.pyo", "*~", "*.swp", "*.swo", "*.orig", "*.rej", ".DS_Store", "*.egg-info", "__pycache__",
    ".mypy_cache", ".pytest_cache", ".ruff_cache",
  ]

  /// Folders that are called what their kind says.
  private static let folderNames: [FileGroup.Kind: Set<String>] = [
    .environment: ["env", "venv", ".env", ".venv", "virtualenv"], .log: ["log", "logs"],
    .byteCode: ["__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"],
  ]

  /// Whether a path is called what the kind says that a host gave it: that alone makes it something to leave behind.
  private static func isNamed(_ path: String, as kind: FileGroup.Kind, folder: Bool) -> Bool {
    let name = FilePath(path).lastComponent?.string.asciiLowercase ?? ""
    if folder { return folderNames[kind]?.contains(name) == true || name.ends(with: ".egg-info") }
    let endings: [String] =
      switch kind {
      case .log: [".log", ".log.gz"]
      case .runtime: [".pid", ".sock"]
      default: []
      }
    return endings.contains { name.ends(with: $0) }
  }

  private static func isPattern(_ text: String) -> Bool {
    guard text.utf8.count <= WireLimits.fileNameBytes, !text.unicodeScalars.contains(where: \.isUnseen) else {
      return false
    }
    return (try? Glob(text)) != nil
  }

  /// A path as a pattern that means itself alone.
  private static func escaped(_ path: String) -> String {
    ["*", "?", "["].reduce(path.exchanging("\\", for: "\\\\")) { $0.exchanging($1, for: "\\\($1)") }
  }
}

extension Adoption.Line {
  func covers(_ path: String) -> Bool {
    guard let glob = try? Glob(pattern, bareNameAtAnyDepth: key == .ignore) else { return false }
    return glob.covers(FilePath(path))
  }
}
