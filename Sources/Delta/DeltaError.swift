import ByteText
package import Files

/// Why a delta cannot be made, or nothing be made of it. The whole archive is sent then.
package enum DeltaError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file of the installed release is none any more, or another.
  case differs(path: String)
  /// The files of the installed release, or the new one's, take more than that.
  case tooLarge(limitBytes: Int64)
  /// In the library's words.
  case zstd(String)
  /// What came out is not what was announced.
  case otherContent
  case file(FileError)

  package var description: String {
    switch self {
    case .differs(let path): "\(path.madeVisible(limit: 300)) is not as the installed release has it"
    case .tooLarge(let limitBytes): "its files take more than the \(limitBytes) bytes that they may here"
    case .zstd(let words): "Zstandard says: \(words)"
    case .otherContent: "what came out is not the release's content"
    case .file(let error): "\(error)"
    }
  }
}

func files<Value: ~Copyable>(_ body: () throws(FileError) -> Value) throws(DeltaError) -> Value {
  do { return try body() } catch { throw .file(error) }
}
