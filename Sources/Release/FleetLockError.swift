/// Why the content of a fleet.lock cannot be used.
package enum FleetLockError: Error, Sendable, Equatable, CustomStringConvertible {
  case notJSON(detail: String)
  case unknownSchema(String)
  case malformed(at: String, detail: String)
  case tooLarge(bytes: Int)

  init(decoding error: any Error) {
    switch error as? DecodingError {
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      self = .notJSON(detail: context.debugDescription)
    case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context):
      self = .malformed(at: Self.place(context.codingPath), detail: context.debugDescription)
    case .keyNotFound(let key, let context):
      self = .malformed(at: Self.place(context.codingPath), detail: "\(key.stringValue) is missing")
    case nil:
      self = .notJSON(detail: "\(error)")
    @unknown default:
      self = .notJSON(detail: "\(error)")
    }
  }

  private static func place(_ path: [any CodingKey]) -> String {
    path.map(\.stringValue).joined(separator: ".")
  }

  package var description: String {
    let remedy = "Restore it from a copy; without it, moved tags go unnoticed."
    return switch self {
    case .notJSON(let detail): "fleet.lock is no JSON: \(detail) \(remedy)"
    case .unknownSchema(let schema):
      "fleet.lock says schema \u{201C}\(schema)\u{201D}, and this fleet knows \(FleetLock.schema): "
        + "use the fleet that wrote it, or a newer one."
    case .malformed(let place, let detail):
      "fleet.lock\(place.isEmpty ? "" : ", at \(place)"): \(detail). \(remedy)"
    case .tooLarge(let bytes):
      "fleet.lock has \(bytes) bytes, more than the \(FleetLock.maxFileBytes) allowed. \(remedy)"
    }
  }
}
