import CoordinatorSupport
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Driver
@testable import Hosts
@testable import Report
@testable import Store
@testable import Inventory
@testable import Coordinator

/// When somebody is told, and what that may change: nothing.
@Suite struct NotifyCommandTests {
  private let names = ["veg", "flower"]

  private func run(
    _ arguments: [String], _ hosts: SimulatedFleet, _ bench: TestBench, _ notifier: KeepingNotifier,
    catalogue: SimulatedCatalogue = SimulatedCatalogue(),
    targets: [Notification] = [.ntfy("https://ntfy.sh/x")]
  ) async -> Int32 {
    await FleetProgram.run(
      arguments,
      on: bench.bench(
        fleet: TestFleet.fleet(names) { $0.notify = targets }, connector: hosts, catalogue: catalogue,
        notifier: notifier))
  }

  private func fleet(_ change: (SimulatedFleet) -> Void = { _ in }) -> SimulatedFleet {
    let fleet = SimulatedFleet(names.map { ($0, "4.1.0") })
    change(fleet)
    return fleet
  }

  private func breakVeg(_ fleet: SimulatedFleet) {
    fleet.set("veg") {
      $0.cutover = .rolledBack
      $0.reason = Cause(code: .prove, step: .prove, text: "503")
    }
  }

  @Test func `the end of a rollout is told, and its title is the report's first line`() async throws {
    let (bench, notifier) = (try TestBench(), KeepingNotifier())
    #expect(await run(["upgrade", "-y", "-q"], fleet(), bench, notifier) == 0)
    #expect(notifier.notices.map(\.event) == [.finish])
    #expect(notifier.notices.first?.title == "All good: veg and flower are on v4.2.0.")
    #expect(bench.output == "" && !bench.errors.contains("notify"))
  }

  @Test func `a halt is told once, and not again every night`() async throws {
    let (bench, notifier) = (try TestBench(), KeepingNotifier())
    let hosts = fleet(breakVeg)
    #expect(await run(["upgrade", "-y"], hosts, bench, notifier) == 2)
    #expect(notifier.notices.map(\.event) == [.halt])
    #expect(bench.output.contains("\n\(notifier.notices[0].title)\n"))
    #expect(await run(["upgrade", "-y"], hosts, bench, notifier) == 2)
    #expect(notifier.notices.count == 1)
  }

  @Test func `nothing to do, a plan and a stage are not told`() async throws {
    let (bench, notifier) = (try TestBench(), KeepingNotifier())
    let hosts = fleet()
    #expect(await run(["plan"], hosts, bench, notifier) == 0)
    #expect(await run(["stage", "-y"], hosts, bench, notifier) == 0)
    #expect(notifier.notices.isEmpty)
    #expect(bench.output.contains("Staged: veg and flower are ready for v4.2.0."))
    #expect(await run(["resume", "-y"], hosts, bench, notifier) == 0)
    #expect(notifier.notices.map(\.event) == [.finish])
    #expect(await run(["upgrade", "-y"], hosts, bench, notifier) == 0)
    #expect(notifier.notices.count == 1)
  }

  @Test func `who cannot be told is said even quietly, and changes no exit code`() async throws {
    let (bench, notifier) = (try TestBench(), KeepingNotifier(problem: "ntfy https://ntfy.sh: no connection"))
    #expect(await run(["upgrade", "-y", "-q"], fleet(), bench, notifier) == 0)
    #expect(
      bench.errors
        == "notify: ntfy https://ntfy.sh: no connection; nothing else is changed by that\n")
    #expect(
      try StateFiles.read(bench.store.path(of: bench.store.ids()[0]).appending("report.html")).count > 1000)
  }

  // MARK: fleet releases --notify

  @Test func `a new release on the hosts' own tracks is told once`() async throws {
    let (bench, notifier) = (try TestBench(), KeepingNotifier())
    let hosts = fleet()
    #expect(await run(["releases", "--notify"], hosts, bench, notifier) == 0)
    #expect(notifier.notices.map(\.event) == [.release])
    #expect(notifier.notices[0].title == "Growroom v4.2.0 is out on track v4, for veg and flower.")
    #expect(
      bench.output == """
        Growroom v4.2.0 is out on track v4, for veg and flower.
        v5.0.0 is out on track v5; a major is never crossed by itself.
        next: fleet upgrade

        """)
    #expect(try SchemaCheck("notification.schema.json").faults(notifier.notices[0].encoded()) == [])
    bench.forget()
    #expect(await run(["releases", "--notify"], hosts, bench, notifier) == 0)
    #expect(notifier.notices.count == 1 && bench.output == "")
    let newer = SimulatedCatalogue(tags: ["v4.1.0", "v4.2.0", "v4.2.1"])
    #expect(await run(["releases", "--notify"], hosts, bench, notifier, catalogue: newer) == 0)
    #expect(notifier.notices.map(\.releases).last?.map(\.tag) == ["v4.2.1"])
  }

  @Test func `what could not be told is told the next time`() async throws {
    let bench = try TestBench()
    let hosts = fleet()
    let deaf = KeepingNotifier(problem: "no connection")
    #expect(await run(["releases", "--notify", "-q"], hosts, bench, deaf) == 0)
    let hearing = KeepingNotifier()
    #expect(await run(["releases", "--notify", "-q"], hosts, bench, hearing) == 0)
    #expect(deaf.notices.count == 1 && hearing.notices.count == 1)
  }

  @Test func `a release that a rollout was begun with is known, and a host that is away is no error`()
    async throws
  {
    let (bench, notifier) = (try TestBench(), KeepingNotifier())
    let hosts = fleet(breakVeg)
    #expect(await run(["upgrade", "-y"], hosts, bench, notifier) == 2)
    hosts.set("flower") { $0.connectError = .unreachable("flower: no route to host") }
    #expect(await run(["releases", "--notify"], hosts, bench, notifier) == 0)
    #expect(notifier.notices.map(\.event) == [.halt])
  }

  @Test func `nobody to tell: 64`() async throws {
    let (bench, notifier) = (try TestBench(), KeepingNotifier())
    #expect(await run(["releases", "--notify"], fleet(), bench, notifier, targets: []) == 64)
    #expect(await run(["releases", "--notify", "--track", "v4"], fleet(), bench, notifier) == 64)
  }
}
