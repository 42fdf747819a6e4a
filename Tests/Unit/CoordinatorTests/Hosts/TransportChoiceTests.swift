import SSH
import SystemPackage
import Testing

@testable import Inventory
@testable import Hosts
@testable import Coordinator

@Suite struct TransportChoiceTests {
  private static func key(_ type: String) -> HostKey? {
    HostKey(blob: [0, 0, 0, UInt8(type.utf8.count)] + Array(type.utf8) + [1])
  }

  private static func facts(
    _ lines: String = "", keys: [String] = [], agent: [String] = [], certificates: [FilePath] = [],
    knowsPlainKey: Bool = false, authorities: [String] = [], ticket: Bool = false, signsRSA: Bool = false
  ) -> TransportFacts {
    TransportFacts(
      config: SSHConfig(text: lines, name: "tent", home: "/home/me", localUser: "me"),
      keys: keys.map { .init(path: FilePath("/k/\($0)"), publicKey: key($0), isRSA: $0 == "ssh-rsa") },
      certificates: certificates, agentKeys: agent.compactMap(key), knowsPlainKey: knowsPlainKey,
      authorities: authorities, hasTicket: ticket, signsRSA: signsRSA)
  }

  private static let ed = "ssh-ed25519"
  private static let sk = "sk-ssh-ed25519@openssh.com"
  private static let skECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
  private static let certificate = "ssh-ed25519-cert-v01@openssh.com"
  private static let skCertificate = "sk-ssh-ed25519-cert-v01@openssh.com"

  private static let table: [(TransportFacts, [OpenSSHNeed])] = [
    (facts(), []),
    // What ssh prints of itself where nobody has said anything.
    (
      facts(
        """
        addressfamily any
        gssapiauthentication yes
        hostbasedauthentication no
        proxyusefdpass no
        securitykeyprovider internal
        ciphers chacha20-poly1305@openssh.com,aes256-ctr
        hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519
        """, keys: [ed], agent: [ed]), []
    ),
    (facts("knownhostscommand /usr/bin/keys %H"), [.knownHostsCommand]),
    (facts("knownhostscommand none\nrevokedhostkeys none\npkcs11provider none"), []),
    (facts("revokedhostkeys /etc/ssh/bad"), [.revokedHostKeys("/etc/ssh/bad")]),
    (facts(authorities: ["/k:3", "/k:4"]), [.authority(place: "/k:3")]),
    (facts(knowsPlainKey: true, authorities: ["/k:3"]), []),
    (facts(certificates: ["/c"]), [.certificate("/c")]),
    (facts(keys: [ed, sk]), [.hardwareKey(FilePath("/k/\(sk)"))]),
    (facts(keys: [skECDSA]), [.hardwareKey(FilePath("/k/\(skECDSA)"))]),
    (facts(agent: [ed, sk]), [.agentHardwareKey]),
    (facts(agent: [skECDSA]), [.agentHardwareKey]),
    (facts(agent: [ed, certificate]), [.agentCertificate]),
    (facts(agent: [skCertificate]), [.agentCertificate]),
    (facts(agent: [certificate, sk]), [.agentCertificate, .agentHardwareKey]),
    (facts("pkcs11provider /usr/lib/token.so"), [.pkcs11("/usr/lib/token.so")]),
    (facts(keys: ["ssh-rsa"]), [.onlyRSA]),
    (facts(agent: ["ssh-rsa"]), [.onlyRSA]),
    (facts(keys: ["ssh-rsa"], agent: [ed]), []),
    (facts(keys: ["ssh-rsa"], signsRSA: true), []),
    (facts("gssapiauthentication yes", ticket: true), [.kerberos]),
    (facts("gssapiauthentication no", ticket: true), []),
    (facts("hostbasedauthentication yes"), [.hostBased]),
    (facts("bindaddress 192.0.2.1"), [.setting("BindAddress 192.0.2.1")]),
    (facts("bindinterface wlan0"), [.setting("BindInterface wlan0")]),
    (facts("addressfamily inet6"), [.setting("AddressFamily inet6")]),
    (facts("proxycommand nc %h %p"), []),
    (facts("proxycommand nc %h %p 100%%"), []),
    (facts("proxycommand nc %k %p"), [.setting("ProxyCommand nc %k %p")]),
    (facts("proxycommand nc %"), [.setting("ProxyCommand nc %")]),
    (facts("proxycommand nc %h %p\nproxyusefdpass yes"), [.setting("ProxyUseFdpass yes")]),
    (facts("proxyusefdpass yes"), []),
    (facts("proxyjump gate"), []),
    (facts("ciphers chacha20-poly1305@openssh.com"), [.setting("Ciphers chacha20-poly1305@openssh.com")]),
    (facts("macs umac-64@openssh.com,hmac-sha2-256"), []),
    (
      facts("kexalgorithms sntrup761x25519-sha512@openssh.com"),
      [.setting("KexAlgorithms sntrup761x25519-sha512@openssh.com")]
    ),
    (
      facts("hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com"),
      [.setting("HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com")]
    ),
  ]

  @Test(arguments: table.indices) func `what libssh2 cannot do is found`(index: Int) {
    let (facts, needs) = Self.table[index]
    #expect(facts.needs == needs)
  }

  @Test func `without OpenSSH there is only what lies about`() {
    var facts = Self.facts(agent: [Self.sk], authorities: ["/k:1"])
    facts.config = nil
    #expect(facts.needs == [.authority(place: "/k:1"), .agentHardwareKey])
  }

  private static let choices: [(Inventory.Host.Transport, [OpenSSHNeed], Bool, TransportChoice.Means)] = [
    (.auto, [], true, .libssh2), (.auto, [], false, .libssh2),
    (.auto, [.hostBased], true, .openssh), (.auto, [.hostBased], false, .libssh2),
    (.openssh, [], true, .openssh), (.openssh, [.hostBased], true, .openssh), (.openssh, [], false, .missing),
    (.libssh2, [], true, .libssh2), (.libssh2, [.hostBased], true, .libssh2),
    (.libssh2, [.hostBased], false, .libssh2),
  ]

  @Test(arguments: choices.indices) func `the inventory decides, and with auto the need`(index: Int) {
    let (setting, needs, hasOpenSSH, means) = Self.choices[index]
    #expect(TransportChoice(setting, needs: needs, hasOpenSSH: hasOpenSSH).means == means)
  }

  @Test func `what is lacking is told with what helps, and only then`() {
    func advice(_ setting: Inventory.Host.Transport, _ needs: [OpenSSHNeed], _ hasOpenSSH: Bool) -> String? {
      TransportChoice(setting, needs: needs, hasOpenSSH: hasOpenSSH)
        .advice(host: "tent", setting: setting, hasOpenSSH: hasOpenSSH)
    }
    #expect(advice(.auto, [.agentHardwareKey], false)?.contains("sudo apt install openssh-client") == true)
    #expect(
      advice(.libssh2, [.agentHardwareKey], true)?.contains("transport: auto instead of libssh2 for tent")
        == true)
    #expect(advice(.auto, [], true) == nil)
    #expect(advice(.auto, [.agentHardwareKey], true) == nil)
  }
}
