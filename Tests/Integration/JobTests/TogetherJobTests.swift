import Files
import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Upgrade
@testable import Agent

/// What else may be going on at a host while a job runs there, or before it.
@Suite(.serialized) struct TogetherJobTests {
  private func ask(_ room: Room, _ request: Request) throws -> Reply {
    let session = try AgentSession(room)
    defer { session.close() }
    return try session.ask(request)
  }

  /// Asks over connections of their own, all at once.
  private func askAtOnce(_ room: Room, _ requests: [Request]) async throws -> [Reply] {
    try await withThrowingTaskGroup(of: (Int, Reply).self) { group in
      for (index, request) in requests.enumerated() {
        group.addTask { try await onOwnThread { (index, try ask(room, request)) } }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(\.value)
    }
  }

  @Test func `of several coordinators one gets the host, and the others are told who has it`() async throws {
    let room = try Room()
    var winner = ""
    for round in 0..<5 {
      let names = (0..<8).map { "rollout-\(round)-\($0)" }
      let claims = names.map {
        Claim(rollout: $0, who: "me@\($0)", inventory: nil, sinceMilliseconds: 0, lifetimeSeconds: 600)
      }
      let replies = try await askAtOnce(room, claims.map { .claim(app: "growroom", $0) })
      #expect(replies.count { $0 == .ok } == 1, "\(replies)")
      winner = names[try #require(replies.firstIndex(of: .ok))]
      #expect(try room.hostStatus().claim?.rollout == winner)
      let told = replies.compactMap { if case .claimed(let claim) = $0 { claim.rollout } else { nil } }
      #expect(told == Array(repeating: winner, count: names.count - 1))
      if round < 4 { #expect(try ask(room, .unclaim(app: "growroom", rollout: winner)) == .ok) }
    }

    #expect(throws: (any Error).self, "nobody else stages") { try room.stage("4.1.0", job: "somebody") }
    #expect(try room.stage("4.1.0", job: winner).outcome == nil)
    // Given twice at once, by a coordinator that thinks its connection is gone: cut over once.
    let order = Request.cutover(CutoverOrder(app: "growroom", job: winner, lifetimeSeconds: 300))
    #expect(try await askAtOnce(room, [order, order, order]).contains(.ok))
    let events = try followToTheEnd(room, winner)
    #expect(events.last?.result?.outcome == .upgraded)
    #expect(events.count { $0.event == .down } == 1 && events.count { $0.event == .up } == 1)
    #expect(room.version == "4.1.0")
  }

  @Test func `a second install under the name of the first is refused, until the first has gone`() throws {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    let second = room.folder.appending(path: "second").path
    try Shell.run("/bin/cp", "-a", room.install.path, second)
    // What is known of the first would be taken for the second's: backups, marks, the staged tree.
    func move(_ profile: inout AppProfile) { profile.install = second }
    do {
      _ = try room.stage("4.2.0", job: "job-2", from: "4.1.0", change: move)
      Issue.record("it was taken")
    } catch { #expect("\(error)".contains("is of \(room.install.path), not of \(second)"), "\(error)") }
    #expect(try room.hostStatus().state == "idle")
    // One that moved is the same.
    let elsewhere = room.folder.appending(path: "moved").path
    try Shell.run("/bin/mv", second, elsewhere)
    try Shell.run("/bin/ln", "-s", room.install.path, second)
    do { _ = try room.stage("4.2.0", job: "job-3", from: "4.1.0", change: move) } catch {
      #expect(!"\(error)".contains("not of"), "\(error)")
    }
  }

  private func followToTheEnd(_ room: Room, _ job: String) throws -> [JobEvent] {
    let session = try AgentSession(room)
    defer { session.close() }
    var events: [JobEvent] = []
    repeat {
      events += try session.follow(job, after: events.last?.seq ?? 0)
    } while events.last?.result?.outcome == nil
    return events
  }

  @Test func `a person who runs the agent by hand in the middle of a job changes nothing of it`() throws {
    let room = try Room()
    var recoveries: [TalkingChild] = []
    var typed: [Step] = []
    func type(_ event: JobEvent, at step: Step) throws {
      guard event.event == .stepStarted, event.step == step else { return }
      // Waits for its turn, which comes when the job rests.
      recoveries.append(try room.startAgent("recover"))
      #expect(throws: (any Error).self, "going back meanwhile") { try room.agent("rollback") }
      #expect(try room.agent("status").contains("job-1"))
      try room.agent("clear")
      try room.agent("logs")
      typed.append(step)
    }
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.carry.append(Wire.Carry(kind: .copy, path: "slow"))
      $0.steps.prepare.insert(Run(command: .shell("sleep 4"), timeoutSeconds: 60), at: 0)
      $0.steps.migrate.append(Run(command: .shell("[ ! -e slow ] || sleep 4"), timeoutSeconds: 60))
    } event: {
      try type($0, at: .prepare)
    }
    #expect(staged.outcome == nil, "\(staged)")
    try room.put("", at: "slow")
    let result = try room.cutover(job: "job-1") { event, _ in try type(event, at: .migrate) }
    #expect(typed == [.prepare, .migrate])
    #expect(result.outcome == .upgraded, "\(result)")
    for recovery in recoveries { #expect(recovery.wait() == 0) }
    #expect(room.version == "4.1.0")
    #expect(try room.hostStatus().last?.outcome == .upgraded)
    #expect(try room.leftovers() == [])
  }

  @Test func `a person's recover leaves an order to its process`() throws {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    try room.orderOnly(job: "job-1")
    let person = try room.startAgent("recover")
    usleep(1_000_000)
    try room.agent("job", "growroom", "job-1", "cutover")
    #expect(person.wait() == 0)
    let last = try room.hostStatus().last
    #expect(last?.outcome == .upgraded && room.version == "4.1.0", "\(String(describing: last))")
  }

  @Test func `the app's own updater defers the upgrade, in the stage and right before the stop`() throws {
    let room = try Room()
    func stage(_ job: String) throws -> JobResult {
      try room.stage("4.1.0", job: job) {
        $0.ignore += [".upgrade", ".lock"]
        $0.guards = [
          Guard(
            run: Run(command: .shell("! grep -qs 1 .upgrade"), timeoutSeconds: 20),
            why: "its own upgrade runs"),
          Guard(
            run: Run(command: .shell("flock --nonblock .lock true"), timeoutSeconds: 20),
            why: "its updater has the lock"),
        ]
      }
    }
    let poller = Poller(port: room.port)
    try room.put("1", at: ".upgrade")
    let early = try stage("job-1")
    #expect(
      early.outcome == .deferred && early.reason?.text.contains("its own upgrade runs") == true, "\(early)")
    #expect(try room.leftovers() == [])
    try room.put("0", at: ".upgrade")
    #expect(try stage("job-2").outcome == nil)

    let updater = try room.startPython(
      """
      import fcntl, sys, time
      lock = open(sys.argv[1] + '/.lock', 'w'); fcntl.flock(lock, fcntl.LOCK_EX)
      print('ready', flush=True); time.sleep(600)
      """)
    let late = try room.cutover(job: "job-2")
    #expect(late.outcome == .deferred && late.reason?.text.contains("has the lock") == true, "\(late)")
    updater.kill()
    #expect(try room.hostStatus().state == "staged", "the stage stays good")

    // It has done its work meanwhile: what was staged came from another version.
    let config = try #require(room.text("growroom/config.py"))
    try room.put(config.replacing("4.0.26", with: "4.0.27"), at: "growroom/config.py")
    let stale = try room.cutover(job: "job-2")
    #expect(stale.outcome == .deferred && stale.reason?.code == .stageExpired, "\(stale)")
    #expect(stale.reason?.text.contains("another version is installed now") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    try room.put(config, at: "growroom/config.py")
    #expect(try room.cutover(job: "job-2").outcome == .upgraded)
  }

  /// What another app's agent holds in its cutover, on the machine of the room.
  private func turn(_ room: Room, isShared: Bool = false) throws -> FileLock {
    try FileLock.take(
      FilePath(room.state.path).appending(".cutover.lock"), owner: "mycodo", isShared: isShared)
  }

  @Test func `waits for the cutover of another app on the machine, and defers where that takes too long`()
    throws
  {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    let poller = Poller(port: room.port)
    let held = try turn(room)
    let late = try room.cutover(job: "job-1", lifetimeSeconds: 2)
    #expect(late.outcome == .deferred && late.reason?.code == .orderExpired, "\(late)")
    #expect(
      late.reason?.text.contains("another cutover on this machine is still under way: held by mycodo") == true
    )
    #expect(try room.hostStatus().state == "staged", "the stage stays good")
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    var other: FileLock? = consume held
    var isDown = false
    let result = try room.cutover(job: "job-1") { event, _ in
      if event.event == .down { isDown = true }
      guard event.text?.contains("waits for another cutover on this machine") == true else { return }
      #expect(!isDown)
      other = nil
    }
    _ = other
    #expect(result.outcome == .upgraded, "\(result)")
    #expect(isDown)
    // Its own is over.
    _ = try turn(room)
  }

  @Test func `those that may be down at once wait for none of their kind`() throws {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    let held = try turn(room, isShared: true)
    let alone = try room.cutover(job: "job-1", lifetimeSeconds: 2)
    #expect(
      alone.reason?.text.contains("another cutover on this machine is still under way") == true, "\(alone)")
    #expect(try room.cutover(job: "job-1", together: true).outcome == .upgraded)
    held.release()
  }

  @Test func `a reboot in the middle of the stage leaves nothing of it`() throws {
    let room = try Room()
    struct Off: Error {}
    do {
      _ = try room.stage("4.1.0", job: "job-1") {
        $0.steps.prepare.append(Run(command: .shell("sleep 600"), timeoutSeconds: 900))
      } event: { event in
        if event.event == .stepStarted, event.step == .prepare { throw Off() }
      }
    } catch is Off {}
    room.killAgents()
    let paths = room.agentPaths
    var journal = try Journal.open(paths.journal)
    #expect(journal.current.state == .begin)
    try journal.record(.begin, job: "job-1", cause: nil, bootID: "boot-1")
    let poller = Poller(port: room.port)
    try room.agent("recover", "--boot-files")
    try room.agent("recover", "--boot-settle")
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    let last = try room.hostStatus().last
    #expect(last?.outcome == .interrupted, "\(String(describing: last))")
    #expect(try room.hostStatus().mark == nil)
    #expect(try room.leftovers() == [])
    #expect(try room.agent("recover").contains("nothing to recover"))
    #expect(try room.stage("4.1.0", job: "job-2").outcome == nil)
    #expect(try room.cutover(job: "job-2").outcome == .upgraded)
  }

  @Test func `a shutdown in the middle is no failure: the old version is back, and there is no mark`() throws
  {
    let room = try Room()
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.steps.migrate.append(Run(command: .shell("[ ! -e shutdown ] || sleep 600"), timeoutSeconds: 900))
      $0.carry.append(Wire.Carry(kind: .copy, path: "shutdown"))
    }
    #expect(staged.outcome == nil)
    try room.put("", at: "shutdown")
    let rows = try #require(room.lastAcknowledged)
    let result = try room.cutover(job: "job-1") { event, _ in
      guard event.event == .stepStarted, event.step == .migrate else { return }
      try Shell.run("/usr/bin/pkill", "-TERM", "-f", "\(room.state.path)/.*fleet-agent job ")
    }
    #expect(result.outcome == .interrupted, "\(result)")
    // What ended is undone by its parent, as at a boot by the boot units.
    #expect(eventually(seconds: 60) { (try? room.hostStatus().state) == "idle" })
    #expect(try room.hostStatus().last?.outcome == .interrupted)
    #expect(try room.hostStatus().mark == nil)
    #expect(room.version == "4.0.26" && room.lastAcknowledged ?? 0 >= rows)
    #expect(try room.leftovers() == [])
  }

  @Test
  func `an old version that is not healthy is refused before the stop, and repaired where that is asked`()
    throws
  {
    let room = try Room(version: "4.1.0")
    func stage(_ version: String, _ job: String, repair: Bool) throws -> JobResult {
      try room.stage(version, job: job, from: "4.1.0", repair: repair) {
        Room.givesUpSoon(&$0)
        $0.ignore.append("sick")
        $0.health.checks.append(
          .run(Run(command: .shell("cat sick && exit 1 || exit 0"), timeoutSeconds: 20), expect: nil))
      }
    }
    try room.put("Error: Sensor", at: "sick")
    let poller = Poller(port: room.port)
    let refused = try stage("4.2.0", "job-1", repair: false)
    #expect(refused.outcome == .refused && refused.reason?.code == .unhealthy, "\(refused)")
    #expect(refused.reason?.text.contains("Error: Sensor") == true)
    #expect(refused.reason?.text.contains("--repair") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(try room.leftovers() == [])

    // A release that is no better: back to what there was, which runs as it ran.
    #expect(try stage("4.1.1", "job-2", repair: true).outcome == nil)
    let undone = try room.cutover(job: "job-2")
    #expect(undone.outcome == .rolledBack && undone.healthy == false, "\(undone)")
    #expect(room.version == "4.1.0" && room.has("sick"))
    #expect(try room.leftovers() == [])
    try room.agent("clear")

    #expect(try stage("4.2.0", "job-3", repair: true).outcome == nil)
    #expect(try room.cutover(job: "job-3").outcome == .upgraded)
    #expect(room.version == "4.2.0")
  }
}
