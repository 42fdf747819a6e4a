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

  /// Files that are encoded at a time: the encoder takes a multiple of what it makes, and a host may have little
  /// memory.
  static let filesAtOnce = 1_000

  /// As it is kept and sent: what ``JSON/encode(_:pretty:)`` makes of it.
  package func encoded() throws(FrameError) -> [UInt8] {
    var bytes = Array(#"{"files":["#.utf8)
    for start in stride(from: 0, to: files.count, by: Self.filesAtOnce) {
      let some = try JSON.encode(Array(files[start..<min(files.count, start + Self.filesAtOnce)]))
      if start > 0 { bytes.append(UInt8(ascii: ",")) }
      // Without the brackets around them.
      bytes += some[1..<(some.count - 1)]
    }
    return bytes + "]}".utf8
  }
}
