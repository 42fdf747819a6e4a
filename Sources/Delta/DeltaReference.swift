import ByteText
package import Files
import Release
import SystemPackage
package import Wire

/// What both sides of a delta make of the same installed release: its files in the order of the listing, each behind a
/// header as the new release's tar has it, so that what did not change is one long match, headers and all. A dictionary
/// and nothing more: nobody extracts it.
package struct DeltaReference {
  private let shape: DeltaShape
  private let listing: ReleaseListing
  private let limitBytes: Int64
  private var chain: DirectoryChain
  private var folder = FilePath()
  private var isBegun = false
  /// What it takes so far.
  package private(set) var sizeBytes: Int64 = 0

  /// - Parameter tree: where the release is installed. Its files may be somebody else's to change: each is read once,
  ///   and has to be the one of the listing.
  /// - Parameter limitBytes: what it may take.
  package init(
    _ listing: ReleaseListing, of tree: Directory, shape: DeltaShape,
    limitBytes: Int64 = DeltaLimits.referenceBytes
  ) {
    self.listing = listing
    self.shape = shape
    self.limitBytes = min(limitBytes, DeltaLimits.referenceBytes)
    chain = DirectoryChain(root: tree)
  }

  /// Writes it into an empty file.
  package mutating func write(to output: borrowing OpenFile) throws(DeltaError) {
    for file in listing.files {
      let path = FilePath(file.path)
      let isInside = path.root == nil && path.components.allSatisfy { $0.kind == .regular }
      guard isInside, !path.isEmpty, file.path.utf8.count <= DeltaLimits.pathBytes,
        path.components.count <= DeltaLimits.depth
      else { throw .differs(path: file.path) }
      do { try entry(file, path, output) } catch {
        guard case .file(let cause) = error,
          cause.isMissing || cause.errno == .tooManySymbolicLinkLevels
        else { throw error }
        throw .differs(path: file.path)
      }
    }
  }

  /// Those that the file before did not lie in; the one around everything is the empty path.
  private mutating func folders(above path: FilePath, _ output: borrowing OpenFile) throws(DeltaError) {
    if !isBegun { try header("", .directory, 0, output) }
    isBegun = true
    let above = path.removingLastComponent()
    let shared = zip(folder.components, above.components).prefix { $0 == $1 }.count
    var made = FilePath(root: nil, above.components.prefix(shared))
    for name in above.components.dropFirst(shared) {
      made.append(name)
      try header("\(made)/", .directory, 0, output)
    }
    folder = above
  }

  private mutating func entry(
    _ file: ReleaseListing.File, _ path: FilePath, _ output: borrowing OpenFile
  ) throws(DeltaError) {
    let (folder, name) = try files { () throws(FileError) in try chain.parent(of: path) }
    let status = try files { () throws(FileError) in try folder.status(of: name) }
    switch status.kind {
    case .symbolicLink:
      let target = try files { () throws(FileError) in try folder.readLinkBytes(name) }
      guard GitBlobHasher.id(of: target).description == file.blob else { throw .differs(path: file.path) }
      try folders(above: path, output)
      try header(file.path, .symbolicLink(target: target), 0, output)
    case .regular:
      let source = try files { () throws(FileError) in try folder.openFile(name) }
      let opened = try files { () throws(FileError) in try source.status() }
      guard opened.kind == .regular else { throw .differs(path: file.path) }
      try folders(above: path, output)
      try content(of: source, opened.sizeBytes, file, output)
    default: throw .differs(path: file.path)
    }
  }

  private mutating func content(
    of source: borrowing OpenFile, _ sizeBytes: Int64, _ file: ReleaseListing.File,
    _ output: borrowing OpenFile
  ) throws(DeltaError) {
    let rest = Int(sizeBytes % Int64(TarHeader.blockBytes))
    let padding = rest == 0 ? 0 : TarHeader.blockBytes - rest
    try header(file.path, .file, sizeBytes, output)
    try take(sizeBytes)
    try take(Int64(padding))
    var hasher = GitBlobHasher(sizeBytes: UInt64(sizeBytes))
    var offset: Int64 = 0
    while offset < sizeBytes {
      let piece = try files { () throws(FileError) in
        try source.read(from: offset, maxBytes: Int(min(256 << 10, sizeBytes - offset)))
      }
      // It has become shorter.
      if piece.isEmpty { throw .differs(path: file.path) }
      piece.withUnsafeBytes { hasher.update($0) }
      try files { () throws(FileError) in try output.write(piece) }
      offset += Int64(piece.count)
    }
    guard hasher.finalize()?.description == file.blob else { throw .differs(path: file.path) }
    try files { () throws(FileError) in try output.write([UInt8](repeating: 0, count: padding)) }
  }

  private mutating func header(
    _ path: String, _ kind: TarHeader.Kind, _ sizeBytes: Int64, _ output: borrowing OpenFile
  ) throws(DeltaError) {
    let top = shape.topDirectory.isEmpty ? "" : "\(shape.topDirectory)/"
    // An archive without a folder around everything has none of that name either.
    guard !(top + path).isEmpty else { return }
    try take(Int64(TarHeader.blockBytes))
    let header = TarHeader(
      path: Array((top + path).utf8), kind: kind, sizeBytes: sizeBytes, modifiedSeconds: shape.modifiedSeconds
    )
    try files { () throws(FileError) in try output.write(header.bytes) }
  }

  private mutating func take(_ bytes: Int64) throws(DeltaError) {
    // Of a file that no release can have.
    guard bytes <= limitBytes - sizeBytes else { throw .tooLarge(limitBytes: limitBytes) }
    sizeBytes += bytes
  }
}
