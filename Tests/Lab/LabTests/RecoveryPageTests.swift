import Foundation
import Glibc
import Testing

extension OnRealHosts {
  /// What docs/recovery.md tells people to type is typed here, to the letter.
  @Suite("The page about getting home by hand", .serialized) struct RecoveryPageTests {
    /// The beginnings of what the tests below type.
    private static let agent = "sudo fleet-agent "
    private static let typed =
      ["status", "recover", "logs", "clear", "backups", "rollback"].map { agent + $0 } + [
        "systemctl status", "systemctl stop 'fleet", "systemctl stop growroom", "cat \(Lab.install)",
        "mv \(Lab.install)",
        "cp /var/lib", "cp -a BACKUP", "rm -f /run", "systemctl start", "rm /var/lib",
      ]

    @Test func `has no command that nobody tried`() throws {
      let commands = try RecoveryPage().commands
      #expect(commands.count == Self.typed.count)
      for command in commands {
        #expect(Self.typed.contains { command.hasPrefix($0) }, "\(command)")
      }
    }

    @Test func `is right about the agent's verbs`() async throws {
      let page = try RecoveryPage()
      let (lab, laptop) = try await oneHost("flower")
      func type(_ verb: String) async throws -> String {
        try await lab.on("flower", page.command(Self.agent + verb))
      }
      try await lab.publish("v4.0.*", "v4.1.0", "v4.1.1")
      try await laptop.report("upgrade", "--yes", exits: 2).expect(["flower": "rolled_back"])
      #expect(try await type("status").contains("MARKED"))
      // How much is free changes by itself: other hosts share this machine's disk.
      func state() async throws -> String { try await type("status").replacing(#/\n  free .*/#, with: "") }
      let before = try await state()
      _ = try await type("recover")
      #expect(try await state() == before, "recover changed something though no job was open")
      #expect(try await type("logs").contains("alembic"))
      #expect(try await lab.on("flower", page.command("systemctl status")).contains("Active: active"))
      _ = try await type("clear")
      #expect(try await !type("status").contains("MARKED"))

      try await lab.publish("v4.0.*", "v4.1.0")
      try await laptop.report("upgrade", "--yes", exits: 0).expect(["flower": "upgraded"])
      #expect(try await type("backups").contains("4.0.26"))
      _ = try await type("rollback")
      #expect(try await lab.running("flower") == "4.0.26")
      try await lab.expectTidy(["flower"])
    }

    @Test(arguments: ["migrate", "prove"])
    func `brings the old version back when all of fleet is broken in the middle`(step: String) async throws {
      let (lab, laptop) = try await oneHost("flower", profile: slowMigration)
      // Time to break it in, also where the machine does much else.
      try laptop.change("healthy_for: 2s", to: "healthy_for: 30s")
      try laptop.change("deadline: 20s", to: "deadline: 90s")
      let watcher = try await Watcher(lab, ["flower"])
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await laptop.told(upgrade, "step_started", step: step)
      // Nobody comes back in, or follows, while it is broken.
      upgrade.signal(SIGKILL)
      _ = await upgrade.ended()
      try await lab.on("flower", Self.breakFleet)

      let page = try RecoveryPage()
      func type(_ beginning: String) async throws -> String {
        try await lab.on("flower", page.command(beginning))
      }
      _ = try await type("systemctl stop 'fleet")
      let marker = try? await type("cat \(Lab.install)")
      // As the page says: where something of fleet still worked that has ended the job, and the app runs.
      if step == "prove", marker == nil, try await lab.running("flower") == Lab.oldest {
        _ = await watcher.stop()
        try await laptop.fleet("bootstrap", "--yes", exits: 0)
        return try await lab.expectTidy(["flower"])
      }
      #expect((marker?.contains("4.1.0") == true) == (step == "prove"), "\(marker ?? "no marker")")
      if step == "prove" {
        _ = try await type("systemctl stop growroom")
        _ = try await type("mv \(Lab.install)")
        let jobs = "/var/lib/fleet-agent/growroom/jobs"
        let job = try await lab.on("flower", "ls \(jobs)").trimmingCharacters(in: .newlines)
        for unit in ["growroom.service", "growroomweb.service"] {
          #expect(try await lab.on("flower", "cat \(jobs)/\(job)/saved-units/\(unit).had") == "file")
          try await lab.on(
            "flower",
            page.command("cp /var/lib").replacing("JOB", with: job).replacing("UNIT", with: unit))
        }
      }
      _ = try await type("rm -f /run")
      _ = try await type("systemctl start")
      _ = try await type("rm /var/lib")
      try await eventually("the old version runs again") {
        try await lab.running("flower") == "4.0.26" ? () : nil
      }
      try await expectAllRows(
        "flower", await watcher.stop()["flower"]?.filter { $0.version == "4.0.26" } ?? [], lab)

      // A boot without fleet, and then fleet again.
      try await lab.cutPower("flower", for: .zero)
      try await eventually("the old version runs after a boot") {
        try await lab.running("flower") == "4.0.26" ? () : nil
      }
      try await laptop.fleet("bootstrap", "--yes", exits: 0)
      try await laptop.report("upgrade", "--yes", exits: 4).expect(["flower": "interrupted"])
      try await laptop.report("resume", "--yes", exits: 0).expect(["flower": "upgraded"])
      #expect(try await lab.running("flower") == "4.1.0")
      try await lab.on("flower", "rm -rf \(Lab.install).broken")
      try await lab.expectTidy(["flower"])
    }

    /// No program of fleet's works any more, nor the copies of its jobs, and what was running is gone at once.
    private static let breakFleet = """
      set -e
      for program in /usr/local/lib/fleet/fleet-agent /var/lib/fleet-agent/growroom/jobs/*/fleet-agent; do
        printf '#!/bin/sh\\nexit 1\\n' >"$program.broken"
        chmod 755 "$program.broken"
        mv "$program.broken" "$program"
      done
      # Who answers the coordinator still runs the program that was there, and would recover with it.
      for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        pkill -KILL -f '[f]leet-agent (serve|recover)' || true
        systemctl kill --signal=KILL 'fleet-cutover-*' || true
        left=$(systemctl list-units --plain --no-legend --state=active,activating,deactivating 'fleet-cutover-*')
        [ -n "$left" ] || break
        sleep 0.2
      done
      """

    @Test func `brings a backup back when the install is gone`() async throws {
      let page = try RecoveryPage()
      let (lab, laptop) = try await oneHost("flower")
      try await laptop.report("upgrade", "--yes", exits: 0).expect(["flower": "upgraded"])
      try await lab.on(
        "flower", "\(Self.breakFleet); systemctl stop growroom growroomweb; rm -r \(Lab.install)")
      let backup = try await lab.on("flower", "ls -d \(Lab.backups)/*4.0.26*").split(separator: "\n").last
      let restore = try page.command("cp -a BACKUP").replacing("BACKUP", with: try #require(backup))
      try await lab.on("flower", restore)
      try await lab.on("flower", page.command("systemctl start"))
      try await eventually("the old version runs again") {
        try await lab.running("flower") == "4.0.26" ? () : nil
      }
      try await laptop.fleet("bootstrap", "--yes", exits: 0)
      try await laptop.report("upgrade", "--yes", exits: 0).expect(["flower": "upgraded"])
      try await lab.expectTidy(["flower"])
    }
  }
}

/// What docs/recovery.md tells people to type on the Pi, with the names of the lab's app in it: indented lines, the
/// numbered steps' commands, and what stands behind a `$` in a fenced block but `fleet`, which is typed elsewhere.
private struct RecoveryPage {
  let commands: [String]

  init() throws {
    let text = try String(contentsOfFile: LabMachine.file("docs/recovery.md"), encoding: .utf8)
    var isFenced = false
    var found: [String] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("```") {
        isFenced.toggle()
      } else if isFenced {
        if line.hasPrefix("$ "), !line.hasPrefix("$ fleet ") { found.append(String(line.dropFirst(2))) }
      } else if line.hasPrefix("    ") {
        found.append(String(line))
      } else if line.firstMatch(of: #/^( {3}|\d\. )/#) != nil {
        found += line.matches(of: #/`((?:systemctl|cat|cp|mv|rm) [^`]+)`/#).map { String($0.1) }
      }
    }
    let names = [
      ("INSTALL", Lab.install), ("WORK", "/opt/.fleet-growroom"), ("APP", "growroom"),
      ("SERVICE ...", "growroom growroomweb"),
    ]
    // What helps with several symptoms stands below each of them.
    commands = found.reduce(into: []) { commands, line in
      let typed = line.prefix { $0 != "#" && $0 != "[" }.trimmingCharacters(in: .whitespaces)
      let command = names.reduce(typed) { $0.replacing($1.0, with: $1.1) }
      if !commands.contains(command) { commands.append(command) }
    }
  }

  func command(_ beginning: String) throws -> String {
    let found = commands.filter { $0.hasPrefix(beginning) }
    try #require(found.count == 1, "\(beginning): \(found)")
    return found[0]
  }
}
