/// Every file of a release: what git would list. It travels as a file of JSON, since a large release
/// does not fit a frame.
package struct ReleaseListing: Codable, Equatable, Sendable {
  /// A larger listing is refused, in bytes of JSON.
  package static let maxBytes = 64 << 20

  package struct File: Codable, Equatable, Sendable {
    /// Relative to the tree.
    package var path: String
    /// The git blob id of its content; of a symbolic link, of its target.
    package var blob: String

    package init(path: String, blob: String) {
      self.path = path
      self.blob = blob
    }
  }

  package var files: [File]

  package init(files: [File]) {
    self.files = files
  }
}
