import ByteText
package import SystemPackage

/// What keys there are to log in with, looked at from outside; nothing is unlocked or used.
package enum KeysOnHand {
  /// The public keys that an ssh-agent holds; `nil` where it does not say.
  package static func held(byAgent socket: FilePath, limits: SSHLimits = SSHLimits()) -> [HostKey]? {
    do throws(KeyAgent.Failure) {
      let agent = try KeyAgent(path: socket.string)
      return try agent.identities(until: .after(seconds: limits.agentListSeconds)).compactMap {
        HostKey(blob: $0.blob)
      }
    } catch {
      return nil
    }
  }

  /// The public half of what an `IdentityFile` names (ssh_config(5)): of a private key, from itself or from the `.pub`
  /// beside it; of a public key, which stands for one that the agent holds; of a certificate.
  package static func publicKey(of path: FilePath) -> HostKey? {
    if let key = try? KeyFile.read(path) {
      return key.publicKey ?? fromPublicFile(FilePath(path.string + ".pub"))
    }
    return fromPublicFile(path) ?? fromPublicFile(FilePath(path.string + ".pub"))
  }

  /// Whether a private key file holds an RSA key, the older formats too.
  package static func isRSA(_ path: FilePath) -> Bool {
    (try? KeyFile.read(path))?.isRSA == true || publicKey(of: path)?.isRSA == true
  }

  /// Whether a private key file asks for a passphrase.
  package static func isEncrypted(_ path: FilePath) -> Bool { (try? KeyFile.read(path))?.isEncrypted == true }

  private static func fromPublicFile(_ path: FilePath) -> HostKey? {
    guard let text = try? KeyFile.text(of: path) else { return nil }
    let words = text.words
    guard words.count >= 2, let key = HostKey(base64: words[1]), key.type.isSpelled(words[0]) else {
      return nil
    }
    return key
  }
}

extension HostKey {
  /// Of an authenticator (FIDO): `sk-ssh-ed25519@openssh.com` and its like. libssh2 1.10 has no signatures of these.
  package var isHardwareKey: Bool { type.begins(with: "sk-") }
  /// A certificate in place of a plain key (PROTOCOL.certkeys of OpenSSH).
  package var isCertificate: Bool { type.holds("-cert-v01@") }
  package var isRSA: Bool { type == "ssh-rsa" }
}
