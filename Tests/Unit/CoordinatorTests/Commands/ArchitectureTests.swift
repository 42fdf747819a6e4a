import CoordinatorSupport
import Release
import SystemPackage
import Synchronization
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator
@testable import Driver
@testable import Hosts
@testable import Inventory
@testable import Rollout

/// Releases that have an archive for each architecture, on hosts of two.
@Suite struct ArchitectureTests {
  private static let source = ReleaseSource.github(
    repository: "growers/growroom", api: "https://api.github.com", tokenVariable: nil,
    asset: AssetRule(name: "growroom-{version}-{arch}.tar.gz"))
  private static let tag = "v4.2.0"

  /// veg and flower are Pis, dry is a PC.
  private func rooms(_ change: (SimulatedFleet) -> Void = { _ in }) -> SimulatedFleet {
    ThreeRooms.fleet {
      $0.set("dry") { $0.architecture = "x86_64" }
      change($0)
    }
  }

  private func run(
    _ arguments: [String], _ hosts: SimulatedFleet, _ bench: TestBench, answers: [String]? = nil,
    architectures: [String] = ["aarch64", "x86_64"], source: ReleaseSource = ArchitectureTests.source,
    hears: @escaping @Sendable (TagName, ReleaseSource) -> Void = { _, _ in }
  ) async -> Int32 {
    var catalogue = SimulatedCatalogue(tags: ["v4.1.0", Self.tag], hears: hears)
    catalogue.architectures = architectures
    return await ThreeRooms.run(arguments, hosts, bench, answers: answers, catalogue: catalogue) {
      for index in $0.profiles.indices { $0.profiles[index].source = source }
      for host in $0.hosts.indices {
        for index in $0.hosts[host].profiles.indices { $0.hosts[host].profiles[index].source = source }
      }
    }
  }

  @Test(arguments: [source, .index(url: "https://x.org/releases.json")])
  func `each host gets its own archive, in one rollout for each`(source: ReleaseSource) async throws {
    let bench = try TestBench()
    let hosts = rooms()
    let heard = Mutex<[String]>([])
    let code = await run(["upgrade"], hosts, bench, answers: ["y"], source: source) { tag, source in
      if tag.text == Self.tag { heard.withLock { $0.append(source.architecture ?? "none") } }
    }
    #expect(code == 0)
    #expect(hosts.versions().values.allSatisfy { $0 == "4.2.0" })
    #expect(heard.withLock { $0 } == ["aarch64", "x86_64"])
    #expect(
      bench.questions.first?.contains(
        "Upgrade 2 hosts to v4.2.0 for aarch64, then 1 host to v4.2.0 for x86_64?") == true)
    let records = try bench.store.records(inventory: TestFleet.fleet(["veg"]).folder, app: nil)
    #expect(Set(records.map(\.header.architecture)) == ["aarch64", "x86_64"])
    #expect(Set(records.map(\.header.hosts)) == [["veg", "flower"], ["dry"]])
    #expect(Set(records.compactMap(\.header.release?.sha256)).count == 2)
    bench.forget()
    #expect(await run(["upgrade", "-y"], hosts, bench, source: source) == 0)
  }

  @Test func `a host that no archive is for is refused, and says so; the others go`() async throws {
    let bench = try TestBench()
    let hosts = rooms()
    #expect(await run(["upgrade", "-y"], hosts, bench, architectures: ["aarch64"]) == 2)
    #expect(hosts.versions()["dry"] == "4.1.0" && hosts.versions()["veg"] == "4.2.0")
    #expect(bench.output.contains("v4.2.0 has no archive for x86_64, which this host is, only for aarch64"))
    #expect(bench.output.contains("next: fleet doctor dry    which architecture it is"))
    bench.forget()
    #expect(await run(["releases"], hosts, bench, architectures: ["aarch64"]) == 0)
    #expect(bench.output.contains("for aarch64"))
    bench.forget()
    #expect(await run(["plan", "-o", "json", "dry"], hosts, bench, architectures: ["aarch64"]) == 2)
    #expect(bench.output.contains("\"code\":\"architecture\""))
  }

  @Test func `what fails for one architecture goes nowhere else by itself`() async throws {
    let bench = try TestBench()
    let hosts = rooms {
      $0.set("veg") {
        $0.cutover = .rolledBack
        $0.reason = Cause(code: .prove, step: .prove, text: "it answers 503")
      }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(hosts.executions()["dry"] == 0 && hosts.versions()["dry"] == "4.1.0")
    let said =
      "v4.2.0 for x86_64 was not begun on dry: it did not go well as v4.2.0 for aarch64. Once that is settled: "
      + "fleet upgrade dry"
    #expect(bench.errors.contains(said))
    // Nor the next night; but where somebody says so.
    bench.forget()
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(hosts.executions()["dry"] == 0)
    #expect(bench.errors.contains(said))
    #expect(await run(["upgrade", "-y", "dry"], hosts, bench) == 0)
    #expect(hosts.versions()["dry"] == "4.2.0")
  }

  @Test func `a rollout is gone on with from its own archive`() async throws {
    let bench = try TestBench()
    let hosts = rooms { $0.set("flower") { $0.connectError = .unreachable("flower: no route to host") } }
    #expect(await run(["upgrade", "-y", "veg", "flower"], hosts, bench) == 4)
    hosts.set("flower") { $0.connectError = nil }
    let heard = Mutex<Set<String>>([])
    let code = await run(["resume", "-y"], hosts, bench) { tag, source in
      if tag.text == Self.tag { _ = heard.withLock { $0.insert(source.architecture ?? "none") } }
    }
    #expect(code == 0, "\(bench.output)\(bench.errors)")
    #expect(hosts.versions()["flower"] == "4.2.0")
    #expect(heard.withLock { $0 } == ["aarch64"])
  }

  @Test func `fetch takes the archive that is named, or the only one there is`() async throws {
    let bench = try TestBench()
    let hosts = rooms()
    let heard = Mutex<[String?]>([])
    func fetch(_ more: [String], _ architectures: [String]) async -> Int32 {
      await run(["fetch", "--to", "4.2.0"] + more, hosts, bench, architectures: architectures) { _, source in
        heard.withLock { $0.append(source.architecture) }
      }
    }
    #expect(await fetch([], ["aarch64", "x86_64"]) == 6)
    #expect(bench.errors.contains("this takes one: fleet fetch --to v4.2.0 --arch aarch64"))
    #expect(await run(["fetch", "--accept", "4.2.0"], hosts, bench) == 6)
    #expect(bench.errors.contains("this takes one: fleet fetch --accept v4.2.0 --arch aarch64"))
    #expect(await fetch(["--arch", "x86_64"], ["aarch64", "x86_64"]) == 0)
    #expect(await fetch([], ["aarch64"]) == 0)
    #expect(await fetch(["--arch", "x86_64"], ["aarch64"]) == 6)
    #expect(bench.errors.contains("v4.2.0 has no archive for x86_64; there is one for: aarch64"))
    #expect(await fetch(["--arch", "arm"], ["aarch64"]) == 64)
    #expect(heard.withLock { $0 } == ["x86_64", "aarch64"])
  }
}
