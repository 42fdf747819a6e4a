import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator
@testable import Driver
@testable import Hosts
@testable import Inventory
@testable import Report
@testable import Store

/// Hosts are sent what they lack of a release, and all of it where that does not come out.
@Suite struct DeltaCommandTests {
  private static let delta = DeltaFile(
    file: "/cache/delta", artifact: Artifact(sha256: "de", size: 28_000),
    content: Artifact(sha256: "c0", size: 25_000_000),
    shape: DeltaShape(topDirectory: "app-4.2.0", modifiedSeconds: 7), referenceBytes: 24_000_000)

  private let bench: TestBench

  init() throws { bench = try TestBench() }

  private func upgrade(
    has delta: DeltaFile? = delta, takesDelta: Bool = true,
    conduct: (inout SimulatedAgent.Conduct) -> Void = { _ in }
  ) async throws -> SimulatedAgent {
    let hosts = SimulatedFleet([("veg", "4.1.0")])
    hosts.set("veg", conduct)
    var catalogue = SimulatedCatalogue()
    catalogue.delta = delta
    let fleet = TestFleet.fleet(["veg"]) { $0.hosts[0].delta = takesDelta }
    let status = await FleetProgram.run(
      ["upgrade", "-y", "-v"], on: bench.bench(fleet: fleet, connector: hosts, catalogue: catalogue))
    #expect(status == 0, "\(bench.output) \(bench.errors)")
    #expect(hosts.versions() == ["veg": "4.2.0"])
    return try #require(hosts.agents["veg"])
  }

  private func bytesSent() throws -> Int64 {
    try Report(
      decoding: StateFiles.read(bench.store.path(of: bench.store.ids()[0]).appending("report.json"))
    ).hosts[0].bytesSent
  }

  @Test func `the delta is sent, and nothing else`() async throws {
    let agent = try await upgrade()
    #expect(agent.read { $0.uploads } == ["/cache/listing", "/cache/delta"])
    let order = try #require(agent.read { $0.deltas.first })
    #expect(order.delta == Self.delta.artifact && order.content == Self.delta.content)
    #expect(order.shape == Self.delta.shape && order.installedListing?.sha256 == "ab")
    #expect(order.release == agent.read { $0.orders.first?.release })
    #expect(try bytesSent() == 28_000)
    #expect(bench.output.contains("sent 28 kB") && !bench.output.contains("all of the archive"))
  }

  @Test func `where it does not come out the archive is sent, and why is said`() async throws {
    let agent = try await upgrade {
      $0.delta = .refused(
        Cause(code: .artifact, step: .check, text: "config.py is not as the release has it"))
    }
    #expect(agent.read { $0.uploads } == ["/cache/listing", "/cache/delta", "/cache/release"])
    #expect(bench.output.contains("all of the archive is sent: config.py is not as the release has it"))
    #expect(try bytesSent() == 6_828_000)
  }

  @Test func `an agent of before gets the archive`() async throws {
    let agent = try await upgrade { $0.delta = .unsupported("an older one") }
    #expect(agent.read { $0.uploads } == ["/cache/listing", "/cache/release"])
    #expect(bench.output.contains("all of the archive is sent: its agent knows no delta"))
  }

  @Test func `a delta that is not there any more costs nothing but itself`() async throws {
    let agent = try await upgrade { $0.lacksDelta = true }
    #expect(agent.read { $0.uploads.last } == "/cache/release")
    #expect(bench.output.contains("all of the archive is sent: this machine: /cache/delta has 7 bytes"))
  }

  @Test func `an agent that ends of it gets the archive over the next connection`() async throws {
    let agent = try await upgrade { $0.breaksInDelta = true }
    #expect(agent.read { $0.deltas.count } == 1)
    #expect(agent.read { $0.uploads.last } == "/cache/release")
  }

  @Test func `where the connection breaks later it is the delta again`() async throws {
    let agent = try await upgrade { $0.breaksInStage = true }
    #expect(agent.read { !$0.uploads.contains("/cache/release") })
    #expect(
      agent.read { $0.uploads.filter { $0 == "/cache/delta" }.count } == 1, "what it has is not sent again")
  }

  @Test func `delta: false sends the archive`() async throws {
    let agent = try await upgrade(takesDelta: false)
    #expect(agent.read { $0.deltas.isEmpty && $0.uploads == ["/cache/listing", "/cache/release"] })
  }

  @Test func `without a delta the archive is sent`() async throws {
    let agent = try await upgrade(has: nil)
    #expect(agent.read { $0.deltas.isEmpty && $0.uploads == ["/cache/listing", "/cache/release"] })
  }
}
