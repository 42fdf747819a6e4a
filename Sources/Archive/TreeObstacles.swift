import ByteText
import Release

/// Collects why the tree of an archive may rightly differ from its commit's.
struct TreeObstacles {
  private(set) var found: [TreeObstacle] = []
  private let limits: ArchiveLimits
  private var attributes: [UInt8] = []

  init(limits: ArchiveLimits) { self.limits = limits }

  /// Whether the content of a file matters here.
  static func isAttributes(_ path: String) -> Bool {
    path == ".gitattributes" || path.ends(with: "/.gitattributes")
  }

  /// What changes bytes on a server that runs Linux; `text` and `eol=lf` do not there.
  private static let conversions = ["eol=crlf", "ident", "working-tree-encoding=", "filter="]

  /// Takes a piece of the content of an attributes file.
  mutating func note(_ bytes: UnsafeRawBufferPointer) {
    attributes += bytes.prefix(max(0, limits.maxAttributesBytes - attributes.count))
  }

  /// To be called after each file.
  mutating func end(of path: String) {
    if path == ".gitmodules" { found.append(.submodules) }
    guard Self.isAttributes(path) else { return }
    // gitattributes(5): a pattern, then attributes; `-name` and `!name` unset one.
    var names: Set<Substring> = []
    for line in String(decoding: attributes, as: UTF8.self).textLines {
      let words = line.words
      guard let first = words.first, !first.begins(with: "#") else { continue }
      names.formUnion(words.dropFirst())
    }
    attributes = []
    if names.contains(where: { $0.isSpelled("export-ignore") }) {
      found.append(.exportIgnore(attributes: path))
    }
    if names.contains(where: { $0.isSpelled("export-subst") }) {
      found.append(.exportSubst(attributes: path))
    }
    if let name = Self.conversions.first(where: { name in names.contains { $0.begins(with: name) } }) {
      found.append(.conversion(attributes: path, by: name))
    }
  }
}
