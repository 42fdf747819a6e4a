import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Hosts
@testable import Coordinator

/// A login that is accepted and runs nothing, or where nothing can be written or run: the host's own words are told,
/// with what they mean and the next command.
@Suite("The other side's own words") struct OtherWordsTests {
  private func setup(_ server: LoopbackHost) throws -> LiveSetup {
    // As large as a program is, beside the smallest of cards.
    try server.folder.write(
      StandInAgent.text + "\n# " + String(repeating: "x", count: 200_000) + "\n",
      to: "agents/\(HostArchitecture.own.rawValue)/fleet-agent", mode: 0o755)
    return LiveSetup(
      connector: server.connector(), agents: AgentBinaries(folders: [FilePath(server.folder.file("agents"))]))
  }

  private func bootstrap(_ server: LoopbackHost, _ person: ScriptedPerson = ScriptedPerson()) async throws
    -> String
  {
    try server.trust()
    let (host, setup) = (testHost("tent"), try setup(server))
    let fleet = testFleet(host, in: server.folder)
    let error = try await setupError { try await setup.bootstrap(host, in: fleet, prompter: person) { _ in } }
    #expect(person.unasked == 0)
    return error.description
  }

  /// The same, asked by an upgrade.
  private func connect(_ server: LoopbackHost) async throws -> HostError {
    try server.trust()
    return try await hostError { await (try server.connector().connect(to: testHost("tent"))).close() }
  }

  @Test func `an expired password`() async throws {
    let server = try LoopbackHost(authorized: false, passwordChanged: 0)
    let text = try await bootstrap(server, ScriptedPerson(("login password", LoopbackHost.password)))
    #expect(
      text.contains("password has expired there") && text.contains("Password change required"), "\(text)")
    #expect(text.contains("Next: ssh tent") && text.contains("passwd "), "\(text)")
  }

  @Test func `no login shell`() async throws {
    let server = try LoopbackHost(shell: "/usr/sbin/nologin")
    for text in [try await bootstrap(server), try await connect(server).description] {
      #expect(text.contains("has no login shell"), "\(text)")
      #expect(text.contains("This account is currently not available."), "\(text)")
      #expect(text.contains("usermod -s /bin/bash"), "\(text)")
    }
    let doctor = await LiveSetup(
      connector: server.connector(), agents: AgentBinaries(folders: [])
    ).examine(testHost("tent"), in: testFleet(testHost("tent"), in: server.folder))
    #expect(doctor.last?.text.contains("no login shell") == true && doctor.last?.next == nil, "\(doctor)")
  }

  @Test func `a shell that says nothing, and a restricted one`() async throws {
    let text = try await bootstrap(try LoopbackHost(shell: "/bin/false"))
    #expect(
      text.contains("ends with status 1 before it runs what fleet asks for. It said nothing"), "\(text)")
    #expect(text.contains("Next: ssh tent 'echo here'"), "\(text)")
    guard FileManager.default.isExecutableFile(atPath: "/bin/rbash") else { return }
    let restricted = try await bootstrap(try LoopbackHost(shell: "/bin/rbash"))
    #expect(restricted.contains("has a restricted shell there"), "\(restricted)")
  }

  @Test func `a start file that exits`() async throws {
    let server = try LoopbackHost()
    try server.folder.write("echo 'tent is closed on Sundays'; exit 3\n", to: ".bashrc")
    for text in [try await bootstrap(server), try await connect(server).description] {
      #expect(text.contains("tent is closed on Sundays") && text.contains("status 3"), "\(text)")
      #expect(text.contains("ssh tent "), "\(text)")
    }
  }

  @Test func `a start file that prints is no trouble, one without end is told`() async throws {
    let server = try LoopbackHost()
    try server.trust()
    try server.folder.write("echo welcome; echo mark >&2; printf 'no line end'\n", to: ".bashrc")
    let (host, setup) = (testHost("tent"), try setup(server))
    try await setup.bootstrap(host, in: testFleet(host, in: server.folder), prompter: ScriptedPerson()) { _ in
    }
    try server.folder.write("yes tents\n", to: ".bashrc")
    let text = try await bootstrap(server)
    #expect(text.contains("~/.bashrc") && text.contains("tents"), "\(text)")
  }

  @Test func `a forced command`() async throws {
    let server = try LoopbackHost()
    try server.folder.write(
      "command=\"echo only backups here\" " + server.folder.read("user.pub"), to: ".ssh/authorized_keys")
    for text in [try await bootstrap(server), try await connect(server).description] {
      #expect(text.contains("only backups here"), "\(text)")
    }
    #expect(try await bootstrap(server).contains("command= in ~/.ssh/authorized_keys"))
  }

  @Test func `a home that is not there`() async throws {
    let server = try LoopbackHost(
      authorized: false, isHomeless: true,
      mounts: "chmod 0555 $HOME && mount --bind $HOME $HOME && mount -o remount,ro,bind $HOME")
    let text = try await bootstrap(server, ScriptedPerson(("login password", LoopbackHost.password)))
    #expect(text.contains("/gone") && text.contains("can't cd to"), "\(text)")
    #expect(text.contains("mkhomedir_helper root"), "\(text)")
  }

  /// What lies below the home where the agent goes, and what is told.
  static let cards: [(name: String, mount: String, says: [String])] = [
    ("a full card", "mount -t tmpfs -o size=4k none $HOME/.local", ["No space left on device", "df -h"]),
    (
      "a card that is read-only",
      "mount --bind $HOME/.local $HOME/.local && mount -o remount,ro,bind $HOME/.local",
      ["Read-only file system", "remount,rw"]
    ),
    (
      "a card mounted noexec", "mount -t tmpfs -o noexec none $HOME/.local",
      ["Permission denied", "noexec", "remount,exec"]
    ),
  ]

  @Test(arguments: cards.indices) func `where nothing can be written or run`(_ index: Int) async throws {
    let card = Self.cards[index]
    let server = try LoopbackHost(mounts: "mkdir -p $HOME/.local && \(card.mount)")
    let text = try await bootstrap(server)
    for words in card.says { #expect(text.contains(words), "\(card.name): \(text)") }
  }

  @Test func `a server that keeps us out for a while`() async throws {
    let server = try LoopbackHost(settings: "MaxStartups 1:100:1\nLoginGraceTime 60")
    try server.trust()
    // One that does not log in takes the only place.
    var idle: Socket?
    defer { idle?.close() }
    try await eventually("the place is taken") {
      idle?.close()
      let socket = try Socket(port: server.port)
      idle = socket
      return socket.isGreeted()
    }
    let error = try await hostError { await (try server.connector().connect(to: testHost("tent"))).close() }
    guard case .unreachable(let text) = error else { throw error }
    #expect(text.contains("PerSourcePenalties") && text.contains("MaxStartups"), "\(text)")
    #expect(text.contains("Wait a minute") && text.contains("journalctl -u ssh"), "\(text)")
  }
}

/// A connection that says nothing.
private final class Socket {
  private let number: Int32

  init(port: UInt16) throws {
    number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = port.bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw Errno(rawValue: errno) }
  }

  /// By `SSH-2.0`, and not by `Exceeded MaxStartups`.
  func isGreeted() -> Bool {
    var byte: UInt8 = 0
    return recv(number, &byte, 1, 0) == 1 && byte == UInt8(ascii: "S")
  }

  func close() { _ = shutdown(number, Int32(SHUT_RDWR)); _ = Glibc.close(number) }
}
