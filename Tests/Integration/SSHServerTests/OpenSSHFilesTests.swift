import SSH
import TestSupport
import Testing

/// The files of an SSH user, as OpenSSH's own programs write and read them.
@Suite struct OpenSSHFilesTests {
  private let directory: TestDirectory
  private let key: HostKey

  init() throws {
    directory = try TestDirectory()
    try makeKey("k", in: directory)
    key = try publicKey("k", in: directory)
  }

  private func verdict(_ text: String, _ name: String) -> KnownHosts.Verdict {
    KnownHosts(text: text, source: "file").lookup(names: [name], port: 22, key: key)
  }

  @Test func `names that ssh-keygen has hashed are found`() throws {
    try directory.write("pi1 \(key.type) \(key.base64)\n", to: "kh")
    try tool("/usr/bin/ssh-keygen", "-H", "-f", directory.file("kh"))
    let text = try directory.read("kh")
    #expect(!text.contains("pi1"))
    #expect(verdict(text, "pi1") == .trusted)
    #expect(verdict(text, "pi2") == .unknown)
  }

  @Test func `a line that fleet wrote is found by ssh-keygen`() throws {
    let text = KnownHostsText.adding(key, name: "Pi1", port: 2222, comment: "by fleet", to: "# mine")
    #expect(text.hasPrefix("# mine\n[pi1]:2222 ssh-ed25519 "))
    try directory.write(text, to: "kh")
    #expect(
      try tool("/usr/bin/ssh-keygen", "-F", "[pi1]:2222", "-f", directory.file("kh")).contains(key.base64))
  }

  @Test func `a configuration is understood as ssh -G prints it`() throws {
    try directory.write(
      """
      Host tent
        HostName tent.local
        Port 2222
        User pi
        IdentityFile "~/.ssh/tent key"
        IdentityFile %d/keys/%r@%h
        IdentitiesOnly yes
        IdentityAgent /run/agent
        UserKnownHostsFile /a /b
        HostKeyAlias alias
        ProxyJump gate

      """, to: "config")
    let config = SSHConfig(
      text: try tool("/usr/bin/ssh", "-G", "-F", directory.file("config"), "tent"), name: "tent",
      home: "/home/me", localUser: "me")
    #expect(config.hostName == "tent.local")
    #expect(config.port == 2222)
    #expect(config.user == "pi")
    #expect(config.identityFiles.first == "/home/me/.ssh/tent key")
    #expect(config.identityFiles.last == "/home/me/keys/pi@tent.local")
    #expect(config.identitiesOnly)
    #expect(config.identityAgent == "/run/agent")
    #expect(config.userKnownHostsFiles == ["/a", "/b"])
    #expect(config.hostKeyAlias == "alias")
    #expect(config.proxyJump == "gate")
    #expect(config.proxyCommand == nil)
  }
}
