import SSH
import Testing

private func parsed(_ text: String) -> SSHConfig {
  SSHConfig(text: text, name: "tent", home: "/home/me", localUser: "me")
}

@Suite("What ssh -G prints") struct SSHConfigTests {
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

  @Test func `puts paths with spaces together by what exists, else by how a path begins`() {
    let text = "userknownhostsfile /home/me/my files/known hosts /home/me/b ~/c d\n"
    #expect(
      parsed(text).userKnownHostsFiles == ["/home/me/my files/known hosts", "/home/me/b", "/home/me/c d"])
    let config = SSHConfig(
      text: "userknownhostsfile /a /b c /d\n", name: "tent", home: "/home/me", localUser: "me",
      exists: { $0 == "/a /b c" })
    #expect(config.userKnownHostsFiles == ["/a /b c", "/d"])
    #expect(parsed("userknownhostsfile none\n").userKnownHostsFiles.isEmpty)
  }

  @Test func `tells what is set, and what this ssh knows`() {
    let config = parsed(
      "sessiontype default\nknownhostscommand none\nrevokedhostkeys /etc/bad keys\ntunnel false\n")
    #expect(config.setting("revokedhostkeys") == "/etc/bad keys")
    for keyword in ["knownhostscommand", "tunnel", "stdinnull"] { #expect(config.setting(keyword) == nil) }
    #expect(config.knows("knownhostscommand"))
    #expect(!config.knows("stdinnull"))
  }

  @Test func `may be nonsense without harm`() {
    let config = parsed("port 99999\n\nhostname\nx\n  \nport abc\nidentityfile %")
    #expect(config.port == nil)
    #expect(config.hostName == nil)
    #expect(config.identityFiles == ["%"])
  }
}
