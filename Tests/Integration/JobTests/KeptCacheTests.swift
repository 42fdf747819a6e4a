import Foundation
import TestSupport
import Testing
import Wire

@testable import Agent

/// What steps keep in `$FLEET_CACHE` is there again at the next upgrade, and nobody else's.
@Suite(.serialized) struct KeptCacheTests {
  private func step(_ shell: String, user: String? = nil) -> Run {
    Run(command: .shell(shell), timeoutSeconds: 60, user: user)
  }

  private func stage(_ room: Room, _ job: String, _ steps: [Run], retry: Bool = false) throws -> JobResult {
    let result = try room.stage("4.1.0", job: job, retry: retry) {
      $0.steps.prepare = steps + $0.steps.prepare
    }
    guard result.outcome == nil else { return result }
    let session = try AgentSession(room)
    defer { session.close() }
    #expect(try session.ask(.cancel(app: "growroom", job: job)) == .ok)
    return result
  }

  /// What a test's step, the first of all, finds in it, and then puts there.
  private func takes(_ found: String, puts: String = "") -> Run {
    step(
      """
      [ "$(cat "$FLEET_CACHE"/* 2>/dev/null)" = '\(found)' ] || { ls -l "$FLEET_CACHE"; exit 1; }
      [ -z '\(puts)' ] || echo '\(puts)' >"$FLEET_CACHE/wheel"
      """)
  }

  private func kept(_ room: Room) -> String? {
    try? String(contentsOf: room.state.appending(path: "growroom/cache/wheel"), encoding: .utf8)
  }

  @Test func `the next upgrade finds what the last one kept`() throws {
    let room = try Room()
    #expect(try stage(room, "job-1", [takes("", puts: "one")]).outcome == nil)
    #expect(kept(room) == "one\n")
    #expect(try stage(room, "job-2", [takes("one", puts: "two")]).outcome == nil)
    #expect(kept(room) == "two\n")
    #expect(try stage(room, "job-3", [takes("two")]).outcome == nil)
    #expect(try room.leftovers() == [])
  }

  @Test func `a step that fails has kept it, too`() throws {
    let room = try Room()
    let failed = try stage(room, "job-1", [takes("", puts: "one"), step("exit 1")])
    #expect(failed.outcome == .refused)
    #expect(kept(room) == "one\n")
    // Said by the user: it may be what is wrong.
    #expect(try stage(room, "job-2", [takes("")], retry: true).outcome == nil)
  }

  @Test func `of more than may be kept nothing is, and that is told`() throws {
    let room = try Room()
    #expect(try stage(room, "job-1", [takes("", puts: "one")]).outcome == nil)
    var notes: [String] = []
    let more = step("fallocate -l \(JobLimits.cacheBytes + 1) \"$FLEET_CACHE/more\"")
    _ = try room.stage("4.1.0", job: "job-2") {
      $0.steps.prepare.insert(more, at: 0)
    } event: { event in
      if let text = event.text { notes.append(text) }
    }
    #expect(notes.contains { $0.contains("FLEET_CACHE is not kept: ") }, "\(notes)")
    #expect(kept(room) == nil)
  }

  @Test func `a file, or a link, in its place is not taken for it`() throws {
    let room = try Room()
    let place = room.state.appending(path: "growroom/cache").path
    #expect(try stage(room, "job-1", [takes("", puts: "one")]).outcome == nil)
    for (number, make) in ["echo x >\"$0\"", "ln -s /etc \"$0\""].enumerated() {
      try Shell.run("/bin/sh", "-c", "rm -rf \"$0\"; \(make)", place)
      #expect(try stage(room, "job-\(number + 2)", [takes("")]).outcome == nil)
    }
    #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
  }

  @Test(.asRoot) func `a step of root's does not see the app's user's, and another user gets an empty one`()
    throws
  {
    let room = try Room(owner: "games")
    let looks = step("[ -z \"${FLEET_CACHE+x}\" ] && [ ! -e \"$HOME/../kept\" ]", user: "root")
    let writes = step("id -un >\"$FLEET_CACHE/wheel\"; [ \"$(stat -c %a \"$FLEET_CACHE\")\" = 700 ]")
    #expect(try stage(room, "job-1", [looks, writes]).outcome == nil)
    #expect(kept(room) == "games\n")
    #expect(try stage(room, "job-2", [looks, takes("games")]).outcome == nil)
    try Shell.run("/bin/chown", "-R", "daemon:daemon", room.state.appending(path: "growroom/cache").path)
    #expect(try stage(room, "job-3", [looks, takes("")]).outcome == nil)
  }
}
