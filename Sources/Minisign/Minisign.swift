import CSodium
package import Files
package import SystemPackage

/// Checks what minisign has signed, with the library that minisign itself is made of.
package enum Minisign {
  /// Of a file's name, to that of its signature.
  package static let suffix = ".minisig"
  /// What a file with a signature may have at most: two signatures and two comments, of which minisign itself allows
  /// 1 and 8 KiB.
  package static let maxSignatureBytes: Int64 = 16 << 10
  /// A file that was signed whole has to be in memory; newer ones are signed by their digest, whatever their size.
  static let maxWholeBytes: Int64 = 64 << 20

  /// Why a file does not count as signed.
  package enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    case noSignature
    case otherKey(String)
    case otherFile(keyID: String)
    case otherComment(keyID: String)
    case unreadable(FileError)
    case noLibrary

    package var description: String {
      switch self {
      case .noSignature: "what is said to be its signature is none of minisign's"
      case .otherKey(let id): "it is signed with the key \(id), which is none of those in verify.minisign"
      case .otherFile(let id): "its signature by the key \(id) is that of another file"
      case .otherComment(let id): "the comment of its signature by the key \(id) was changed"
      case .unreadable(let error): "\(error)"
      case .noLibrary: "libsodium does not start on this machine"
      }
    }
  }

  /// Which of the keys has signed a file.
  ///
  /// - Parameters:
  ///   - signature: the text of the file that minisign wrote.
  ///   - isCancelled: asked now and then; true ends it with ``Refusal/unreadable(_:)`` of ECANCELED.
  package static func signer(
    of file: FilePath, signature text: String, keys: [MinisignKey], isCancelled: () -> Bool = { false }
  ) throws(Refusal) -> MinisignKey {
    guard sodium_init() >= 0 else { throw .noLibrary }
    guard let signature = MinisignSignature(text) else { throw .noSignature }
    guard let key = keys.first(where: { $0.id == signature.keyID }) else {
      throw .otherKey(MinisignKey.shown(signature.keyID))
    }
    let message = try signature.message(of: file, isCancelled)
    guard isSigned(message, by: key, signature.bytes) else { throw .otherFile(keyID: key.shownID) }
    let commented = signature.bytes + Array(signature.trustedComment.utf8)
    guard isSigned(commented, by: key, signature.commentSignature) else {
      throw .otherComment(keyID: key.shownID)
    }
    return key
  }

  private static func isSigned(_ message: [UInt8], by key: MinisignKey, _ signature: [UInt8]) -> Bool {
    crypto_sign_ed25519_verify_detached(signature, message, UInt64(message.count), key.bytes) == 0
  }
}

extension MinisignSignature {
  /// What the signature is made of for a file: the bytes themselves, or BLAKE2b-512 (RFC 7693) of them.
  fileprivate func message(of file: FilePath, _ isCancelled: () -> Bool) throws(Minisign.Refusal) -> [UInt8] {
    do throws(FileError) {
      let opened = try OpenFile.open(file)
      if content == .hashed { return try hash(opened, file, isCancelled) }
      let size = try opened.status().sizeBytes
      if size <= Minisign.maxWholeBytes { return try opened.read(from: 0, maxBytes: Int(size)) }
      throw FileError(
        .read, file, .fileTooLarge,
        detail:
          "it was signed without being hashed, and of such files \(Minisign.maxWholeBytes) bytes are read")
    } catch {
      throw .unreadable(error)
    }
  }

  private func hash(
    _ opened: borrowing OpenFile, _ file: FilePath, _ isCancelled: () -> Bool
  ) throws(FileError) -> [UInt8] {
    // Its state has to lie at a multiple of 64 bytes, which no variable of ours is promised to.
    let state = UnsafeMutableRawPointer.allocate(
      byteCount: crypto_generichash_blake2b_statebytes(), alignment: 64)
    defer { state.deallocate() }
    let blake = OpaquePointer(state)
    let count = crypto_generichash_blake2b_bytes_max()
    crypto_generichash_blake2b_init(blake, nil, 0, count)
    try opened.readPieces { (piece) throws(FileError) in
      if isCancelled() { throw FileError(.read, file, .canceled) }
      crypto_generichash_blake2b_update(blake, piece, UInt64(piece.count))
    }
    var digest = [UInt8](repeating: 0, count: count)
    crypto_generichash_blake2b_final(blake, &digest, count)
    return digest
  }
}
