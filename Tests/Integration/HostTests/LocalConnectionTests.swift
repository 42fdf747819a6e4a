import Glibc
import SystemPackage
import Testing
import Threads
import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

@Suite("A conversation on this machine") struct LocalConnectionTests {
  private func connector(_ folder: HostFolder) -> SSHConnector {
    SSHConnector(
      knownHosts: FilePath(folder.file("known_hosts")),
      surroundings: SSHEnvironment(home: FilePath(folder.path), user: "root"))
  }

  @Test func `is the same as one over SSH`() async throws {
    let folder = try HostFolder()
    try StandInAgent.install(in: folder)
    let connection = try await connector(folder).connect(to: testHost("office", connection: .local))
    #expect(await connection.hello.system == "a stand-in")
    let result = try await connection.follow(app: "growroom", job: "job", after: 0, withinSeconds: 600) { _ in
    }
    #expect(result.outcome == .upgraded)
    await connection.close()
  }

  @Test func `uploads more than a socket holds`() async throws {
    let folder = try HostFolder()
    try StandInAgent.install(in: folder)
    try folder.write(String(repeating: "fleet", count: 600_000), to: "release.tar")
    let sum = try hostTool("sha256sum", folder.file("release.tar")).prefix(64)
    let connection = try await connector(folder).connect(to: testHost("office", connection: .local))
    try await connection.upload(
      app: "growroom", file: FilePath(folder.file("release.tar")), sha256: String(sum), size: 3_000_000
    ) { _ in }
    await connection.close()
    #expect(try folder.read(".local/lib/fleet/received/\(sum)").utf8.count == 3_000_000)
  }

  @Test func `tells a missing agent`() async throws {
    let folder = try HostFolder()
    let error = try await hostError {
      _ = try await connector(folder).connect(to: testHost("office", connection: .local))
    }
    #expect(error == .noAgent("office: there is no agent yet. Next: fleet bootstrap office"))
  }

  @Test func `ends when its task is cancelled`() async throws {
    let folder = try HostFolder()
    try StandInAgent.install(in: folder, mode: #"{"stall": "ask"}"#)
    let connection = try await connector(folder).connect(to: testHost("office", connection: .local))
    let asking = Task { try await connection.ask(.status(app: "growroom")) }
    try await eventually("the question arrives") { folder.exists(".local/lib/fleet/reached-ask") }
    asking.cancel()
    let error = try await hostError { _ = try await asking.value }
    #expect(error.isAway)
    await connection.close()
  }
}

@Suite("A thread for each host") struct ThreadExecutorTests {
  private actor Worker {
    private nonisolated let executor = ThreadExecutor(name: "worker")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    func thread() -> pthread_t { pthread_self() }
    func isGone() -> @Sendable () -> Bool {
      weak let executor = executor
      return { executor == nil }
    }
  }

  @Test func `runs all of an actor, and nothing of another`() async throws {
    let (one, two) = (Worker(), Worker())
    let first = await one.thread()
    #expect(await one.thread() == first)
    #expect(await two.thread() != first)
  }

  /// Where no program can be started; it notes who tried.
  private final class NoWay: HostTransport {
    let threads: Collected<pthread_t>
    let interrupt: @Sendable () -> Void = {}
    init(_ threads: Collected<pthread_t>) { self.threads = threads }
    func close() {}
    func start(_ command: String) throws(HostError) -> any ProgramStream {
      threads.add(pthread_self())
      throw .unreachable("nothing there")
    }
  }

  @Test func `carries everything that blocks`() async throws {
    let link = HostSession(name: "tent")
    let own = await link.perform { pthread_self() }
    let threads = Collected<pthread_t>()
    await link.open { NoWay(threads) }
    _ = try await hostError { try await link.converse(become: .none, version: "0.1.0") }
    _ = try await hostError {
      _ = try await link.run(SetupScript(text: "true", asRoot: false), password: nil)
    }
    #expect(threads.all == [own, own])
  }

  @Test func `ends with its actor`() async throws {
    var worker: Worker? = Worker()
    let isGone = try #require(await worker?.isGone())
    worker = nil
    try await eventually("the thread's owner is gone", isGone)
  }
}
