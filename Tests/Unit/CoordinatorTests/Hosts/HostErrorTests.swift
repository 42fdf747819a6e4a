import Programs
import SystemPackage
import Testing
import Wire

@testable import Hosts
@testable import Coordinator
@testable import SSH

@Suite("An SSH error") struct HostErrorTests {
  static let key = HostKey(base64: "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f")

  struct Case: Sendable {
    let error: SSHError
    let kind: String
    let says: [String]
  }

  static let cases: [Case] =
    key.map { key in
      [
        Case(
          error: .nameNotFound(host: "tent", address: "tent.local", words: "no such name"),
          kind: "unreachable",
          says: ["tent.local"]),
        Case(error: .unreachable(host: "tent", port: 22, attempts: []), kind: "unreachable", says: ["tent"]),
        Case(
          error: .hostKeyUnknown(host: "tent", key: key), kind: "hostKeyUnknown",
          says: [key.fingerprint, "fleet bootstrap tent"]),
        Case(
          error: .hostKeyChanged(host: "tent", offered: key, known: [key], mend: "ssh-keygen -R"),
          kind: "hostKey",
          says: ["CHANGED", key.fingerprint, "fleet trust --replace tent"]),
        Case(
          error: .hostKeyRevoked(host: "tent", key: key, place: "known_hosts:3"), kind: "hostKey",
          says: ["revoked", "known_hosts:3"]),
        Case(
          error: .hostKeyUncheckable(host: "tent", typesOnFile: ["ssh-rsa"]), kind: "hostKey",
          says: ["ssh-rsa"]),
        Case(
          error: .authenticationFailed(host: "tent", user: "me", tried: [], offered: ["publickey"]),
          kind: "authentication", says: ["fleet bootstrap tent"]),
        Case(
          error: .authenticationFailed(
            host: "tent", user: "me",
            tried: [
              .init(credential: "key /home/me/k", reason: .passphraseNeeded),
              .init(credential: "ssh-agent", reason: .agentAbsent),
            ], offered: ["publickey"]),
          kind: "keyLocked",
          says: ["key /home/me/k has a passphrase, and no ssh-agent holds it. Next: ssh-add /home/me/k"]),
        Case(
          error: .connectionLost(host: "tent", during: "reading", cause: "cut"), kind: "lost", says: ["cut"]),
        Case(error: .deadline(host: "tent", during: "reading"), kind: "lost", says: ["in time"]),
        Case(error: .channelClosed(host: "tent", during: "writing"), kind: "lost", says: ["writing"]),
        Case(
          error: .protocolFailure(
            host: "tent", during: "the handshake", code: -5, words: "kex", meaning: "no algorithm"),
          kind: "protocolFault", says: ["no algorithm"]),
        Case(
          error: .protocolFailure(
            host: "tent", during: "the handshake", code: SSHError.noBanner, words: "Failed getting banner",
            meaning: "x"),
          kind: "unreachable",
          says: ["Failed getting banner", "PerSourcePenalties", "MaxStartups", "journalctl"]),
        Case(
          error: .connectionLost(host: "tent", during: "the handshake", cause: "socket disconnect"),
          kind: "unreachable", says: ["socket disconnect", "PerSourcePenalties"]),
        Case(
          error: .local(during: "a socket", errno: .tooManyOpenFiles), kind: "protocolFault",
          says: ["this machine"]),
      ]
    } ?? []

  @Test(arguments: cases) func `becomes what it means for a host`(_ example: Case) {
    let error = HostError(example.error)
    #expect("\(error)".isEmpty == false)
    #expect(kind(error) == example.kind)
    for words in example.says { #expect(error.description.contains(words)) }
  }

  @Test func `is away only where the host may simply be off`() {
    for example in Self.cases {
      #expect(HostError(example.error).isAway == ["unreachable", "lost"].contains(example.kind))
    }
    #expect(Self.cases.count == 15)
  }

  @Test func `what an agent says no to keeps its code and its step`() {
    let full = Cause(code: .space, step: .receive, text: "12 MB are needed", next: "make room")
    #expect(Cause(HostError.refused(full), at: "veg") == full)
    #expect(!HostError.refused(full).isAway && HostError.refused(full).text(at: "veg") == full.text)
  }

  private func kind(_ error: HostError) -> String {
    switch error {
    case .notBelieved: "notBelieved"
    case .unreachable: "unreachable"
    case .hostKeyUnknown: "hostKeyUnknown"
    case .hostKey: "hostKey"
    case .authentication: "authentication"
    case .keyLocked: "keyLocked"
    case .noAgent: "noAgent"
    case .noPrivilege: "noPrivilege"
    case .incompatible: "incompatible"
    case .lost: "lost"
    case .protocolFault: "protocolFault"
    case .refused: "refused"
    }
  }
}

@Suite("An agent that says nothing") struct SilentAgentTests {
  static let cases: [(said: String, status: Int32, kind: String, words: String)] = [
    (AgentCommand.absent, 127, "noAgent", "fleet bootstrap tent"),
    ("sudo: a password is required", 1, "noPrivilege", "fleet bootstrap tent"),
    ("sudo: a terminal is required to read the password", 1, "noPrivilege", "asks for a password"),
    ("me is not in the sudoers file.", 1, "noPrivilege", "may not use sudo"),
    (
      "Sorry, user me is not allowed to execute '/usr/local/lib/fleet/fleet-agent serve' as root", 1,
      "noPrivilege", "may not use sudo"
    ),
    ("sudo: sorry, you must have a tty to run sudo", 1, "noPrivilege", "wants a terminal"),
    ("Sorry, user me may not run sudo on tent.", 1, "noPrivilege", "may not use sudo"),
    (
      "sudo: unable to resolve host tent\nsudo: a password is required", 1, "noPrivilege",
      "asks for a password"
    ),
    ("sudo: no valid sudoers sources found, quitting", 1, "noAgent", "no valid sudoers sources"),
    ("sudo: effective user ID is not 0, is it on a 'nosuid' file system?", 1, "noAgent", "effective user ID"),
    ("sudo: account validation failure, is your account locked?", 1, "authentication", "account locked"),
    ("sudo\u{301}: a password is required\u{301}", 1, "noPrivilege", "asks for a password"),
    ("bash: sudo: command not found", 127, "noPrivilege", "there is no sudo"),
    ("/bin/sh: 5: exec: sudo: not found", 127, "noPrivilege", "there is no sudo"),
    (
      "fleet-agent: error while loading shared libraries: libarchive.so.13: cannot open", 127, "noAgent",
      "libarchive.so.13"
    ),
    (
      "/bin/sh: 4: exec: /usr/local/lib/fleet/fleet-agent: Exec format error", 126, "noAgent",
      "another architecture"
    ),
    ("/bin/sh: 4: exec: /usr/local/lib/fleet/fleet-agent: not found", 127, "noAgent", "32-bit"),
    (
      "/bin/sh: 4: exec: /usr/local/lib/fleet/fleet-agent: Permission denied", 126, "noPrivilege",
      "may not be run"
    ),
    ("This account is currently not available.", 1, "authentication", "currently not available"),
  ]

  @Test(arguments: cases.indices) func `is explained by what its program said`(_ index: Int) {
    let example = Self.cases[index]
    let end = ProgramEnd(exit: .status(example.status), standardError: example.said)
    let error = AgentSilence(host: "tent", end: end, noise: "").error
    switch error {
    case .noAgent: #expect(example.kind == "noAgent")
    case .noPrivilege: #expect(example.kind == "noPrivilege")
    case .authentication: #expect(example.kind == "authentication")
    default: Issue.record("\(error)")
    }
    #expect(error.description.contains(example.words))
  }

  @Test func `is explained by what a shell printed in its place`() {
    let end = ProgramEnd(exit: .status(1), standardError: "")
    let error = AgentSilence(host: "tent", end: end, noise: "Please change\nyour \u{1B}[1mpassword").error
    #expect(error.description.contains("Please change / your \\u{1b}[1mpassword"))
  }
}
