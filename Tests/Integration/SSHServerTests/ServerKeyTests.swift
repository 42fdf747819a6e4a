import SSH
import TestSupport
import Testing

@Suite("A host's key") struct ServerKeyTests {
  @Test func `is shown with its fingerprint as ssh-keygen prints it, before anybody logs in`() async throws {
    let server = try SSHTestServer.openSSH()
    let printed = try tool("/usr/bin/ssh-keygen", "-lf", server.directory.file("host_ed25519.pub"))
    try await onOwnThread {
      let session = try SSHSession.connect(server.target, trust: server.trusted())
      #expect(session.hostKey == (try server.hostKey()))
      #expect(printed.contains(" \(session.hostKey.fingerprint) "))
    }
  }

  @Test func `that nobody knows is refused`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let error = try sshError { _ = try SSHSession.connect(server.target, trust: server.trust("")) }
      #expect(error == .hostKeyUnknown(host: "tent", key: try server.hostKey()))
    }
  }

  @Test func `that nobody knows is taken when the caller says so, and only then`() async throws {
    let server = try SSHTestServer.openSSH()
    let key = try server.hostKey()
    try await onOwnThread {
      for answer in [true, false] {
        let trust = HostKeyTrust([], acceptUnknown: { $0 == key && answer })
        let session = try? SSHSession.connect(server.target, trust: trust)
        #expect((session != nil) == answer)
      }
    }
  }

  @Test func `that has changed is refused with both fingerprints`() async throws {
    let server = try SSHTestServer.openSSH()
    try makeKey("old", in: server.directory)
    let old = try publicKey("old", in: server.directory)
    let shown = try server.hostKey()
    try await onOwnThread {
      let trust = server.trust(KnownHostsText.line(name: "tent", key: old))
      let error = try sshError { _ = try SSHSession.connect(server.target, trust: trust) }
      #expect(
        error
          == .hostKeyChanged(
            host: "tent", offered: shown, known: [old], mend: "ssh-keygen -R 'tent' -f 'known_hosts'"))
      #expect("\(error)".contains(old.fingerprint))
      #expect("\(error)".contains(shown.fingerprint))
    }
  }

  @Test func `that is revoked is refused, also where another line trusts it`() async throws {
    let server = try SSHTestServer.openSSH()
    let line = KnownHostsText.line(name: "tent", key: try server.hostKey())
    let key = try server.hostKey()
    try await onOwnThread {
      let trust = server.trust("\(line)\n@revoked * \(key.type) \(key.base64)\n")
      let error = try sshError { _ = try SSHSession.connect(server.target, trust: trust) }
      #expect(error == .hostKeyRevoked(host: "tent", key: key, place: "known_hosts:2"))
    }
  }

  @Test func `is found under a name that ssh-keygen has hashed`() async throws {
    let server = try SSHTestServer.openSSH()
    let name = KnownHosts.entryName("127.0.0.1", port: server.port)
    let key = try server.hostKey()
    try server.directory.write("\(name) \(key.type) \(key.base64)\n", to: "known_hosts")
    try tool("/usr/bin/ssh-keygen", "-H", "-f", server.directory.file("known_hosts"))
    let text = try server.directory.read("known_hosts")
    #expect(text.hasPrefix("|1|"))
    try await onOwnThread {
      let file = KnownHosts(text: text, source: "known_hosts")
      let trust = HostKeyTrust([.init(file, names: ["127.0.0.1"], port: server.port)])
      try SSHSession.connect(server.target, trust: trust).close()
    }
  }

  @Test func `of another type than the one on file is not even asked for`() async throws {
    let server = try SSHTestServer.openSSH()
    let key = try server.hostKey("ecdsa")
    try await onOwnThread {
      let trust = server.trust(KnownHostsText.line(name: "tent", key: key))
      let shown = try SSHSession.connect(server.target, trust: trust).hostKey
      #expect(shown == key)
    }
  }

  @Test func `known from the first file counts, whatever the second says`() async throws {
    let server = try SSHTestServer.openSSH()
    try makeKey("old", in: server.directory)
    let old = KnownHostsText.line(name: "tent", key: try publicKey("old", in: server.directory))
    let new = KnownHostsText.line(name: "tent", key: try server.hostKey())
    try await onOwnThread {
      func source(_ text: String) -> HostKeyTrust.Source {
        .init(KnownHosts(text: text, source: "file"), names: ["tent"])
      }
      try SSHSession.connect(server.target, trust: HostKeyTrust([source(new), source(old)])).close()
      try SSHSession.connect(server.target, trust: HostKeyTrust([source(""), source(new)])).close()
      let error = try sshError {
        _ = try SSHSession.connect(server.target, trust: HostKeyTrust([source(old), source(new)]))
      }
      guard case .hostKeyChanged = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `on file only as RSA is said to be beyond this libssh2 before anything is sent`() async throws {
    let server = try SSHTestServer.openSSH(hostKeys: ["ed25519", "rsa"])
    let key = try server.hostKey("rsa")
    try await onOwnThread {
      let trust = server.trust(KnownHostsText.line(name: "tent", key: key))
      do throws(SSHError) {
        // From libssh2 1.11 on it works.
        let shown = try SSHSession.connect(server.target, trust: trust).hostKey
        #expect(shown == key)
      } catch {
        #expect(error == .hostKeyUncheckable(host: "tent", typesOnFile: ["ssh-rsa"]))
      }
    }
  }

  @Test func `that is RSA alone is explained in words`() async throws {
    let server = try SSHTestServer.openSSH(hostKeys: ["rsa"])
    try await onOwnThread {
      let trust = HostKeyTrust([], acceptUnknown: { _ in true })
      do throws(SSHError) {
        try SSHSession.connect(server.target, trust: trust).close()
      } catch {
        guard case .protocolFailure(_, _, let code, _, let meaning) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(code == -5)
        #expect(meaning?.contains("an RSA one alone needs 1.11") == true)
      }
    }
  }
}
