import CSSH2

extension SSHLink {
  /// The key exchange. The key it returns is proved to be the host's, and not yet judged.
  func handshake(typesOnFile: [String], until deadline: SSHDeadline) throws(SSHError) -> HostKey {
    try preferSafeAlgorithms(typesOnFile: typesOnFile)
    let code = try attempt("the handshake", until: deadline) {
      Int(libssh2_session_handshake(raw, socket.number))
    }
    // So it ends, and with no other word, where the other side goes before it has said which algorithms it knows.
    if code == Int(LIBSSH2_ERROR_SOCKET_NONE) { throw lost(during: "the handshake") }
    guard code >= 0 else { throw refusal(code, during: "the handshake") }
    try checkWhatWasAgreed()
    var length = 0
    var kind: Int32 = 0
    guard let bytes = libssh2_session_hostkey(raw, &length, &kind),
      let key = HostKey(blob: [UInt8](UnsafeRawBufferPointer(start: bytes, count: length)))
    else { throw refusal(Int(LIBSSH2_ERROR_HOSTKEY_INIT), during: "reading the host's key") }
    return key
  }

  private func preferSafeAlgorithms(typesOnFile: [String]) throws(SSHError) {
    for (kind, wanted) in SSHAlgorithms.choices {
      let known = SSHAlgorithms.supported(by: raw, kind: kind)
      let choice = kind == LIBSSH2_METHOD_HOSTKEY ? SSHAlgorithms.hostKeys(for: typesOnFile) : wanted
      // libssh2 always speaks `none` for compression, and lists it or not by how it was built.
      let usable = choice.filter { known.contains($0) || $0 == "none" }
      guard !usable.isEmpty else {
        if kind == LIBSSH2_METHOD_HOSTKEY {
          throw .hostKeyUncheckable(host: target.name, typesOnFile: typesOnFile)
        }
        throw refusal(Int(LIBSSH2_ERROR_METHOD_NOT_SUPPORTED), during: "choosing algorithms")
      }
      let code = libssh2_session_method_pref(raw, kind, usable.joined(separator: ","))
      guard code == 0 else { throw refusal(Int(code), during: "choosing algorithms") }
    }
  }

  /// A preference that libssh2 did not follow would go unnoticed otherwise.
  private func checkWhatWasAgreed() throws(SSHError) {
    for (kind, wanted) in SSHAlgorithms.choices {
      let agreed = agreed(kind)
      if let cipher = SSHAlgorithms.cipherKind(ofMAC: kind), SSHAlgorithms.needsNoMAC(self.agreed(cipher)) {
        continue
      }
      guard wanted.contains(agreed) else {
        let error = SSHError.protocolFailure(
          host: target.name, during: "the handshake", code: Int(LIBSSH2_ERROR_METHOD_NOT_SUPPORTED),
          words: "agreed on \(agreed)", meaning: "that algorithm is not safe enough")
        giveUp(error)
        throw error
      }
    }
  }

  private func agreed(_ kind: Int32) -> String {
    libssh2_session_methods(raw, kind).map { String(cString: $0) } ?? "nothing"
  }
}
