import ByteText
import FoundationEssentials
import Release

/// What a Python package index says of a project, in the JSON of its simple API (PEP 691, PEP 700). Pure.
struct PackageIndex: Equatable {
  struct File: Decodable, Equatable {
    var filename: String
    var url: String
    var hashes: [String: String]
    var size: Int64?
    /// Taken back by its makers (PEP 592): `true`, or why.
    var yanked: Yanked?
  }

  enum Yanked: Decodable, Equatable {
    case no
    case yes

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let flag = try? value.decode(Bool.self) {
        self = flag ? .yes : .no
      } else {
        _ = try value.decode(String.self)
        self = .yes
      }
    }
  }

  /// A version, with its source distribution where it has one.
  struct Listed: Equatable {
    var version: String
    var source: File?
    var isYanked: Bool
  }

  /// In the order of the index.
  var releases: [Listed]

  /// Nil where it is not of that form.
  init?(decoding body: [UInt8], project: String) {
    struct Meta: Decodable {
      let version: String
      enum CodingKeys: String, CodingKey { case version = "api-version" }
    }
    struct Document: Decodable {
      let meta: Meta
      let files: [File]
    }
    guard let document = try? JSONDecoder().decode(Document.self, from: Data(body)),
      document.meta.version.begins(with: "1.")
    else { return nil }
    self.init(document.files, project: project)
  }

  init(_ files: [File], project: String) {
    var order: [String] = []
    var found: [String: Listed] = [:]
    for file in files {
      guard let (version, isSource) = Self.version(file.filename, of: project) else { continue }
      if found[version] == nil { order.append(version) }
      var release = found[version] ?? Listed(version: version, source: nil, isYanked: true)
      if file.yanked != .yes { release.isYanked = false }
      // Of two the first is taken, and a gzip before a zip: pip does the same.
      if isSource, release.source?.filename.ends(with: ".tar.gz") != true { release.source = file }
      found[version] = release
    }
    releases = order.compactMap { found[$0] }
  }

  /// The version in a file's name (PEP 625, PEP 427), and whether the file is a source distribution.
  static func version(_ name: String, of project: String) -> (version: String, isSource: Bool)? {
    for ending in [".tar.gz", ".zip"] {
      guard let stem = name.without(suffix: ending) else { continue }
      // Older names have a "-" in the project's name, or in the version.
      let parts = stem.pieces(by: "-", keepingEmpty: true)
      for count in parts.indices.dropFirst().reversed()
      where normal(parts[..<count].joined(separator: "-")).isSpelled(normal(project)) {
        return (parts[count...].joined(separator: "-"), true)
      }
    }
    guard let stem = name.without(suffix: ".whl") else { return nil }
    let parts = stem.pieces(by: "-", keepingEmpty: true)
    guard parts.count >= 5, normal(parts[0]).isSpelled(normal(project)) else { return nil }
    return (String(parts[1]), false)
  }

  /// PEP 503: names that mean the same.
  static func normal(_ name: some StringProtocol) -> String {
    name.pieces { "-_.".unicodeScalars.contains($0) }.joined(separator: "-").asciiLowercase
  }
}

extension PackageIndex.Listed {
  /// Nil where it is no release.
  var name: TagName? { TagName(version) }

  var standing: TagStanding {
    if isYanked { return .pulled }
    return source == nil ? .incomplete : .released
  }
}
