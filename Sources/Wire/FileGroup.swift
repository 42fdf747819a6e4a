/// Files of an install that would stay behind, by what they likely are and where they lie: a tree that ran for years
/// has too many of them to travel one by one, and to be read by anybody.
package struct FileGroup: Codable, Equatable, Sendable {
  /// What they likely are, by content, name and place. Another fleet's agent may know others.
  package struct Kind: RawRepresentable, Codable, Hashable, Sendable {
    package var rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// By their first bytes.
    package static let database = Kind(rawValue: "database")
    /// A symbolic link to what lies outside of the install.
    package static let linkOut = Kind(rawValue: "link_out")
    /// The release has something else there.
    package static let changed = Kind(rawValue: "changed")
    package static let environment = Kind(rawValue: "environment")
    package static let byteCode = Kind(rawValue: "byte_code")
    package static let packageInfo = Kind(rawValue: "package_info")
    package static let log = Kind(rawValue: "log")
    package static let editorBackup = Kind(rawValue: "editor_backup")
    /// Sockets, files of process numbers, locks.
    package static let runtime = Kind(rawValue: "runtime")
    package static let picture = Kind(rawValue: "picture")
    package static let certificate = Kind(rawValue: "certificate")
    /// The release has nothing there.
    package static let added = Kind(rawValue: "added")
    /// Nobody knows what the release has there.
    package static let unknown = Kind(rawValue: "unknown")

    /// In words, of one and of many.
    var words: (one: String, many: String) {
      switch self {
      case .database: ("a database", "databases")
      case .linkOut: ("a link that leads out of the install", "links that lead out of the install")
      case .changed:
        ("a file that is not as the release has it", "files that are not as the release has them")
      case .environment: ("a file of an environment", "files of an environment")
      case .byteCode: ("a file of byte-code caches", "files of byte-code caches")
      case .packageInfo:
        ("a file of an installed package's description", "files of installed packages' descriptions")
      case .log: ("a log", "logs")
      case .editorBackup: ("a backup of an editor", "backups of an editor")
      case .runtime: ("a file of running programs", "files of running programs")
      case .picture: ("a picture or film", "pictures and films")
      case .certificate: ("a certificate or key", "certificates and keys")
      case .added: ("a file that the release does not have", "files that the release does not have")
      case .unknown: ("a file of unknown origin", "files of unknown origin")
      default: ("another file", "other files")
      }
    }
  }

  /// Which files belong to it.
  package enum Place: Codable, Equatable, Sendable {
    /// All that is below a folder in which the release has nothing, and the profile carries nothing.
    case folder(String)
    /// Single files of a folder in which the release has others; empty is the install itself.
    case files(in: String)
    /// All of these names, wherever they lie: a pattern as in `ignore`.
    case names(String)
  }

  package var kind: Kind
  package var place: Place
  package var count: Int
  package var bytes: Int64
  /// Names of the first few, below the folder of `place`, or from the install on. All of them where there are no more
  /// than that; nil stands where a name cannot be written as text.
  package var examples: [String?]

  package init(kind: Kind, place: Place, count: Int = 0, bytes: Int64 = 0, examples: [String?] = []) {
    self.kind = kind
    self.place = place
    self.count = count
    self.bytes = bytes
    self.examples = examples
  }

  /// `cameras: 2031 pictures and films`.
  package var text: String {
    let name =
      switch place {
      case .folder(let path): "\(visible(path, limit: 200))/"
      case .names(let pattern): visible(pattern, limit: 200)
      case .files(let folder): Self.names(examples, of: count, in: folder)
      }
    return "\(name): \(count == 1 ? kind.words.one : "\(count) \(kind.words.many)")"
  }

  private static func names(_ examples: [String?], of count: Int, in folder: String) -> String {
    let shown = examples.prefix(3).map { name in
      let path = name.map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
      return path.map { visible($0, limit: 200) } ?? "one whose name is no text"
    }
    return shown.joined(separator: ", ") + (count > shown.count ? " …" : "")
  }
}
