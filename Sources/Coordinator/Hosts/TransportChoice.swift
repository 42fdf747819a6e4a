import Inventory
import ByteText
import SSH
import SystemPackage
import Wire

/// Something of a host's SSH that libssh2 cannot do, and OpenSSH's own program can. The text is what is said of it.
enum OpenSSHNeed: Equatable, Sendable, CustomStringConvertible {
  case knownHostsCommand
  /// The file of `RevokedHostKeys`: what it declares bad would be believed.
  case revokedHostKeys(String)
  /// The host is known only by the authority that certified its key; where that stands.
  case authority(place: String)
  case certificate(FilePath)
  case agentCertificate
  case hardwareKey(FilePath)
  case agentHardwareKey
  case pkcs11(String)
  /// Every key that there is: libssh2 before 1.11 signs with them by SHA-1 only, which servers refuse.
  case onlyRSA
  case kerberos
  case hostBased
  /// A line of ssh_config(5) that says how the connection is made.
  case setting(String)
  /// The server's algorithms, in the words of the handshake that failed.
  case algorithms(String)

  /// What libssh2 met on the way; nil where another program would fare no better.
  init?(_ error: SSHError) {
    if error.isForWantOfAlgorithms {
      self = .algorithms("an algorithm that libssh2 \(SSHAbilities.version) lacks")
    } else if error.isForWantOfRSA {
      self = .onlyRSA
    } else {
      return nil
    }
  }

  /// Whether it is about logging in alone, and not about the way or the host's key.
  var isOfLogin: Bool {
    switch self {
    case .certificate, .agentCertificate, .hardwareKey, .agentHardwareKey, .pkcs11, .onlyRSA, .kerberos,
      .hostBased:
      true
    case .knownHostsCommand, .revokedHostKeys, .authority, .setting, .algorithms: false
    }
  }

  /// Whether the host's key is judged by it.
  var judgesHostKeys: Bool {
    switch self {
    case .knownHostsCommand, .authority: true
    default: false
    }
  }

  var description: String {
    switch self {
    case .knownHostsCommand: "KnownHostsCommand"
    case .revokedHostKeys(let file): "RevokedHostKeys \(file)"
    case .authority(let place): "@cert-authority at \(place)"
    case .certificate(let file): "the certificate \(file)"
    case .agentCertificate: "a certificate in the ssh-agent"
    case .hardwareKey(let file): "the hardware key \(file)"
    case .agentHardwareKey: "a hardware key in the ssh-agent"
    case .pkcs11(let library): "PKCS11Provider \(library)"
    case .onlyRSA: "RSA keys alone"
    case .kerberos: "GSSAPIAuthentication with a ticket"
    case .hostBased: "HostbasedAuthentication"
    case .setting(let line): line
    case .algorithms(let words): words
    }
  }
}

/// What is known of a host before anything is sent to it: as `ssh -G` says, and what lies about on this machine.
struct TransportFacts: Equatable, Sendable {
  /// nil where OpenSSH is not installed.
  var config: SSHConfig?
  /// The identity files that exist, with their public halves where those can be seen.
  var keys: [Key] = []
  /// Certificate files that exist, those beside the identity files too.
  var certificates: [FilePath] = []
  /// Of the agent's keys those that may be used.
  var agentKeys: [HostKey] = []
  /// Whether a plain key of the host stands in fleet's own file, which then decides.
  var knowsPlainKey = false
  /// `@cert-authority` lines about the host: file and line.
  var authorities: [String] = []
  /// Whether there is a Kerberos ticket.
  var hasTicket = false
  /// Whether this libssh2 signs with RSA keys as servers want it.
  var signsRSA = true

  struct Key: Equatable, Sendable {
    var path: FilePath
    var publicKey: HostKey?
    var isRSA: Bool
  }

  /// In the order in which they are said.
  var needs: [OpenSSHNeed] {
    var needs: [OpenSSHNeed] = []
    if config?.setting("knownhostscommand") != nil { needs.append(.knownHostsCommand) }
    if let file = config?.setting("revokedhostkeys") { needs.append(.revokedHostKeys(file)) }
    if !knowsPlainKey, let place = authorities.first { needs.append(.authority(place: place)) }
    needs += certificates.map { .certificate($0) }
    needs += keys.filter { $0.publicKey?.isHardwareKey == true }.map { .hardwareKey($0.path) }
    if agentKeys.contains(where: { $0.isCertificate }) { needs.append(.agentCertificate) }
    if agentKeys.contains(where: { $0.isHardwareKey && !$0.isCertificate }) {
      needs.append(.agentHardwareKey)
    }
    if let library = config?.setting("pkcs11provider") { needs.append(.pkcs11(library)) }
    if !signsRSA, !(keys.isEmpty && agentKeys.isEmpty), keys.allSatisfy(\.isRSA),
      agentKeys.allSatisfy(\.isRSA)
    {
      needs.append(.onlyRSA)
    }
    if hasTicket, config?.setting("gssapiauthentication") != nil { needs.append(.kerberos) }
    if config?.setting("hostbasedauthentication") != nil { needs.append(.hostBased) }
    return needs + connectionNeeds + algorithmNeeds
  }

  private var connectionNeeds: [OpenSSHNeed] {
    let names = [
      ("bindaddress", "BindAddress"), ("bindinterface", "BindInterface"), ("addressfamily", "AddressFamily"),
    ]
    var needs: [OpenSSHNeed] = names.compactMap { keyword, name in
      guard let value = config?.setting(keyword), value != "any" else { return nil }
      return .setting("\(name) \(value)")
    }
    if let line = config?.lineOnlyForSSH { needs.append(.setting(line)) }
    return needs
  }

  /// What the user's own lists leave nothing of that libssh2 could take.
  private var algorithmNeeds: [OpenSSHNeed] {
    let lists = [
      ("Ciphers", SSHAbilities.ciphers), ("MACs", SSHAbilities.macs),
      ("KexAlgorithms", SSHAbilities.keyExchanges),
      ("HostKeyAlgorithms", SSHAbilities.hostKeys),
    ]
    return lists.compactMap { keyword, ours in
      guard let list = config?.setting(keyword.asciiLowercase) else { return nil }
      let wanted = list.pieces(by: ",").map { String($0) }
      return wanted.contains(where: ours.contains) ? nil : .setting("\(keyword) \(list)")
    }
  }
}

/// Who speaks SSH with a host, and why.
struct TransportChoice: Equatable, Sendable {
  enum Means: Equatable, Sendable {
    case libssh2
    case openssh
    /// `transport: openssh`, and there is no ssh.
    case missing
  }

  var means: Means
  /// With `openssh`, why; with `libssh2`, what may fail for want of it. Empty where the inventory alone decided.
  var needs: [OpenSSHNeed]

  init(_ setting: Host.Transport, needs: [OpenSSHNeed], hasOpenSSH: Bool) {
    self.needs = needs
    means =
      switch setting {
      case .libssh2: .libssh2
      case .openssh: hasOpenSSH ? .openssh : .missing
      case .auto: hasOpenSSH && !needs.isEmpty ? .openssh : .libssh2
      }
  }

  /// "your own ssh (transport: openssh)", "your own ssh, for KnownHostsCommand".
  var openSSHWords: String {
    needs.isEmpty
      ? "your own ssh (transport: openssh)"
      : "your own ssh, for \(visible(needs.map(\.description).joined(separator: ", "), limit: 400))"
  }

  /// Said where libssh2 has failed and may not have been able to do better; nil where nothing was lacking.
  func advice(host: String, setting: Host.Transport, hasOpenSSH: Bool) -> String? {
    guard means == .libssh2, !needs.isEmpty else { return nil }
    let lacking = visible(needs.map(\.description).joined(separator: ", "), limit: 400)
    return "libssh2 cannot use \(lacking). Next: "
      + (hasOpenSSH
        ? "transport: auto instead of \(setting.rawValue) for \(host) in fleet.yaml, then fleet goes by your own ssh"
        : "install OpenSSH on this machine (sudo apt install openssh-client), then fleet goes by it")
  }
}
