/// Why a source gave no answer that can be used.
struct SourceFailure: Error {
  var error: CatalogueError
  /// It could not be asked at all, now: what was verified before and is on file in fleet.lock still serves. Where
  /// it was asked and said no, that no stands.
  var isAway = false

  static let cancelled = SourceFailure(error: .source("cancelled"))
}
