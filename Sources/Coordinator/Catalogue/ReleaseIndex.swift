import ByteText
import FoundationEssentials
import Inventory
import Release
import Wire

/// A `releases.json`, as docs/schema/releases.schema.json has it: what its makers say of each release. Pure.
struct ReleaseIndex: Equatable {
  static let schema = "fleet.releases/1"

  struct Archive: Decodable, Equatable {
    /// As `uname -m` says it; nil: for all.
    var arch: String?
    var url: String
    var sha256: SHA256Digest
    var size: Int64
    /// Where what minisign wrote beside it lies.
    var signature: String?
  }

  struct Listed: Decodable, Equatable {
    var tag: String
    var prerelease: Bool?
    var notes: String?
    var archives: [Archive]
  }

  var releases: [Listed]

  /// What is wrong with an index, after "the index ".
  struct Refusal: Error, Equatable { let text: String }

  init(decoding body: [UInt8], limits: CatalogueLimits) throws(Refusal) {
    struct Header: Decodable { let schema: String }
    struct Document: Decodable { let releases: [Listed] }
    do {
      let header = try JSONDecoder().decode(Header.self, from: Data(body))
      guard header.schema.isSpelled(Self.schema) else {
        throw Refusal(
          text: "says schema \(visible(header.schema, limit: 60)), and this fleet knows \(Self.schema)")
      }
      releases = try JSONDecoder().decode(Document.self, from: Data(body)).releases
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal(text: "is not of the form of \(Self.schema)\(Self.place(error))")
    }
    guard releases.count <= limits.maxIndexed else {
      throw Refusal(text: "has \(releases.count) releases, more than the \(limits.maxIndexed) allowed")
    }
    try check(limits)
  }

  private func check(_ limits: CatalogueLimits) throws(Refusal) {
    var tags: Set<String> = []
    for release in releases {
      let name = visible(release.tag, limit: 60)
      guard tags.insert(release.tag).inserted else { throw Refusal(text: "has \(name) twice") }
      var architectures: Set<String> = []
      for archive in release.archives {
        let arch = archive.arch.map { visible($0, limit: 40) } ?? "all architectures"
        guard architectures.insert(archive.arch ?? "").inserted else {
          throw Refusal(text: "has two archives of \(name) for \(arch)")
        }
        guard archive.arch == nil || release.archives.allSatisfy({ $0.arch != nil }) else {
          throw Refusal(text: "has an archive of \(name) for \(arch), and one for all")
        }
        guard archive.arch?.isEmpty != true, archive.arch.map({ Values.isPlainName($0, bytes: 40) }) != false
        else {
          throw Refusal(text: "names an architecture \(arch) for \(name), which is none")
        }
        guard (1...limits.maxArchiveBytes).contains(archive.size) else {
          throw Refusal(
            text: "says that \(name) has \(archive.size) bytes; from 1 to \(limits.maxArchiveBytes) are taken"
          )
        }
      }
    }
  }

  func release(_ tag: TagName) -> Listed? { releases.first { $0.name?.text.isSpelled(tag.text) == true } }

  private static func place(_ error: any Error) -> String {
    let context: DecodingError.Context
    var lacking = ""
    switch error as? DecodingError {
    case .dataCorrupted(let said): context = said
    case .typeMismatch(_, let said), .valueNotFound(_, let said): context = said
    case .keyNotFound(let key, let said):
      context = said
      lacking = ", where \(visible(key.stringValue, limit: 40)) is missing"
    case nil: return ""
    @unknown default: return ""
    }
    // A number is the place in a list, counted from 0 as programs do.
    let path = context.codingPath.map { key in
      key.intValue.map { "[\($0)]" } ?? ".\(visible(key.stringValue, limit: 40))"
    }.joined()
    return (path.isEmpty ? "" : ", at \(path.without(prefix: ".") ?? path[...])") + lacking
  }
}

extension ReleaseIndex.Listed {
  /// Nil where it is no release. Rollouts, and the folders of their jobs, are named after tags, and no tag of a
  /// repository holds this sign.
  var name: TagName? { tag.holds("~") ? nil : TagName(tag) }

  /// Those that it has an archive for; nil where one is for all.
  var architectures: [String]? {
    archives.contains { $0.arch == nil } ? nil : archives.compactMap(\.arch).sorted()
  }

  var standing: TagStanding {
    if archives.isEmpty { return .incomplete }
    return prerelease == true ? .prerelease : .released
  }

  /// The archive for hosts of an architecture; nil where there is none.
  func archive(for architecture: String?) -> ReleaseIndex.Archive? {
    archives.first { $0.arch == nil } ?? archives.first { $0.arch != nil && $0.arch == architecture }
  }
}

extension ReleaseIndex {
  /// Where an archive lies. An address without a scheme is a way down from the folder of the index.
  ///
  /// - Parameter base: the address of the index itself.
  static func address(_ url: String, from base: String) -> String? {
    let isWhole = url.begins(with: "https://") || url.begins(with: "http://")
    if isWhole { return url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ? url : nil }
    let parts = url.pieces(by: "/", keepingEmpty: true)
    let isDown = parts.allSatisfy { part in
      !part.isEmpty && !part.begins(with: ".")
        && part.unicodeScalars.allSatisfy {
          $0.isDigit || $0.isASCIILetter || "-._~+@".unicodeScalars.contains($0)
        }
    }
    guard isDown, let page = base.cut(at: "?")?.before ?? base.cut(at: "#")?.before ?? Optional(base[...]),
      let folder = page.cut(atLast: "/")?.before
    else { return nil }
    return "\(folder)/" + url.exchanging("+", for: "%2B")
  }
}
