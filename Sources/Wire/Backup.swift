package struct Backup: Codable, Equatable, Sendable {
  /// The directory's name below `backups`.
  package var name: String
  package var version: String
  package var tag: String?
  package var timeMilliseconds: Int64
  /// Bytes on disk that only this backup holds, as far as can be told.
  package var bytes: Int64
  /// Whether the app was well in it when it was left; nil where nobody wrote that down.
  package var wasHealthy: Bool?
  /// Never pruned.
  package var isFromBeforeFleet: Bool?

  package init(
    name: String, version: String, tag: String?, timeMilliseconds: Int64, bytes: Int64,
    wasHealthy: Bool? = nil, isFromBeforeFleet: Bool? = nil
  ) {
    self.wasHealthy = wasHealthy
    self.isFromBeforeFleet = isFromBeforeFleet
    self.name = name
    self.version = version
    self.tag = tag
    self.timeMilliseconds = timeMilliseconds
    self.bytes = bytes
  }
}

extension Backup {
  /// What a person should know before going back to it; nil where there is nothing.
  package var note: String? {
    let notes = [
      isFromBeforeFleet == true ? "what was there before fleet; kept for good" : nil,
      wasHealthy == false ? "was unwell" : nil,
    ].compactMap { $0 }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
  }
}
