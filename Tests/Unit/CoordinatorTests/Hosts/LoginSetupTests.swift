import CoordinatorSupport
import Synchronization
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// Logins of the set-up, without a host.
@Suite struct LoginSetupTests {
  private final class Person: Prompter {
    private let kept = Mutex<[String?]>([])
    var waits: [String?] { kept.withLock { $0 } }

    func say(_ line: String) {}
    func wait(_ text: String?) { kept.withLock { $0.append(text) } }
    func confirm(_ question: String) async throws(PromptError) -> Bool { false }
    func secret(_ question: String) async throws(PromptError) -> String { throw .interrupted }
  }

  private func run(_ host: Host, _ person: Person) throws -> HostSetupRun {
    let folder = try InventoryFolder("app: app\nhosts: { veg: }\n")
    let setup = LiveSetup(
      connector: SSHConnector(
        knownHosts: folder.path.appending("known_hosts"),
        surroundings: SSHEnvironment(home: folder.path, user: "me")),
      agents: AgentBinaries(folders: []))
    return HostSetupRun(host, TestFleet.fleet(["veg"]), setup, person) { _ in }
  }

  @Test func `for a login that is tried it is said that it is waited for`() async throws {
    let person = Person()
    var host = TestFleet.host("veg")
    // Nobody listens there.
    (host.address, host.port, host.connection) = ("127.0.0.1", 1, .ssh)
    let run = try run(host, person)
    await #expect(throws: SetupError.self) { try await run.logIn() }
    #expect(person.waits == ["logging in to veg ...", nil])
  }

  @Test func `doctor names ssh-add where no agent holds the key, and not bootstrap`() async throws {
    let run = try run(TestFleet.host("veg"), Person())
    let locked = HostError.keyLocked("veg: key /k has a passphrase", add: "ssh-add /k")
    let found = run.diagnosis(of: locked, next: await run.nextStep(after: locked))
    #expect(found.subject == "login" && found.text == "veg: key /k has a passphrase")
    #expect(found.next == "ssh-add /k")
    let other = HostError.authentication("veg: refused. Next: fleet bootstrap veg installs your key there")
    #expect(run.diagnosis(of: other, next: await run.nextStep(after: other)).next == "fleet bootstrap veg")
  }

  @Test
  func `doctor says where to look for an app that is gone, and not where its version says what is wrong`() {
    func found(_ version: String?, _ problem: String?) -> Diagnosis {
      let probe = Probe(
        findings: [.init(version: version, problem: problem)],
        status: HostStatus(app: "growroom", state: .idle))
      return Diagnosis(noAppIn: probe, on: TestFleet.host("veg"))
    }
    let gone = found(nil, "/opt/growroom is not there")
    #expect(gone.text == "/opt/growroom is not there")
    #expect(gone.next?.contains("fleet backups veg") == true)
    #expect(found("nonsense", nil).next == nil)
  }
}
