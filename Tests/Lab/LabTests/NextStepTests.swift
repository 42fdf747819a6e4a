import Foundation
import Glibc
import TestSupport
import Testing

extension OnRealHosts {
  /// What a report says to type next is typed here, to the letter, on a host in that state, and helps.
  @Suite("The next step", .serialized) struct NextStepTests {
    private let host = "flower"

    /// The commands behind `next:`, as words without `fleet`.
    private func steps(_ output: String) -> [[String]] {
      let lines = output.split(separator: "\n")
      guard let first = lines.firstIndex(where: { $0.hasPrefix("next: ") }) else { return [] }
      let rest = lines[(first + 1)...].prefix { $0.hasPrefix("      ") }
      let block = ([lines[first]] + rest).map { $0.dropFirst(6) }
      return block.compactMap { line in
        let command = line.firstRange(of: "    ").map { line[..<$0.lowerBound] } ?? line
        let words = command.split(separator: " ").map(String.init)
        return words.first == "fleet" ? Array(words.dropFirst()) : nil
      }
    }

    /// The text of a run that ends with 2, and what it leads to.
    private func trouble(_ laptop: Laptop) async throws -> (text: String, steps: [[String]]) {
      let ended = try await laptop.start(["upgrade", "--yes"]).ended()
      try #require(ended.code == 2, "\(ended)")
      return (ended.output, steps(ended.output))
    }

    /// Types a step that was printed; nobody is there to be asked.
    @discardableResult
    private func type(_ step: [String], _ laptop: Laptop, exits code: Int32 = 0) async throws -> String {
      let asks =
        step == ["plan", "--adopt", host]
        || ["upgrade", "clear", "rollback", "trust", "bootstrap", "resume", "abort"].contains(step[0])
      let ended = try await laptop.start(step + (asks ? ["--yes"] : [])).ended()
      try #require(ended.code == code, "\(step): \(ended)")
      return ended.output
    }

    private func only(_ command: String, _ steps: [[String]]) throws -> [String] {
      try #require(
        steps.first { $0.starts(with: command.split(separator: " ").map(String.init)) }, "\(steps)")
    }

    @Test func `after an app that was not well goes on in spite of it`() async throws {
      let (lab, laptop) = try await oneHost(host, profile: quickPrepare)
      try await lab.on(host, "systemctl stop growroomweb")
      let (text, steps) = try await trouble(laptop)
      #expect(text.contains("Unwell before anything was done: \(host)"))
      try await type(only("upgrade --repair", steps), laptop)
      #expect(try await lab.running(host) == "4.1.0")
    }

    @Test func `after an app that is current and not well shows what is wrong`() async throws {
      let (lab, laptop) = try await oneHost(host, profile: quickPrepare)
      try await lab.publish("v4.0.26")
      try await lab.on(host, "systemctl stop growroomweb")
      let (text, steps) = try await trouble(laptop)
      #expect(text.hasPrefix("Nothing was upgraded. Unwell before anything was done: \(host)."), "\(text)")
      #expect(
        try await type(only("doctor", steps), laptop, exits: 2).contains("growroomweb.service is inactive"))
      try await lab.on(host, "systemctl start growroomweb")
      try await laptop.fleet("doctor", exits: 0)
    }

    @Test func `after unknown files leaves them behind`() async throws {
      let (lab, laptop) = try await oneHost(host, profile: quickPrepare)
      try await lab.on(host, "echo mine >\(Lab.install)/notes.txt; chown growroom: \(Lab.install)/notes.txt")
      let (_, steps) = try await trouble(laptop)
      try await type(only("upgrade --leave", steps), laptop)
      #expect(try await lab.running(host) == "4.1.0")
      #expect(try await lab.on(host, "cat \(Lab.backups)/*/notes.txt") == "mine\n")
    }

    @Test func `after data that nobody named writes the lines for it`() async throws {
      let (lab, laptop) = try await oneHost(host, profile: quickPrepare)
      try await lab.on(
        host,
        "cd \(Lab.install); mkdir mine; python3 -c \"import sqlite3; "
          + "sqlite3.connect('mine/diary.db').executescript('CREATE TABLE t (x); INSERT INTO t VALUES (1)')\"; "
          + "chown -R growroom: mine")
      let (text, steps) = try await trouble(laptop)
      #expect(text.contains("mine/diary.db"), "\(text)")
      try await type(only("plan --adopt", steps), laptop)
      try await laptop.fleet("upgrade", "--yes", exits: 0)
      #expect(try await lab.running(host) == "4.1.0")
      #expect(try await lab.on(host, "ls \(Lab.install)/mine") == "diary.db\n")
    }

    @Test func `after a host that was away goes on with it`() async throws {
      let (lab, laptop) = try await oneHost(host, profile: quickPrepare)
      try await lab.on(host, "systemctl stop ssh.socket ssh")
      let ended = try await laptop.start(["upgrade", "--yes"]).ended()
      try await lab.on(host, "systemctl start ssh")
      try #require(ended.code == 4, "\(ended)")
      try await type(only("upgrade", steps(ended.output)), laptop)
      #expect(try await lab.running(host) == "4.1.0")
    }

    @Test func `after a host that went away in the middle goes on with it`() async throws {
      let lab = try Lab.here
      let hosts = ["veg", host]
      try await lab.renew(hosts)
      try await lab.publish("v4.0.*", "v4.1.0")
      var setting = Laptop.Setting(hosts: hosts, profile: quickPrepare)
      setting.soak = "10s"
      let laptop = try await Laptop(lab, setting)
      let upgrade = try laptop.start(["upgrade", "--yes", "-o", "json"])
      try await laptop.told(upgrade, "soaking")
      upgrade.signal(SIGINT)
      #expect(await upgrade.ended().code == 130)
      let text = try await laptop.start(["report"]).ended().output
      try await type(only("resume", steps(text)), laptop)
      for host in hosts { #expect(try await lab.running(host) == "4.1.0") }
    }

    @Test func `after two entries for one install shows which they are`() async throws {
      let lab = try Lab.here
      try await lab.renew([host])
      try await lab.publish("v4.0.*", "v4.1.0")
      let setting = Laptop.Setting(
        hosts: [host], profile: quickPrepare, otherHosts: ["attic: \(Lab.address(host))"])
      let laptop = try await Laptop(lab, setting)
      try await laptop.fleet("trust", "--yes", "attic", exits: 0)
      let (_, steps) = try await trouble(laptop)
      let shown = try await type(only("status", steps), laptop, exits: 2)
      #expect(shown.contains("the same install as attic"), "\(shown)")
      // As fleet.yaml is mended then.
      try laptop.change("attic: \(Lab.address(host))", to: "")
      try await laptop.fleet("upgrade", "--yes", exits: 0)
      #expect(try await lab.running(host) == "4.1.0")
    }

    @Test func `after a stage that failed shows why, and tries again`() async throws {
      let prepare = [
        "steps:", "  prepare:",
        #"    - { run: "test -e /etc/growroom.fixed && cp -a \"$FLEET_OLD/env\" env" }"#,
      ]
      let (lab, laptop) = try await oneHost(host, profile: prepare)
      try await lab.on(host, "rm -f /etc/growroom.fixed")
      let (_, steps) = try await trouble(laptop)
      #expect(try await type(only("logs", steps), laptop).contains("/etc/growroom.fixed"))
      try await lab.on(host, "touch /etc/growroom.fixed")
      // Said again it is still remembered, and told the same.
      let (_, again) = try await trouble(laptop)
      #expect(again == steps)
      try await type(only("upgrade --retry", again), laptop)
      #expect(try await lab.running(host) == "4.1.0")
      try await lab.on(host, "rm /etc/growroom.fixed")
    }

    @Test func `after an upgrade that went back shows why, and clears the mark`() async throws {
      let (lab, laptop) = try await oneHost(host, profile: quickPrepare)
      try await lab.publish("v4.0.*", "v4.1.1")
      let (_, steps) = try await trouble(laptop)
      #expect(try await type(only("logs", steps), laptop) != "")
      // Said again the mark keeps it away, and leads to the same.
      let (marked, ways) = try await trouble(laptop)
      #expect(try marked.contains("4.1.1") && only("clear", ways) == only("clear", steps), "\(marked)")
      try await type(only("clear", ways), laptop)
      try await laptop.fleet("status", exits: 0)
      // It is the release: neither cron nor the end of that rollout puts it in again.
      let (again, _) = try await trouble(laptop)
      #expect(again.contains("4.1.1"))
      try await type(only("abort", steps), laptop)
      _ = try await trouble(laptop)
      #expect(try await lab.running(host) == Lab.oldest)
      try await lab.publish("v4.0.*", "v4.1.0")
      try await laptop.fleet("upgrade", "--yes", exits: 0)
      #expect(try await lab.running(host) == "4.1.0")
    }

    @Test func `after an upgrade that the host spoilt tries it again, once that is mended`() async throws {
      let (lab, laptop) = try await oneHost(
        host,
        profile: [
          "steps:", "  prepare:", #"    - { run: 'cp -a "$FLEET_OLD/env" env' }"#, "  finish:",
          #"    - { run: "test ! -e /etc/spoilt" }"#,
        ])
      try await lab.on(host, "touch /etc/spoilt")
      let (_, steps) = try await trouble(laptop)
      try await lab.on(host, "rm /etc/spoilt")
      try await type(only("clear", steps), laptop)
      let (_, again) = try await trouble(laptop)
      try await type(only("upgrade --retry", again), laptop)
      #expect(try await lab.running(host) == "4.1.0")
    }

    @Test func `after a package that is missing shows what the host needs`() async throws {
      let (lab, laptop) = try await oneHost(host, profile: quickPrepare + ["packages: [growroom-probe]"])
      let (_, steps) = try await trouble(laptop)
      let shown = try await type(only("doctor", steps), laptop, exits: 2)
      #expect(shown.contains("growroom-probe"), "\(shown)")
      try laptop.change("growroom-probe", to: "python3-venv")
      try await laptop.fleet("doctor", exits: 0)
      try await laptop.fleet("upgrade", "--yes", exits: 0)
      #expect(try await lab.running(host) == "4.1.0")
    }

    @Test func `after a host at which somebody else is at work shows who`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg", host])
      try await lab.publish("v4.0.*", "v4.1.0")
      var setting = Laptop.Setting(hosts: ["veg", host], profile: quickPrepare)
      setting.soak = "20s"
      let other = try await Laptop(lab, setting)
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: [host], profile: quickPrepare))
      let upgrade = try other.start(["upgrade", "--yes", "-o", "json"])
      try await other.told(upgrade, "soaking")
      let (text, steps) = try await trouble(laptop)
      #expect(text.contains("has it for ") && text.contains(other.folder), "\(text)")
      let shown = try await type(only("status", steps), laptop)
      #expect(shown.contains("claimed by "), "\(shown)")
      #expect(await upgrade.ended().code == 0)
      try await laptop.fleet("upgrade", "--yes", exits: 0)
      #expect(try await lab.running(host) == "4.1.0")
    }

    @Test
    func `after an old version that did not start again starts it on the host, and clear takes its mark`()
      async throws
    {
      let (lab, laptop) = try await oneHost(
        host,
        profile: [
          "steps:", "  prepare:", #"    - { run: 'cp -a "$FLEET_OLD/env" env' }"#, "  finish:",
          #"    - { run: "touch /etc/broken; exit 1", user: root }"#,
        ])
      let folder = "/etc/systemd/system/growroom.service.d"
      try await lab.on(
        host,
        "mkdir -p \(folder); cd \(folder); "
          + "printf '[Service]\\nExecStartPre=/usr/bin/test ! -e /etc/broken\\n' >whole.conf; systemctl daemon-reload"
      )
      let (text, steps) = try await trouble(laptop)
      try await lab.on(host, "rm -rf /etc/broken \(folder); systemctl daemon-reload")
      let title = try #require(text.split(separator: "\n").first { $0.hasPrefix("NEEDS HANDS") }, "\(text)")
      let command = try #require(title.components(separatedBy: "On the Pi: ").last)
      // As somebody at the Pi does it.
      let said = try await lab.on(host, "env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \(command) 2>&1")
      #expect(said.contains("runs again, and is well"), "\(said)")
      #expect(try await lab.running(host) == Lab.oldest)
      try await type(only("clear", steps), laptop)
      try await lab.expectTidy([host])
    }

    @Test func `after a host that was set up anew takes its key and brings the agent`() async throws {
      let (lab, laptop) = try await oneHost(host, profile: quickPrepare)
      let known = "\(laptop.folder)/inventory/known_hosts"
      // Another key than it has, and no agent: as after a new card.
      let other = try String(contentsOfFile: known, encoding: .utf8).split(separator: "\n")
        .map { line -> String in
          let words = line.split(separator: " ")
          guard words.count == 3, words[0].contains(host) else { return String(line) }
          let end = words[2].suffix(5)
          return "\(words[0]) \(words[1]) \(words[2].dropLast(5))\(end == "AAAAA" ? "BBBBB" : "AAAAA")"
        }
      try (other.joined(separator: "\n") + "\n").write(toFile: known, atomically: true, encoding: .utf8)
      try await lab.on(host, "rm -rf /usr/local/lib/fleet")
      let (text, _) = try await trouble(laptop)
      guard text.contains("fleet trust") else { throw LabTrouble(text) }
      try await laptop.fleet("trust", "--replace", "--yes", host, exits: 0)
      let (_, steps) = try await trouble(laptop)
      try await type(only("bootstrap", steps), laptop)
      try await laptop.fleet("upgrade", "--yes", exits: 0)
      #expect(try await lab.running(host) == "4.1.0")
    }
  }
}
