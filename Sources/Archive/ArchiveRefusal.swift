import ByteText
/// What an archive may not hold. Each is refused before anything is written.
package enum ArchiveRefusal: Error, Sendable, Hashable {
  // Names
  case emptyName
  case absoluteName
  case parentInName
  case untidyName
  case notUTF8
  case controlCharacter
  case backslash
  case nameTooLong(bytes: Int, limit: Int)
  case pathTooLong(bytes: Int, limit: Int)
  case tooDeep(levels: Int, limit: Int)
  case duplicate
  case differsOnlyInCase(from: String)
  case belowNoDirectory(String)
  case otherTopDirectory(expected: String)
  case outsideTopDirectory
  // Kinds
  case device
  case fifo
  case socket
  case unknownKind(mode: UInt32)
  case specialMode(UInt32)
  case encrypted
  case sparse
  case dataWhereNoneBelongs
  // Links
  case absoluteTarget(String)
  case targetLeaves(String)
  case targetCircular(String)
  case badTarget(String)
  case hardLinkWithoutFile(String)
  // Sizes
  case tooManyEntries(limit: Int)
  case fileTooLarge(limitBytes: UInt64)
  case pathsTooLarge(limitBytes: Int)
  case noSize
  case otherSize(announcedBytes: UInt64, foundBytes: UInt64)
}

extension ArchiveRefusal {
  /// There is no one directory around everything.
  var isAboutTopDirectory: Bool {
    switch self {
    case .otherTopDirectory, .outsideTopDirectory: true
    default: false
    }
  }
}

extension ArchiveRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .emptyName: "has no name"
    case .absoluteName: "has an absolute name"
    case .parentInName: "has \u{201C}..\u{201D} in its name"
    case .untidyName: "has an empty or \u{201C}.\u{201D} part in its name"
    case .notUTF8: "has a name that is not UTF-8"
    case .controlCharacter: "has a control character in its name"
    case .backslash: "has a backslash in its name"
    case .nameTooLong(let bytes, let limit): "has a name of \(bytes) bytes, more than \(limit)"
    case .pathTooLong(let bytes, let limit): "has a path of \(bytes) bytes, more than \(limit)"
    case .tooDeep(let levels, let limit): "lies \(levels) levels deep, more than \(limit)"
    case .duplicate: "is there twice"
    case .differsOnlyInCase(let other):
      "differs from \(other.madeVisible()) only in case or accents' encoding"
    case .belowNoDirectory(let parent): "lies below \(parent.madeVisible()), which is no directory"
    case .otherTopDirectory(let expected): "does not lie in \(expected.madeVisible())/ as the others do"
    case .outsideTopDirectory: "lies beside the top directory, not in it"
    case .device: "is a device"
    case .fifo: "is a FIFO"
    case .socket: "is a socket"
    case .unknownKind(let mode): "is of an unknown kind (mode \(String(mode, radix: 8)))"
    case .specialMode(let mode): "is setuid, setgid or sticky (mode \(String(mode, radix: 8)))"
    case .encrypted: "is encrypted"
    case .sparse: "is a sparse file"
    case .dataWhereNoneBelongs: "carries data, though it is no file"
    case .absoluteTarget(let target): "is a link to the absolute path \(target.madeVisible())"
    case .targetLeaves(let target): "is a link that leaves the archive's tree: \(target.madeVisible())"
    case .targetCircular(let target): "is a link that goes round in circles: \(target.madeVisible())"
    case .badTarget(let target): "is a link with an unusable target: \u{201C}\(target.madeVisible())\u{201D}"
    case .hardLinkWithoutFile(let target):
      "is a hard link to \(target.madeVisible()), which is no file that came before it"
    case .tooManyEntries(let limit): "is one entry more than the \(limit) allowed"
    case .fileTooLarge(let limit): "is larger than the \(limit) bytes allowed for a file"
    case .pathsTooLarge(let limit): "brings the paths over the \(limit) bytes allowed for all of them"
    case .noSize: "tells no size in its header"
    case .otherSize(let announced, let found):
      "has \(found) bytes, though its header says \(announced)"
    }
  }
}
