import Testing

@testable import Hosts
@testable import Coordinator

/// What OpenSSH 9.2 and 10.0 say at their end, and what it means.
@Suite struct OpenSSHWordsTests {
  private func error(_ said: String) -> HostError { OpenSSHWords(host: "tent", said: said).error }

  @Test(arguments: [
    "ssh: Could not resolve hostname tent: Name or service not known\n",
    "ssh: connect to host 192.0.2.1 port 22: Connection refused\n",
    "ssh: connect to host 192.0.2.1 port 22: No route to host\n",
    "ssh: connect to host 192.0.2.1 port 22: Connection timed out\n",
  ])
  func `a host that is away is unreachable`(said: String) throws {
    guard case .unreachable(let text) = error(said) else { throw error(said) }
    #expect(text.contains(said.dropLast()))
  }

  @Test(arguments: [
    "No ED25519 host key is known for x and you have requested strict checking.\nHost key verification failed.",
    "Certificate invalid: expired\nNo ED25519 host key is known for x and you have requested strict checking.\n",
  ])
  func `a key that is not known leads to the command that shows it`(said: String) throws {
    guard case .hostKeyUnknown(let text) = error(said) else { throw error(said) }
    #expect(text.contains("not known yet"))
    #expect(text.contains("fleet trust tent"))
    #expect(text.contains("Certificate invalid") == said.contains("Certificate"))
  }

  @Test func `a key that has changed is shown`() throws {
    let said = """
      @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
      @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
      @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
      The fingerprint for the ED25519 key sent by the remote host is
      SHA256:abc.
      Host key verification failed.
      """
    guard case .hostKey(let text) = error(said) else { throw error(said) }
    #expect(text.contains("CHANGED, refused. It shows SHA256:abc;"))
  }

  @Test(arguments: [
    "@       WARNING: REVOKED HOST KEY DETECTED!               @\nThe ED25519 host key for x is marked as revoked.\n",
    "Host key ED25519 SHA256:abc revoked by file /etc/bad\nHost key verification failed.\n",
  ])
  func `a revoked key is refused without a way on past it`(said: String) throws {
    guard case .hostKey(let text) = error(said) else { throw error(said) }
    #expect(text.contains("revoked, refused"))
    #expect(!text.contains("fleet trust"))
  }

  @Test(arguments: [
    ("root@tent: Permission denied (publickey,password).", "ssh-add"),
    ("Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures", "IdentitiesOnly"),
    (
      "sign_and_send_pubkey: signing failed for ED25519-SK \"k\": device not found\nPermission denied (publickey).",
      "touched"
    ),
  ])
  func `a login that is refused has its own hint`(said: String, hint: String) throws {
    guard case .authentication(let text) = error(said) else { throw error(said) }
    #expect(text.contains(hint))
  }

  @Test func `what ssh cannot do is told as it says it`() throws {
    let algorithms = error(
      "Unable to negotiate with 192.0.2.1 port 22: no matching cipher found. Their offer: x\n")
    guard case .protocolFault(let text) = algorithms else { throw algorithms }
    #expect(text.contains("Their offer: x"))
    let configuration = error("/home/me/.ssh/config: line 1: Bad configuration option: nonsense\n")
    guard case .protocolFault(let text) = configuration else { throw configuration }
    #expect(text.contains("nonsense"))
  }

  @Test(arguments: [
    "kex_exchange_identification: Connection closed by remote host",
    "Connection closed by UNKNOWN port 65535", "",
  ])
  func `what is not understood is a connection that was lost`(said: String) throws {
    guard case .lost = error(said) else { throw error(said) }
  }

  @Test func `its words are shown, and bounded`() {
    let text = error("Permission denied (\u{1B}[2J" + String(repeating: "x", count: 9_000)).description
    #expect(text.utf8.count < 2_000)
    #expect(!text.contains("\u{1B}"))
  }
}
