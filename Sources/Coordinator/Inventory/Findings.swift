/// Where a value stands.
struct Place: Hashable, Comparable, Sendable {
  var file: String
  var line: Int
  var column: Int

  static func < (left: Place, right: Place) -> Bool {
    left.file == right.file
      ? (left.line, left.column) < (right.line, right.column) : left.file < right.file
  }
}

/// What is wrong with a value; the reader adds where it stands.
package struct Wrong: Error, Equatable {
  package var message: String
  package var hint: String?
  /// The lines that it is about, where the message alone does not show them.
  var excerpt: [String] = []

  package init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }
}

/// What a reading of the files has found so far: errors, warnings, and the keys it knew.
final class Findings {
  private var found: [Place: [Wrong]] = [:]
  private var wholeFiles: [InventoryError] = []
  private(set) var warnings: [String] = []
  /// The keys that the reader asked for, by the name of the mapping. The schemas must say the same.
  private(set) var vocabulary: [String: Set<String>] = [:]
  /// What the mappings of fleet.yaml may hold, also those that are not read yet.
  var levels = KeyLevels()

  var isEmpty: Bool { found.isEmpty && wholeFiles.isEmpty }

  func add(_ wrong: Wrong, at place: Place) {
    // A profile is read once for each host that changes it; what is wrong is said once.
    guard found[place]?.contains(wrong) != true else { return }
    found[place, default: []].append(wrong)
  }

  func add(_ error: InventoryError) {
    wholeFiles.append(error)
  }

  func warn(_ text: String, at place: Place) {
    // What is of all apps is read once for each.
    let warning = "\(place.file):\(place.line): \(text)"
    if !warnings.contains(warning) { warnings.append(warning) }
  }

  func knows(_ key: String, in section: String) {
    vocabulary[section, default: []].insert(key)
  }

  var errors: InventoryErrors? {
    guard !isEmpty else { return nil }
    let placed = found.keys.sorted().flatMap { place in
      found[place, default: []].map {
        InventoryError(
          file: place.file, line: place.line, column: place.column, message: $0.message,
          excerpt: $0.excerpt, hint: $0.hint)
      }
    }
    return InventoryErrors(wholeFiles + placed)
  }

  func throwIfAny() throws(InventoryErrors) {
    if let errors { throw errors }
  }
}
