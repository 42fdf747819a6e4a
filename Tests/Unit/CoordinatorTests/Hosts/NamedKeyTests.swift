import Foundation
import SSH
import Synchronization
import SystemPackage
import Testing

@testable import Report
@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// `ssh_key` of the inventory names a file that is not there.
@Suite struct NamedKeyTests {
  private final class Person: Prompter {
    private let kept = Mutex<[String]>([])
    var heard: [String] { kept.withLock { $0 } }

    func say(_ line: String) { kept.withLock { $0.append(line) } }

    func confirm(_ question: String) async throws(PromptError) -> Bool {
      say(question)
      return false
    }

    func secret(_ question: String) async throws(PromptError) -> String { throw .interrupted }
  }

  /// A home with these keys, and an inventory that names one.
  private func ensure(_ named: String, keys: [String]) async throws -> (SetupError?, heard: [String]) {
    let folder = try InventoryFolder(
      "app: app\nhosts:\n  veg:\n    address: 10.0.0.1\n    ssh_key: \(named)\n")
    for key in keys {
      let file = FilePath(key)
      try FileManager.default.createDirectory(
        atPath: folder.path.pushing(file.removingLastComponent()).string, withIntermediateDirectories: true)
      try folder.write("", key)
      if key.hasSuffix(".pub") { try folder.write("", String(key.dropLast(4))) }
    }
    let location = InventoryLocation(
      file: folder.path.appending("fleet.yaml"), home: folder.path, currentFolder: folder.path)
    let fleet = try Fleet.load(from: location)
    let setup = LiveSetup(
      connector: SSHConnector(
        knownHosts: "/nonexistent", surroundings: SSHEnvironment(home: folder.path, user: "me")),
      agents: AgentBinaries(folders: []))
    let person = Person()
    do throws(SetupError) {
      try await setup.ensureKey(for: fleet.hosts, prompter: person)
      return (nil, person.heard)
    } catch {
      let heard = person.heard.map { $0.replacing(folder.path.string, with: "HOME") }
      return (error, heard)
    }
  }

  @Test(arguments: [
    // One of its own for this host, and a public half alone, are no slips.
    ("~/.ssh/id_ed25519_pi", [".ssh/id_ed25519.pub"]), ("~/keys/veg2", [".ssh/id_rsa.pub"]),
  ])
  func `a key that is yet to be made is offered`(named: String, keys: [String]) async throws {
    let (error, _) = try await ensure(named, keys: keys)
    #expect(error.map { "\($0)".contains("no key was made") && !"\($0)".contains("Did you mean") } == true)
  }

  @Test(arguments: [
    ("~/.ssh/id_ed2519", [".ssh/id_ed25519.pub", ".ssh/id_rsa.pub"], "~/.ssh/id_ed25519"),
    ("~/.ssh/id_ed2519", [".ssh/id_ed25519"], "~/.ssh/id_ed25519"),
    ("~/.shh/grow", [".ssh/grow.pub"], "~/.ssh/grow"),
    ("~/.ssh/Grow-Key", [".ssh/grow_key.pub", ".ssh/other.pub"], "~/.ssh/grow_key"),
    ("keys/vag", ["keys/veg.pub", ".ssh/veg.pub"], "~/keys/veg"),
  ])
  func `a slip of the pen is told, with what was meant, and no key is offered`(
    named: String, keys: [String], meant: String
  ) async throws {
    let (error, heard) = try await ensure(named, keys: keys)
    guard case .inventory(let text) = error else { throw error ?? .local("nothing was said") }
    let shown = named.hasPrefix("~") ? named : "~/\(named)"
    #expect(
      text == "veg: fleet.yaml:5: ssh_key names \(shown), and there is no such file. Did you mean \(meant)? "
        + "No key was made, and no host was touched. Next: mend that line, then: fleet bootstrap")
    #expect(heard == [])
    #expect(FleetProgram.code(ofSetup: .inventory(text)) == .configuration)
  }

  @Test(arguments: [
    ([], "There is no other key either."),
    ([".ssh/id_rsa.pub", ".ssh/known_hosts"], "Keys that are there: ~/.ssh/id_rsa."),
  ])
  func `where none is near, it is said before one is offered`(keys: [String], says: String) async throws {
    let (error, heard) = try await ensure("keys/veg", keys: keys)
    #expect(error?.isDeclined == true)
    #expect(
      heard == [
        "veg: fleet.yaml:5: ssh_key names ~/keys/veg, and there is no such file. \(says) A new one would be made at "
          + "that very path. fleet logs in by a key, never by a password.",
        "Make one now (ssh-keygen -t ed25519), at HOME/keys/veg?",
      ])
  }

  @Test func `the line is that of whoever says it: the host, its group, defaults`() throws {
    let folder = try InventoryFolder(
      """
      app: app
      defaults: { ssh_key: /a }
      groups:
        g:
          ssh_key: /b
      hosts:
        one:
        two: { groups: [g] }
        three: { groups: [g], ssh_key: /c }
      """)
    let hosts = try folder.load().hosts
    #expect(hosts.map(\.sshKey) == ["/a", "/b", "/c"])
    #expect(hosts.map(\.sshKeyPlace) == ["fleet.yaml:2", "fleet.yaml:5", "fleet.yaml:9"])
  }
}
