import FoundationEssentials

/// The content of fleet.lock: for each app, the identity that every tag had when it was first seen.
package struct FleetLock: Sendable, Equatable {
  package static let schema = "fleet.lock/1"
  package static let maxFileBytes = 16 << 20

  package enum Verdict: Sendable, Equatable {
    case firstSeen
    case same
    /// The tag was moved, or its archive was replaced. Carries what is on file.
    case changed(from: ReleaseIdentity)
  }

  private var apps: [String: [String: ReleaseIdentity]] = [:]

  /// An empty lock, as before the first fetch.
  package init() {}

  /// Reads the content of a lock file.
  package init(decoding bytes: [UInt8]) throws(FleetLockError) {
    guard bytes.count <= Self.maxFileBytes else { throw .tooLarge(bytes: bytes.count) }
    let document: Document
    do {
      let decoder = JSONDecoder()
      let data = Data(bytes)
      let header = try decoder.decode(Header.self, from: data)
      guard header.schema == Self.schema else { throw FleetLockError.unknownSchema(header.schema) }
      document = try decoder.decode(Document.self, from: data)
    } catch let error as FleetLockError {
      throw error
    } catch {
      throw FleetLockError(decoding: error)
    }
    for (app, tags) in document.apps {
      for (tag, identity) in tags where identity.tag.text != tag {
        throw .malformed(
          at: "apps.\(app).\(tag)", detail: "the entry is about the tag \(identity.tag) instead")
      }
    }
    apps = document.apps
  }

  /// The file's content: pretty, keys sorted, so that it can be kept in git and differences can be read.
  package func encoded() throws(FleetLockError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return try Array(encoder.encode(Document(schema: Self.schema, apps: apps))) + [UInt8(ascii: "\n")]
    } catch {
      throw .malformed(at: "", detail: "\(error)")
    }
  }

  package func identity(of tag: TagName, app: String) -> ReleaseIdentity? {
    apps[app]?[tag.text]
  }

  package func check(_ identity: ReleaseIdentity, app: String) -> Verdict {
    guard let known = apps[app]?[identity.tag.text] else { return .firstSeen }
    return known.isSame(as: identity) ? .same : .changed(from: known)
  }

  /// The lock with this identity on file for its tag, in place of what was there.
  package func accepting(_ identity: ReleaseIdentity, app: String) -> FleetLock {
    var next = self
    next.apps[app, default: [:]][identity.tag.text] = identity
    return next
  }

  private struct Header: Decodable { let schema: String }

  private struct Document: Codable {
    let schema: String
    let apps: [String: [String: ReleaseIdentity]]
  }
}
