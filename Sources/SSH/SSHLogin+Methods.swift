import CSSH2
import Glibc
import SystemPackage

extension SSHLogin {
  func tryKeyFile(
    _ path: FilePath, passphrase ask: (@Sendable (FilePath) -> String?)?
  ) throws(SSHError) -> AuthenticationAttempt.Reason? {
    let key: KeyFile
    do throws(KeyFile.Refusal) { key = try KeyFile.read(path) } catch { return error.reason }
    // Never NULL: OpenSSL would ask on the terminal by itself then.
    var secret = ""
    if key.isEncrypted {
      guard let given = ask?(path), !given.isEmpty else { return .passphraseNeeded }
      secret = given
    }
    guard mayOfferKey else { return .tooMany(left: 1) }
    offers(key.publicKey?.blob)
    let name = Array(user.utf8CString)
    let code = try link.attempt("login with key \(path)", until: deadline) {
      Int(
        libssh2_userauth_publickey_frommemory(
          link.raw, name, name.count - 1, nil, 0, key.text, key.count, secret))
    }
    // A PEM key that OpenSSL cannot decrypt is then tried as an OpenSSH one, and fails by its form.
    if code != 0, key.isEncrypted, key.publicKey == nil, code == Int(LIBSSH2_ERROR_PROTO) || code == -1 {
      return .wrongPassphrase
    }
    return try judge(code, isRSA: key.isRSA)
  }

  func tryPassword(_ password: String) throws(SSHError) -> AuthenticationAttempt.Reason? {
    let name = Array(user.utf8CString)
    let secret = Array(password.utf8CString)
    let code = try link.attempt("login with password", until: deadline) {
      Int(
        libssh2_userauth_password_ex(
          link.raw, name, UInt32(name.count - 1), secret, UInt32(secret.count - 1), nil))
    }
    return try judge(code)
  }

  /// Offers the agent's keys one by one; `true` when one was accepted.
  func tryAgent(_ socket: FilePath?, _ choice: AgentKeyChoice) throws(SSHError) -> Bool {
    guard let socket else {
      note("ssh-agent", .agentAbsent)
      return false
    }
    let agent: KeyAgent
    let identities: [KeyAgent.Identity]
    do throws(KeyAgent.Failure) {
      agent = try KeyAgent(path: socket.string)
      identities = try agent.identities(until: deadline)
    } catch {
      note("ssh-agent", Self.reason(error))
      return false
    }
    guard !identities.isEmpty else {
      note("ssh-agent", .agentEmpty)
      return false
    }
    let chosen = choice.order(identities, \.blob)
    guard !chosen.isEmpty else {
      note("ssh-agent", .agentHoldsNoneNamed(keys: identities.count))
      return false
    }
    // A key whose file was refused is refused from the agent too, and would only use up the server's patience.
    let fresh = chosen.filter { !seen.contains($0.blob) }
    for (index, identity) in fresh.enumerated() {
      guard mayOfferKey else {
        note("keys of the ssh-agent", .tooMany(left: fresh.count - index))
        return false
      }
      if try attemptOne(
        "agent key \(identity.comment)", method: "publickey",
        { () throws(SSHError) in
          offers(identity.blob)
          return try tryIdentity(identity, of: agent)
        })
      {
        return true
      }
    }
    return false
  }

  private func tryIdentity(
    _ identity: KeyAgent.Identity, of agent: KeyAgent
  ) throws(SSHError) -> AuthenticationAttempt.Reason? {
    let signer = AgentSigner(agent: agent, blob: identity.blob, deadline: deadline)
    let name = Array(user.utf8CString)
    var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(signer).toOpaque()
    let code = try withExtendedLifetime(signer) { () throws(SSHError) in
      try link.attempt("login with a key of the ssh-agent", until: deadline) {
        Int(
          libssh2_userauth_publickey(
            link.raw, name, identity.blob, identity.blob.count, signWithAgent, &context))
      }
    }
    if code != 0, let failure = signer.failure { return Self.reason(failure) }
    return try judge(code, isRSA: HostKey(blob: identity.blob)?.type == "ssh-rsa")
  }

  private static func reason(_ failure: KeyAgent.Failure) -> AuthenticationAttempt.Reason {
    switch failure {
    case .unreachable(let errno): .agentUnreachable(errno)
    case .refused: .agentFailed("the ssh-agent refused")
    case .nonsense: .agentFailed("the ssh-agent's answer makes no sense")
    case .deadline: .agentFailed("the ssh-agent did not answer in time")
    }
  }
}

/// What the C callback below needs, and where it leaves its failure.
private final class AgentSigner {
  let agent: KeyAgent
  let blob: [UInt8]
  let deadline: SSHDeadline
  var failure: KeyAgent.Failure?

  init(agent: KeyAgent, blob: [UInt8], deadline: SSHDeadline) {
    self.agent = agent
    self.blob = blob
    self.deadline = deadline
  }
}

/// libssh2 calls this when the server would accept the key. The signature is malloc(3)ed because libssh2
/// frees it with the session's allocator, which is the default one.
private let signWithAgent:
  @convention(c) (
    OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, UnsafeMutablePointer<Int>?,
    UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> Int32 = { _, signature, length, data, count, abstract in
    guard let signature, let length, let data, let context = abstract?.pointee else { return -1 }
    let signer = Unmanaged<AgentSigner>.fromOpaque(context).takeUnretainedValue()
    do throws(KeyAgent.Failure) {
      let bytes = try signer.agent.sign(
        Array(UnsafeBufferPointer(start: data, count: count)), with: signer.blob, until: signer.deadline)
      guard let copy = malloc(max(bytes.count, 1))?.assumingMemoryBound(to: UInt8.self) else { return -1 }
      copy.initialize(from: bytes, count: bytes.count)
      signature.pointee = copy
      length.pointee = bytes.count
      return 0
    } catch {
      signer.failure = error
      return -1
    }
  }
