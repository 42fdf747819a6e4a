import ByteText
import SystemPackage

extension SSHError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .nameNotFound(let host, let address, let words):
      "\(host): no address for \(address.madeVisible()): \(words); is the name right, and the network up?"
        + (address.asciiLowercase.ends(with: ".local")
          ? " Names in .local are asked of the hosts themselves (mDNS), for which this machine needs libnss-mdns: "
            + "sudo apt install libnss-mdns; or give the address" : "")
    case .unreachable(let host, let port, let attempts):
      "\(host): no connection to port \(port): " + Self.summary(of: attempts)
    case .hostKeyUnknown(let host, let key):
      "\(host): its key is not known yet: \(key); compare it on the host with "
        + "`ssh-keygen -lf \(key.usualFile)`, then trust it"
    case .hostKeyChanged(let host, let offered, let known, let mend):
      "\(host): its key has CHANGED, refused. It shows \(offered); on file: "
        + known.map(\.description).joined(separator: ", ")
        + ". If the host was set up anew: \(mend). If not, somebody may be in between"
    case .hostKeyRevoked(let host, let key, let place):
      "\(host): its key \(key) is revoked at \(place), refused; the host needs a new key"
    case .hostKeyUncheckable(let host, let types):
      "\(host): only known by \(types.joined(separator: ", ")), which libssh2 \(LibSSH2.version) cannot "
        + "check; record its ed25519 or ecdsa key"
    case .authenticationFailed(let host, let user, let tried, let offered):
      "\(host): login as \(user.madeVisible()) refused. "
        + (tried.isEmpty ? "There was nothing to try" : tried.map(\.description).joined(separator: "; "))
        + (offered.isEmpty ? "" : ". The server takes: \(offered.joined(separator: ", ").madeVisible())")
    case .connectionLost(let host, let during, let cause):
      "\(host): connection lost during \(during): \(cause)"
    case .deadline(let host, let during):
      "\(host): no answer in time during \(during)"
    case .channelClosed(let host, let during):
      "\(host): the other side closed the channel during \(during)"
    case .protocolFailure(let host, let during, let code, let words, let meaning):
      "\(host): \(during) failed: \(words.madeVisible()) (libssh2 \(code))"
        + (meaning.map { ": \($0)" } ?? "")
    case .local(let during, let errno):
      "this machine: \(during): \(errno)"
    }
  }

  private static func summary(of attempts: [ConnectAttempt]) -> String {
    guard let first = attempts.first else { return "no address" }
    guard attempts.contains(where: { $0.errno != first.errno }) else {
      return attempts.map(\.address).joined(separator: ", ") + ": " + words(first.errno)
    }
    return attempts.map { "\($0.address): \(words($0.errno))" }.joined(separator: ", ")
  }

  private static func words(_ errno: Errno) -> String {
    switch errno {
    case .connectionRefused: "connection refused; is sshd running there?"
    case .noRouteToHost: "no route to host; is it switched on?"
    case .timedOut: "no answer; is it switched on?"
    case .networkUnreachable: "network unreachable"
    default: errno.description
    }
  }
}

extension HostKey {
  /// Where a server of OpenSSH has its public half.
  package var usualFile: String {
    let word = type.begins(with: "ecdsa") ? "ecdsa" : type == "ssh-rsa" ? "rsa" : "ed25519"
    return "/etc/ssh/ssh_host_\(word)_key.pub"
  }
}

extension AuthenticationAttempt {
  package var description: String { "\(credential.madeVisible()): \(reason.words)" }
}

extension AuthenticationAttempt.Reason {
  package var words: String {
    switch self {
    case .refused: "not accepted for this user"
    case .methodNotOffered: "the server does not take this kind"
    case .asksMore(let question):
      "\(Self.asking) \"\(question.trimmed.madeVisible(limit: 100))\", which fleet does not answer"
    case .unreadable(let errno): "cannot be read: \(errno)"
    case .tooOpen(let mode):
      "open to others (mode \(String(mode, radix: 8))); ssh refuses it too: chmod 600"
    case .notAPrivateKey(let what): what
    case .passphraseNeeded: "is encrypted and no passphrase was given; `ssh-add` it, or give one"
    case .wrongPassphrase: "wrong passphrase"
    case .rsaNeedsNewerLibrary(let version):
      "an RSA key, which libssh2 \(version) can only use with SHA-1, and servers refuse that; use an "
        + "ed25519 key (ssh-keygen -t ed25519), or libssh2 1.11"
    case .agentAbsent: "no ssh-agent (SSH_AUTH_SOCK is not set)"
    case .agentUnreachable(let errno): "the ssh-agent cannot be reached: \(errno)"
    case .agentEmpty: "the ssh-agent holds no keys; `ssh-add` one"
    case .agentHoldsNoneNamed(let keys):
      "none of the \(keys) keys that the ssh-agent holds is one that IdentityFile names (IdentitiesOnly yes)"
    case .tooMany(let left):
      "\(left) more not offered, since servers hang up after six refused keys (MaxAuthTries); \(Self.nameOne)"
    case .agentFailed(let what): what
    case .unusable(let code, let words): "cannot be used: \(words.madeVisible()) (libssh2 \(code))"
    case .hungUp: "the server hung up; it does after too many refused keys (MaxAuthTries); \(Self.nameOne)"
    }
  }

  /// How ``asksMore(_:)`` begins.
  package static let asking = "the server asks besides"

  private static let nameOne =
    "name the right one: ssh_key in fleet.yaml, or IdentityFile in ~/.ssh/config (its .pub is enough)"
}
