import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Hosts
@testable import Driver
@testable import Store
@testable import Inventory
@testable import Coordinator

/// One's own claim never locks one out; another's is told as what it is: somebody at work.
@Suite struct OwnClaimTests {
  private func run(
    _ words: [String], _ hosts: SimulatedFleet, _ bench: TestBench, answers: [String]? = nil,
    change: (inout Fleet) -> Void = { _ in }
  ) async -> Int32 {
    await ThreeRooms.run(words, hosts, bench, answers: answers, change: change)
  }

  private func claims(_ hosts: SimulatedFleet) -> [String: String] {
    hosts.agents.compactMapValues { agent in agent.read { $0.status.claim?.rollout } }
  }

  private func claim(_ rollout: String, who: String = "me@laptop") -> Claim {
    Claim(
      rollout: rollout, who: who, inventory: "/inventory", host: "veg", sinceMilliseconds: 1_795_342_500_000,
      lifetimeSeconds: 1_800)
  }

  /// Ctrl-C twice while veg is in its cutover, which then goes on by itself.
  private func letGo(_ hosts: SimulatedFleet, _ bench: TestBench) async throws {
    let gate = Gate()
    hosts.set("veg") { $0.gate = gate }
    async let code = run(["upgrade", "-y"], hosts, bench)
    while hosts.executions()["veg"] == 0 { try await Task.sleep(for: .milliseconds(2)) }
    bench.interrupt()
    bench.interrupt()
    #expect(await code == 130)
    gate.open()
    // Whoever is in the middle of a conversation gives no claim back.
    let id = try #require(try bench.store.ids().last)
    hosts.agents["veg"]?.change { $0.status.claim = claim(id) }
  }

  @Test func `a resume that learns how it ended gives the claim back`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    try await letGo(hosts, bench)
    #expect(await run(["resume", "-y"], hosts, bench) == 0)
    #expect(claims(hosts) == [:])
    #expect(await run(["rollback", "veg", "-y"], hosts, bench) == 0)
    #expect(hosts.versions()["veg"] == "4.1.0")
    #expect(claims(hosts) == [:])
  }

  /// The log knows the end already (it was told before the crash), so the host is not followed again.
  @Test func `so does one that finds the job ended when it asks`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    #expect(await run(["upgrade", "-y", "veg"], hosts, bench) == 0)
    let id = try #require(try bench.store.ids().last)
    let path = bench.store.path(of: id).appending("events.jsonl")
    let lines = try StateFiles.read(path).split(separator: 0x0A)
    let cut = try #require(lines.firstIndex { String(decoding: $0, as: UTF8.self).contains("stage_began") })
    try StateFiles.write(Array(lines.prefix(cut + 1).joined(separator: [0x0A])) + [0x0A], to: path)
    hosts.agents["veg"]?.change { $0.status.claim = claim(id) }
    #expect(await run(["resume"], hosts, bench) == 0)
    #expect(claims(hosts) == [:])
    #expect(hosts.executions()["veg"] == 1)
  }

  @Test(arguments: [["upgrade", "-y"], ["stage", "-y"], ["rollback", "veg", "-y"]])
  func `what a fleet that is no more has claimed is taken`(words: [String]) async throws {
    for ending in ["", ".2"] {
      let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
      #expect(await run(["stage", "-y"], hosts, bench) == 0)
      let name = try #require(try bench.store.ids().last) + ending
      hosts.agents["veg"]?.change { $0.status.claim = claim(name) }
      #expect(await run(["plan"], hosts, bench) == 0)
      #expect(await run(words, hosts, bench) == 0, "\(name): \(bench.output) \(bench.errors)")
      #expect(claims(hosts) == [:])
    }
  }

  @Test func `a second try takes the claim that the first one left`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    let id = try #require(try bench.store.ids().last)
    #expect(await run(["clear", "veg"], hosts, bench) == 0)
    hosts.agents["veg"]?.change {
      $0.status.claim = claim(id)
      ($0.conduct.cutover, $0.conduct.reason) = (.upgraded, nil)
    }
    #expect(await run(["resume", "--retry", "-y", "veg"], hosts, bench) == 0)
    #expect(hosts.executions()["veg"] == 2 && claims(hosts) == [:])
  }

  /// Each is taken with the dead rollout's log in hand, longer than anybody waits for that.
  @Test func `hosts that one killed rollout left its claims on are taken side by side`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    #expect(await run(["stage", "-y"], hosts, bench) == 0)
    let id = try #require(try bench.store.ids().last)
    for name in ThreeRooms.names { hosts.set(name) { $0.connectError = .unreachable("\(name): no route") } }
    #expect(await run(["abort", "-y"], hosts, bench) == 4)
    for (index, name) in ThreeRooms.names.enumerated() {
      hosts.set(name) { ($0.connectError, $0.unclaimTakes) = (nil, .milliseconds(600)) }
      hosts.agents[name]?.change {
        $0.status.claim = claim(index == 0 ? id : "\(id).\(index + 1)")
        ($0.status.state, $0.status.openJob) = ("idle", nil)
      }
    }
    bench.forget()
    #expect(await run(["upgrade", "-y"], hosts, bench) == 0, "\(bench.output)")
    #expect(hosts.versions().values.allSatisfy { $0 == "4.2.0" })
    #expect(claims(hosts) == [:])
    // Somebody who takes that rollout up is not disturbed, and its log is not held any longer.
    #expect(!bench.store.isDriven(id))
  }

  @Test(arguments: ["you@pc", "me@laptop"])
  func `another's claim is not taken, nor one of a rollout that is not known here`(who: String) async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    let other = claim("20261122-090000-v4.2.0", who: who)
    hosts.agents["veg"]?.change { $0.status.claim = other }
    #expect(await run(["plan"], hosts, bench) == 2)
    #expect(bench.output.contains("refused: \(who) has it for 20261122-090000-v4.2.0 of /inventory since 20"))
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(await run(["rollback", "veg", "-y"], hosts, bench) == 2)
    #expect(hosts.executions() == ["veg": 0, "flower": 1, "dry": 1])
    #expect(claims(hosts) == ["veg": other.rollout])
    // Whoever is called the same may be at work: clear is about the host.
    #expect(await run(["clear", "veg"], hosts, bench) == 0)
    #expect(await run(["abort", "-y"], hosts, bench) == 0)
    #expect(claims(hosts) == ["veg": other.rollout])
    // Where one's own state is lost, one says so oneself.
    bench.forget()
    #expect(await run(["abort"], hosts, bench, answers: ["y"]) == 0)
    #expect(claims(hosts) == (who == "me@laptop" ? [:] : ["veg": other.rollout]))
    #expect(bench.questions.contains { $0.contains("another fleet may be at work") } == (who == "me@laptop"))
  }

  /// The other terminal is in `prove`: the new version is read there, and is not proved.
  private func inProve(_ hosts: SimulatedFleet, _ id: String) {
    hosts.agents["veg"]?.change {
      $0.version = "4.2.0"
      ($0.status.openJob, $0.status.state, $0.status.claim) = (id, "swapped", claim(id))
    }
  }

  @Test func `another terminal that is at work is told as that: 1, and nobody is called current`()
    async throws
  {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    #expect(await run(["stage", "-y"], hosts, bench) == 0)
    let id = try #require(try bench.store.ids().last)
    inProve(hosts, id)
    let (held, _) = try bench.store.open(id)
    for words in [["upgrade", "-y"], ["stage", "-y"], ["upgrade", "-y", "veg"]] {
      bench.forget()
      #expect(await run(words, hosts, bench) { $0.skip = ["4.2.0"] } == 1, "\(words)")
      #expect(bench.errors.contains("fleet: another fleet on this machine is at work on the rollout 20"))
      #expect(bench.errors.contains("look: fleet status") && !bench.errors.contains("events.jsonl"))
      #expect(bench.output == "")
    }
    bench.forget()
    #expect(await run(["plan", "veg"], hosts, bench) == 2)
    #expect(
      bench.output.contains(
        "refused: in its cutover; me@laptop has it for \(id) of /inventory since 20"),
      "\(bench.output)")
    #expect(!bench.output.contains("current"))
    #expect(await run(["clear", "veg"], hosts, bench) == 0)
    #expect(claims(hosts)["veg"] == id, "the other one is at work")
    withExtendedLifetime(held) {}
  }

  @Test func `a host in its cutover that nobody follows is told as that, and resume is named`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    #expect(await run(["stage", "-y"], hosts, bench) == 0)
    let id = try #require(try bench.store.ids().last)
    inProve(hosts, id)
    #expect(await run(["plan", "veg"], hosts, bench) == 2)
    #expect(
      bench.output.contains(
        "refused: \(id) is in its cutover there, and nobody follows it: fleet resume does"))
    bench.forget()
    hosts.agents["veg"]?.change { $0.status.state = JobState.committed.rawValue }
    #expect(await run(["plan", "veg"], hosts, bench) == 2)
    #expect(
      bench.output.contains(
        "refused: \(id) is not settled there, and nobody follows it: fleet resume does where its rollout is open, "
          + "else on the Pi: fleet-agent recover, with sudo where the agent is root's"))
    hosts.agents["veg"]?.change { $0.status.state = JobState.proved.rawValue }
    bench.forget()
    #expect(await run(["abort"], hosts, bench, answers: ["y"]) == 0)
    #expect(await run(["abort"], hosts, bench) == 0)
    #expect(bench.errors.contains("veg: \(id) is in its cutover; fleet resume follows it."))
  }

  @Test func `abort takes back what a rollout of which nothing is kept has left`() async throws {
    let hosts = ThreeRooms.fleet()
    #expect(await run(["stage", "-y", "veg", "flower"], hosts, try TestBench()) == 0)
    let job = try #require(hosts.agents["veg"]?.read { $0.status.openJob })
    hosts.agents["flower"]?.change { $0.status.claim = claim(job, who: "you@pc") }
    hosts.agents["dry"]?.change { $0.status.claim = claim("20261101-101500-v4.1.0") }
    let bench = try TestBench()
    #expect(await run(["abort"], hosts, bench, answers: ["n"]) == 130)
    #expect(hosts.agents["veg"]?.read { $0.status.openJob } == job)
    #expect(await run(["abort"], hosts, bench, answers: ["y"]) == 0)
    #expect(
      bench.questions.last
        == "There is no open rollout. Take back what 20261101-101500-v4.1.0 and \(job) left on veg and dry? "
        + "Of what is on veg and dry nothing is kept here: another fleet may be at work with it. [y/N] "
    )
    #expect(hosts.agents["veg"]?.read { $0.status.openJob } == nil)
    #expect(hosts.agents["flower"]?.read { $0.status.openJob } == job, "somebody else's")
    #expect(claims(hosts) == ["flower": job])
    bench.forget()
    hosts.agents["flower"]?.change { ($0.status.openJob, $0.status.claim) = (nil, nil) }
    #expect(await run(["abort"], hosts, bench) == 0)
    #expect(bench.errors.contains("There is no open rollout."))
  }

  @Test func `abort says which hosts stay marked, and gives back the claim of whichever try`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    let id = try #require(try bench.store.ids().last)
    hosts.agents["veg"]?.change { $0.status.claim = claim("\(id).2") }
    #expect(await run(["abort", "-y"], hosts, bench) == 0)
    #expect(bench.errors.contains("Still marked: veg. Once mended: fleet clear veg"))
    #expect(claims(hosts) == [:])
  }
}
