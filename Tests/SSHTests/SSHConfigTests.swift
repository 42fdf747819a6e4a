import SSH
import TestSupport
import Testing

private func parsed(_ text: String) -> SSHConfig {
  SSHConfig(text: text, name: "tent", home: "/home/me", localUser: "me")
}

@Suite struct `What ssh -G prints` {
  @Test func `is understood as OpenSSH prints it`() throws {
    let directory = try TestDirectory()
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
    let config = parsed(try tool("/usr/bin/ssh", "-G", "-F", directory.file("config"), "tent"))
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

  @Test func `keeps several identity files in their order`() {
    let config = parsed("identityfile ~/.ssh/a\nidentityfile /b c\nidentityfile none\n")
    #expect(config.identityFiles == ["/home/me/.ssh/a", "/b c"])
  }

  @Test func `says whether there is an agent`() {
    #expect(parsed("identityagent none").agentIsOff)
    #expect(!parsed("identityagent SSH_AUTH_SOCK").agentIsOff)
    #expect(parsed("identityagent SSH_AUTH_SOCK").identityAgent == nil)
    #expect(parsed("identityagent /run/agent").identityAgent == "/run/agent")
  }

  @Test func `knows a proxy command with its spaces, and that none is none`() {
    #expect(parsed("proxycommand nc -X 5 %h %p").proxyCommand == "nc -X 5 %h %p")
    #expect(parsed("proxycommand none\nproxyjump none").proxyCommand == nil)
    #expect(parsed("proxycommand none\nproxyjump none").proxyJump == nil)
  }

  @Test func `may be nonsense without harm`() {
    let config = parsed("port 99999\n\nhostname\nx\n  \nport abc\nidentityfile %")
    #expect(config.port == nil)
    #expect(config.hostName == nil)
    #expect(config.identityFiles == ["%"])
  }
}
