import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Driver
@testable import Store
@testable import Coordinator

@Suite struct PauseCommandTests {
  @Test func `what is in its cutover is finished, and the rollout stays open`() async throws {
    let bench = try TestBench()
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    async let upgrade = ThreeRooms.run(["upgrade", "-y"], hosts, bench)
    while hosts.executions()["veg"] == 0 { try await Task.sleep(for: .milliseconds(2)) }
    async let pause = ThreeRooms.run(["pause"], hosts, bench)
    let id = try #require(try bench.store.ids().last)
    while try !StateFiles.lines(StateFiles.read(bench.store.path(of: id).appending("events.jsonl")))
      .contains(where: { $0.event == .interrupted })
    { try await Task.sleep(for: .milliseconds(2)) }
    gate.open()
    #expect(await upgrade == 130)
    #expect(await pause == 0)
    #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.1.0", "dry": "4.1.0"])
    #expect(bench.errors.contains("\(id) is at rest. Next: fleet resume, or: fleet abort"))
    #expect(try bench.store.record(id)?.isOpen == true)
    #expect(await ThreeRooms.run(["resume", "-y"], hosts, bench) == 0)
    #expect(Set(hosts.versions().values) == ["4.2.0"])
  }

  @Test func `what nobody drives is at rest`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    bench.forget()
    #expect(await ThreeRooms.run(["pause"], hosts, bench) == 0)
    #expect(bench.errors.contains("is at rest: nobody on this machine drives it. Next: fleet resume"))
  }

  @Test func `without a rollout there is nothing to pause`() async throws {
    let bench = try TestBench()
    #expect(await ThreeRooms.run(["pause"], ThreeRooms.fleet(), bench) == 0)
    #expect(bench.errors.contains("There is no open rollout."))
  }

  @Test func `one that was asked for too late stops nothing of the next run`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    let id = try #require(try bench.store.ids().last)
    for kind in StopRequest.Kind.allCases { try StopRequest(kind, in: bench.store.path(of: id)).make() }
    #expect(await ThreeRooms.run(["clear", "veg"], hosts, bench) == 0)
    hosts.set("veg") { $0.cutover = .upgraded }
    #expect(await ThreeRooms.run(["resume", "-y", "--retry"], hosts, bench) == 0)
    #expect(Set(hosts.versions().values) == ["4.2.0"])
  }
}
