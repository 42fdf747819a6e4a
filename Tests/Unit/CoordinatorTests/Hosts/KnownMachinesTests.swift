import Testing

@testable import Hosts

/// Which machines are offered to whoever writes a first inventory.
@Suite struct KnownMachinesTests {
  private func words(
    sshConfig: String = "", knownHosts: String = "", avahi: String = "", own: String = "laptop"
  ) -> [String] {
    var known = KnownMachines(own: own)
    known.add(sshConfig: sshConfig)
    known.add(knownHosts: knownHosts)
    known.add(avahi: avahi)
    return known.machines.map(\.word)
  }

  // MARK: ~/.ssh/config

  @Test(arguments: [
    ("Host veg", ["veg"]), ("Host a b *.c !d e?", ["a", "b"]), ("Host=web", ["web"]), ("Host = web", ["web"]),
    ("host\tveg\tdry", ["veg", "dry"]), ("  HOST veg  # by the window", ["veg"]),
    ("Host \"veg\" \"my pi\"", ["veg"]),
    ("Host veg\r\n  User me\r\nHost dry\r\n", ["veg", "dry"]), ("# Host veg", []), ("Hostname veg", []),
    ("Match host veg\n  User me", []), ("Host *", []), ("Host \"veg", ["veg"]), ("Host", []),
    ("Host all", []),
    ("Host veg\nHost veg", ["veg"]), ("Host -oProxyCommand=x veg", ["veg"]),
    ("Host veg\u{1B}[31m \u{202E}dry", []),
    ("Host laptop laptop.local", []), ("HostKeyAlgorithms veg", []), ("\u{0}\nHost veg", ["veg"]),
  ])
  func `a Host line of the ssh configuration offers the names that mean one machine`(
    _ text: String, _ offered: [String]
  ) {
    #expect(words(sshConfig: text) == offered)
  }

  @Test(arguments: [
    "Host github.com", "Host gh\n  HostName GitHub.com", "Host work\n  HostName ssh.gitlab.com",
    "Host code\n  User git\n  HostName git.example.org", "Host gh\n  User git",
  ])
  func `where people keep code is no host`(_ text: String) {
    #expect(words(sshConfig: text + "\nHost veg") == ["veg"])
  }

  @Test func `what a Match block says is not said of the host before it`() {
    #expect(words(sshConfig: "Host veg\nMatch user x\n  HostName github.com") == ["veg"])
  }

  @Test func `Include lines name more files, quoted or not`() {
    let text = "Include a \"b c\" ~/d/*\n#Include e\ninclude=f\nHost Include"
    #expect(KnownMachines.includes(inSSHConfig: text) == ["a", "b c", "~/d/*", "f"])
  }

  @Test func `of very many no more are offered than anybody reads`() {
    let lines = (1...10_000).map { "Host pi\($0)\n  HostName 10.0.\($0 / 250).\($0 % 250)" }
    let hosts = (1...10_000).map { "10.1.\($0 / 250).\($0 % 250) ssh-ed25519 AAAA" }
    let offered = words(
      sshConfig: lines.joined(separator: "\n"), knownHosts: hosts.joined(separator: "\n"))
    #expect(offered.count == HostLimits.offeredMachines && offered.first == "pi1")
  }

  @Test func `bytes that are no text hide nothing that is some`() {
    let bytes = Array("Host a".utf8) + [0xFF, 0xFE] + Array("\nHost veg\n".utf8)
    #expect(words(sshConfig: String(decoding: bytes, as: UTF8.self)) == ["veg"])
  }

  // MARK: known_hosts

  @Test(arguments: [
    ("veg.local ssh-ed25519 AAAA", ["veg=veg.local"]), ("veg ssh-ed25519 AAAA", ["veg"]),
    ("192.168.1.21 ssh-ed25519 AAAA", ["192.168.1.21"]),
    ("192.168.1.21,veg.fritz.box ssh-rsa A", ["veg=veg.fritz.box"]),
    ("veg.local ssh-rsa A\nveg.local ssh-ed25519 B", ["veg=veg.local"]),
    ("|1|c2FsdA==|aGFzaA== ssh-ed25519 AAAA", []), ("@revoked veg ssh-rsa A", []),
    ("@cert-authority *.lan ssh-rsa A", []),
    ("# veg", []), ("*.local ssh-rsa A", []), ("!veg,*.lan ssh-rsa A", []),
    ("github.com,140.82.121.4 ssh-rsa A", []),
    ("[veg.local]:2222 ssh-rsa A", ["veg=veg.local:2222"]), ("[192.168.1.5]:22 ssh-rsa A", ["192.168.1.5"]),
    ("[10.0.0.5]:2222 ssh-rsa A", ["10.0.0.5=10.0.0.5:2222"]), ("[veg]:0 ssh-rsa A", []),
    ("[veg]x ssh-rsa A", []),
    ("fe80::1%eth0,2001:db8::1 ssh-rsa A", []), ("fe80::1,veg ssh-rsa A", ["veg"]),
    ("172.32.0.1 ssh-rsa A", []),
    ("172.16.0.1 ssh-rsa A", ["172.16.0.1"]), ("1.2.3 ssh-rsa A", []), ("localhost,127.0.0.1 ssh-rsa A", []),
    ("laptop.lan ssh-rsa A", []), ("veg.example.org ssh-rsa A", []), (",,, ssh-rsa A", []),
    (". ssh-rsa A", []),
    ("veg.local ssh-rsa A\r\ndry ssh-rsa A\r\n", ["veg=veg.local", "dry"]),
  ])
  func `known_hosts offers what a network at home calls its machines`(_ text: String, _ offered: [String]) {
    #expect(words(knownHosts: text) == offered)
  }

  // MARK: The network

  private static let seen = """
    +;eth0;IPv4;veg;_ssh._tcp;local
    =;eth0;IPv6;veg;_ssh._tcp;local;veg.local;fe80::1;22;
    =;eth0;IPv4;veg;_ssh._tcp;local;veg.local;192.168.1.21;22;"a=b;c"
    =;eth0;IPv4;dry\\032room;_ssh._tcp;local;dry.local;192.168.1.22;2222;
    =;eth0;IPv4;tent\\032\\09112\\0583\\093;_workstation._tcp;local;tent.local;192.168.1.23;9;
    =;eth0;IPv4;laptop;_ssh._tcp;local;laptop.local;192.168.1.2;22;
    =;eth0;IPv4;x;_ssh._tcp;local;evil$(reboot).local;192.168.1.9;22;
    =;eth0;IPv4;y;_ssh._tcp
    """

  @Test func `the network offers each machine once, with the port that it tells, and never this one`() {
    #expect(words(avahi: Self.seen) == ["veg=veg.local", "dry=dry.local:2222", "tent=tent.local"])
  }

  @Test func `a machine that several know is offered once, as the first of them calls it`() {
    let config = "Host tomatoes\n  HostName 192.168.1.21\nHost tent\n"
    #expect(
      words(sshConfig: config, knownHosts: "192.168.1.22,dry.lan ssh-rsa A", avahi: Self.seen)
        == ["tomatoes", "tent", "dry=dry.lan", "dry.local=dry.local:2222"])
  }

  @Test func `two machines of one short name are told apart by their whole names`() {
    #expect(
      words(knownHosts: "pi.local ssh-rsa A\npi.lan ssh-rsa B") == ["pi=pi.local", "pi.lan"])
  }
}
