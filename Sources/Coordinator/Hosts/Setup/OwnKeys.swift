import Inventory
import ByteText
import Files
import SSH
import SystemPackage
import Wire

/// The keys of the person's that may log in to a host, looked at from outside; nothing is unlocked.
struct OwnKeys {
  struct Key: Equatable {
    /// As a person knows it: its file, or what holds it.
    var name: String
    /// For authorized_keys.
    var line: String
    var isRSA: Bool
  }

  /// With a public half that can be put on a host, those that are named for it first.
  private(set) var keys: [Key] = []
  /// There is a private key that does not say which public one it belongs to.
  private(set) var hasOthers = false

  init(_ host: Host, _ route: SSHRoute) {
    let files = host.sshKey.map { [$0] } ?? route.keys
    for file in files {
      let publicFile = FilePath(file.string + ".pub")
      if let key = Self.written(publicFile) {
        keys.append(key)
      } else if let key = KeysOnHand.publicKey(of: file) {
        keys.append(Key(name: file.string, line: "\(key.type) \(key.base64)", isRSA: key.isRSA))
      } else if SSHRoute.canBeRead(file) {
        hasOthers = true
      }
    }
    let named = route.identities.compactMap { KeysOnHand.publicKey(of: $0) }
    let held = route.agentSocket.flatMap { KeysOnHand.held(byAgent: $0) } ?? []
    for key in held where !key.isCertificate && (!route.identitiesOnly || named.contains(key)) {
      keys.append(
        Key(
          name: "the key \(key.fingerprint) of your ssh-agent", line: "\(key.type) \(key.base64)",
          isRSA: key.isRSA))
    }
  }

  /// The first that this libssh2 can use well, else the first.
  var best: Key? { keys.first { !$0.isRSA } ?? keys.first }

  var isEmpty: Bool { keys.isEmpty && !hasOthers }

  /// With its comment.
  private static func written(_ path: FilePath) -> Key? {
    guard let bytes = try? readBounded(path, maxBytes: HostLimits.textFileBytes, following: true),
      let line = String(decoding: bytes, as: UTF8.self).textLines.first
    else { return nil }
    let words = line.pieces(by: " ", maxSplits: 2)
    guard words.count >= 2, let key = HostKey(base64: words[1]), key.type.isSpelled(words[0]) else {
      return nil
    }
    return Key(name: path.string, line: visible(String(line), limit: 16_000), isRSA: key.isRSA)
  }

  /// Where a new one belongs so that it is found: where the host's `ssh_key` or the configuration of ssh says, and
  /// where ssh-keygen puts it by itself.
  static func placeForNew(_ host: Host, identityFiles: [String]?, home: FilePath) -> FilePath {
    let usual = home.appending(".ssh").appending("id_ed25519")
    if let own = host.sshKey { return own }
    guard let files = identityFiles?.map({ FilePath($0) }), let first = files.first, !files.contains(usual)
    else {
      return usual
    }
    // The home of ssh is the user's, whatever HOME says.
    return files.first { $0.lastComponent == usual.lastComponent } ?? first
  }
}
