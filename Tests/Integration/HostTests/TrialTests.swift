import CoordinatorSupport
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Coordinator
@testable import Hosts
@testable import Inventory
@testable import Report

/// `fleet try` of a real server: an agent is there for this once, and then nothing is, neither there nor here.
@Suite("Trying a host") struct TrialTests {
  private func setup(_ server: LoopbackHost, _ program: String = StandInAgent.text) throws -> LiveSetup {
    try server.folder.write(program, to: "agents/\(HostArchitecture.own.rawValue)/fleet-agent", mode: 0o755)
    return LiveSetup(
      connector: server.connector(), agents: AgentBinaries(folders: [FilePath(server.folder.file("agents"))]))
  }

  private var tent: Inventory.Host {
    var host = testHost("tent", become: .sudo)
    host.profiles = [TestFleet.profile]
    return host
  }

  private func trial(
    _ server: LoopbackHost, _ setup: LiveSetup, _ person: ScriptedPerson = ScriptedPerson(),
    isListed: Bool = false
  ) async throws -> Trial {
    let trial = try await setup.tryOut(
      tent, in: testFleet(tent, in: server.folder), isListed: isListed, prompter: person)
    #expect(person.unasked == 0)
    return trial
  }

  /// What of a try lies about in the home that is a folder of the test's, or in /tmp as this server sees it.
  private func left(_ server: LoopbackHost) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: server.folder.path).filter {
      $0.hasPrefix("fleet-try")
    }
  }

  /// A server whose /tmp runs nothing, so that all goes into the home.
  private func atHome(_ more: String = "true", authorized: Bool = true, shell: String = "/bin/bash") throws
    -> LoopbackHost
  {
    try LoopbackHost(
      authorized: authorized, shell: shell,
      mounts:
        "mount --bind /tmp /tmp && mount -o remount,noexec,bind /tmp && mount --bind $HOME $HOME && \(more)")
  }

  private func text(_ trial: Trial, _ subject: String) -> String {
    trial.found.filter { $0.subject == subject }.map { "\($0.verdict.rawValue): \($0.text)" }.joined(
      separator: " | ")
  }

  @Test(arguments: ["/bin/bash", "/bin/dash"])
  func `the key is asked for and forgotten, and the login's start files may say what they like`(
    _ shell: String
  ) async throws {
    let server = try atHome("mount -o remount,exec,bind $HOME", shell: shell)
    try server.folder.write("echo 'fleet-try ready'; echo welcome\n", to: ".bashrc")
    let setup = try setup(server)
    let before = try FileManager.default.subpathsOfDirectory(atPath: server.folder.path).sorted()
    let found = try await trial(server, setup, ScriptedPerson(("Is that its key?", "yes")))
    #expect(found.found.allSatisfy { $0.verdict != .bad }, "\(found.found)")
    #expect(text(found, "app") == "good: Growroom 4.1.0")
    #expect(text(found, "agent").hasPrefix("good: 0.1.0 runs there, for this once, as someone\\u{1b}"))
    #expect(text(found, "host key").contains("believed for this once"))
    #expect(text(found, "sudo") == "good: not needed: the login is root")
    let after = try FileManager.default.subpathsOfDirectory(atPath: server.folder.path).sorted()
    #expect(after.filter { $0 != "sshd.log" } == before.filter { $0 != "sshd.log" })
  }

  @Test func `where no key is accepted a password will do, and none is put there`() async throws {
    let server = try atHome("mount -o remount,exec,bind $HOME", authorized: false)
    try server.trust()
    let person = ScriptedPerson(("login password of root", LoopbackHost.password))
    let found = try await trial(server, try setup(server), person, isListed: true)
    #expect(text(found, "login").hasPrefix("warning: by password alone"))
    #expect(text(found, "host key") == "good: the recorded one")
    #expect(!server.folder.exists(".ssh/authorized_keys"))
    #expect(try left(server) == [])
  }

  @Test func `no to the key sends nothing there`() async throws {
    let server = try LoopbackHost()
    let person = ScriptedPerson(("Is that its key?", "no"))
    let error = try await setupError { _ = try await trial(server, try setup(server), person) }
    #expect(error.isDeclined && error.description.contains("fleet try tent"))
    #expect(person.heard.contains { $0.contains("counts for this once") })
  }

  @Test func `where nothing can be run that is said of each place, and nothing stays`() async throws {
    let server = try atHome()
    try server.trust()
    let found = try await trial(server, try setup(server), isListed: true)
    let said = text(found, "agent")
    #expect(said.contains("/tmp: nothing can be run there (noexec)"), "\(said)")
    #expect(said.contains("\(server.folder.path): nothing can be run there (noexec)"), "\(said)")
    #expect(found.found.contains { $0.subject == "agent" && $0.verdict == .bad })
    #expect(try left(server) == [])
  }

  @Test func `where a plain user may run nothing, that says nothing of an agent of root's`() {
    let trouble = TrialProgram.Trouble(text: "/tmp: noexec", isOfPlace: true)
    #expect(trouble.diagnosis(meaning: "/tmp: noexec", hasAgentsRights: true).verdict == .bad)
    let ofUser = trouble.diagnosis(meaning: "/tmp: noexec", hasAgentsRights: false)
    #expect(ofUser.verdict == .warning && ofUser.text.hasPrefix("not known: it cannot be tried there"))
    let broken = TrialProgram.Trouble(text: "damaged", isOfPlace: false)
    #expect(broken.diagnosis(meaning: "damaged", hasAgentsRights: false).verdict == .bad)
  }

  @Test func `one that is set up there already is said, and what it alone knows is not judged`() async throws
  {
    let server = try atHome("mount -o remount,exec,bind $HOME")
    try server.trust()
    try StandInAgent.install(in: server.folder)
    let setup = try setup(server)
    var host = tent
    host.become = .none
    let found = try await setup.tryOut(
      host, in: testFleet(host, in: server.folder), isListed: true, prompter: ScriptedPerson())
    #expect(text(found, "agent").hasPrefix("warning: 0.1.0 is set up there already"), "\(found.found)")
    #expect(
      text(found, "health").hasPrefix(
        "warning: not known, the user of this login may not look: something may"))
    #expect(found.hasAgent && TrialVerdict("tent", found).step == .doctor)
    #expect(try left(server) == [])
  }

  @Test func `an agent that does not run there says why, and is gone`() async throws {
    let server = try atHome("mount -o remount,exec,bind $HOME")
    try server.trust()
    let setup = try setup(
      server, "#!/bin/sh\necho '/lib/libc.so.6: version GLIBC_2.36 not found' >&2; exit 1\n")
    let found = try await trial(server, setup, isListed: true)
    #expect(text(found, "agent").contains("GLIBC_2.36 not found (Debian 12 is the oldest"), "\(found.found)")
    #expect(try left(server) == [])
  }

  @Test func `a connection that breaks takes the agent along`() async throws {
    let server = try atHome("mount -o remount,exec,bind $HOME")
    try server.trust()
    let setup = try setup(server)
    let binary = try setup.agents.binary(for: .own)
    let link = HostSession(name: "tent")
    try await setup.connector.reach(tent, over: link)
    #expect(try await link.converse(trying: binary, version: "0.1.0") == nil)
    #expect(try left(server).count == 1)
    let mode = try FileManager.default.attributesOfItem(atPath: server.folder.file(left(server)[0]))
    #expect(mode[.posixPermissions] as? Int == 0o700)
    await link.close()
    try await eventually("nothing is left") { try left(server).isEmpty }
  }

  @Test func `a shell that runs nothing of ours is told as what it is`() async throws {
    let server = try LoopbackHost(shell: "/usr/sbin/nologin")
    try server.trust()
    let found = try await trial(server, try setup(server), isListed: true)
    #expect(text(found, "login").contains("has no login shell"), "\(found.found)")
  }

  @Test func `a host that is off is away, and one whose key changed is refused`() async throws {
    let old = try LoopbackHost()
    try old.trust()
    let server = try LoopbackHost(insteadOf: old, keyType: "ed25519")
    let changed = try await trial(server, try setup(server), isListed: true)
    #expect(text(changed, "host key").contains("CHANGED") && !changed.isAway)
    #expect(changed.found.last?.next?.hasPrefix("fleet trust --replace tent") == true)
    // What only the user's own file knows otherwise is the user's to take out.
    let guest = try await trial(server, try setup(server), ScriptedPerson(("Is that its key?", "yes")))
    #expect(guest.found.first?.verdict == .good)
    server.server.end()
    let gone = try await trial(server, try setup(server), isListed: true)
    #expect(gone.isAway && gone.found.count == 1)
  }

  // MARK: Where it goes

  private func places(_ folder: HostFolder, _ tmpdir: String, size: String) throws -> String {
    try hostTool(
      "/usr/bin/env", "TMPDIR=\(tmpdir)", "HOME=\(folder.path)", "/bin/sh", "-c",
      "(\(SetupScripts.trial)\n) </dev/null; true", "fleet", size, "none")
  }

  @Test func `a place where another could put something else is passed over`() throws {
    let folder = try HostFolder()
    for (name, mode) in [("open", 0o777), ("group", 0o770), ("shared", 0o1777)] {
      try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: false)
      chmod(folder.file(name), mode_t(mode))
    }
    for name in ["open", "group"] {
      let said = try places(folder, folder.file(name), size: "1")
      #expect(said.contains("fleet-try send /tmp/fleet-try."), "\(said)")
    }
    #expect(
      try places(folder, folder.file("shared"), size: "1").contains(
        "fleet-try send \(folder.file("shared"))/"))
    chown(folder.file("shared"), 1, 1)
    #expect(try places(folder, folder.file("shared"), size: "1").contains("fleet-try send /tmp/"))
    // What would not fit anywhere is not begun.
    let full = try places(folder, "", size: "9007199254740992")
    #expect(full.contains("fleet-try none /tmp: its disk is full ("), "\(full)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
        "group", "open", "shared",
      ])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("shared")) == [])
  }
}
