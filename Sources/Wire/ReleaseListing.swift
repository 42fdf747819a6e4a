/// Every file of a release: what git would list. It travels as a file of JSON, since a large release
/// does not fit a frame.
public struct ReleaseListing: Codable, Equatable, Sendable {
  /// A larger listing is refused, in bytes of JSON.
  public static let maxBytes = 64 << 20

  public struct File: Codable, Equatable, Sendable {
    /// Relative to the tree.
    public var path: String
    /// The git blob id of its content; of a symbolic link, of its target.
    public var blob: String

    public init(path: String, blob: String) {
      self.path = path
      self.blob = blob
    }
  }

  public var files: [File]

  public init(files: [File]) {
    self.files = files
  }
}
