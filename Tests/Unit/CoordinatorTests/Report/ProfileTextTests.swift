import CoordinatorSupport
import Foundation
import Release
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Hosts
@testable import Inventory
@testable import Report
@testable import Coordinator

/// A profile in plain words, and what a careful person would look at in it.
@Suite struct ProfileTextTests {
  private func sheet(_ path: String) throws -> ProfileSheet {
    let file = FilePath(Repository.file(path).path)
    return try ProfileSheet.read(
      file, app: try #require(ProfileSheet.app(of: file)),
      in: InventoryLocation(
        file: file.removingLastComponent().removingLastComponent().appending("fleet.yaml")))
  }

  private func lines(_ title: String, _ profile: Profile) -> [String] {
    ProfileText(profile).parts.first { $0.title == title }?.lines ?? []
  }

  private func advice(_ change: (inout Profile) -> Void) -> [String] {
    var profile = Self.careful
    change(&profile)
    return ProfileAdvice.lines(profile).map { "\($0.key): \($0.text)" }
  }

  /// One at which there is nothing to look.
  private static let careful: Profile = {
    var profile = TestFleet.profile
    let reading = Reading(file: "config.py", match: "(.*)")
    profile.agent.carry = [
      Wire.Carry(
        kind: .sqlite, path: "a.db", required: true, revision: Revision(table: "version", wanted: reading))
    ]
    profile.agent.steps.prepare = [Run(command: .shell("make"))]
    profile.agent.steps.migrate = [Run(command: .shell("migrate"))]
    profile.agent.health.checks = [.tcp(host: "127.0.0.1", port: 80)]
    return profile
  }()

  @Test func `the demonstration's profile is told in the order in which things are done`() throws {
    let profile = try #require(try sheet("demo/inventory/apps/growroom.yaml").profiles.first)
    #expect(ProfileText(profile).headline == "growroom, for any version")
    #expect(
      lines("What is where", profile) == [
        "/opt/growroom is upgraded, as a whole. Its version is what ^GROWROOM_VERSION = '([^']+)' reads in "
          + "growroom/config.py.",
        "What is extracted belongs to growroom:growroom, who also runs the commands and opens the databases.",
        "The old version becomes a backup in /opt/growroom-backups: the newest 3 stay, and the newest that worked.",
        "Unit files of the release go to /etc/systemd/system: install/growroom.service as growroom.service and "
          + "install/growroomweb.service as growroomweb.service.",
        "Debian packages that it needs: python3-venv, python3-alembic and python3-sqlalchemy; a host that lacks one is "
          + "refused.",
      ])
    #expect(
      lines("Where releases come from", profile) == [
        "They are the tags of growers/growroom, at GitHub.",
        "Of each must be proved: commit (the archive is of the commit that its tag names) and tree (its files are "
          + "those of that commit).",
      ])
    #expect(
      lines("What is carried over", profile) == [
        "databases/*.db: as a database, by SQLite's own backup; where it is missing, the host is refused. Its revision "
          + "(table alembic_version) must be the one that growroom/config.py of the release names.",
        "Copied; where one is missing, the host is refused: config.ini.",
        "Copied; as far as they are there: config_override.py and certs.",
        "As hard links, both versions have the same files; as far as they are there: cameras.",
        "Stays behind: env and **/__pycache__.",
        "A host that has anything else that is not as its release has it is refused; fleet plan lists it.",
      ])
    #expect(
      lines("While it is down", profile) == [
        "stop: growroomweb.service, then growroom.service. What has not stopped after 40 s is killed.",
        "The databases are carried for good, as they are then: databases/*.db.",
        "migrate, without network, as growroom in alembic_db, 15 min at most: "
          + "../env/bin/python -m alembic upgrade head",
        "The two trees change places, in one step.",
        "start: growroom.service, then growroomweb.service.",
      ])
    #expect(
      lines("What proves that it is well", profile).contains("http://127.0.0.1:8780/status answers 200."))
    #expect(
      lines("What proves that it is well", profile).last?.hasPrefix(
        "All of it holds for 5 s without a break, within 60 s after the start.") == true)
    #expect(
      lines("What an undo does", profile).first
        == "The new version is stopped, the old tree is put back, with the databases of the moment when it was "
        + "stopped, started, and proved in the same way.")
  }

  @Test func `what the app says of itself is told where it is written down and where it is compared`() throws
  {
    var profile = Self.careful
    #expect(!lines("While it is down", profile).contains { $0.contains("to be compared") })
    profile.agent.parity = [
      ParityCheck(name: "inputs", run: Run(command: .shell("ctl inputs"), timeoutSeconds: 60)),
      ParityCheck(
        name: "errors a minute", run: Run(command: .shell("ctl errors"), timeoutSeconds: 60),
        compare: .atMost,
        margin: 5),
    ]
    #expect(
      lines("While it is down", profile).contains {
        $0.hasPrefix("Written down right before, to be compared in the proof: inputs and errors a minute.")
      })
    let proof = lines("What proves that it is well", profile)
    #expect(
      proof.contains {
        $0.hasPrefix("inputs: what it prints right before the stop, line by line, it prints again, as ")
          && $0.hasSuffix(": ctl inputs")
      })
    #expect(
      proof.contains {
        $0.hasPrefix(
          "errors a minute: the number that it prints is no higher than right before the stop (5 more may be), as "
        )
      })
    let mycodo = try #require(try sheet("inventory/apps/mycodo.yaml").profiles.first)
    #expect(
      lines("What proves that it is well", mycodo).contains {
        $0.hasPrefix("PIDs: ") && $0.contains("import re, sqlite3, sys …") && $0.hasSuffix(" pid")
      })
  }

  @Test func `what runs as root, scripts and guards are told as that`() throws {
    let profile = try #require(try sheet("inventory/apps/mycodo.yaml").profiles.first)
    let before = lines("While the old version runs", profile)
    #expect(ProfileText(profile).headline == "Mycodo, for the versions >=8.16.0")
    #expect(
      before.contains { $0.hasPrefix("prepare, as root, 10 min at most: wrapper=") && $0.contains(" lines)") }
    )
    #expect(
      before.contains {
        $0.hasPrefix("guard, as mycodo, 60 s at most: case ")
          && $0.contains("deferred, after 15 min of asking: Mycodo's")
      }, "\(before)")
    #expect(before.allSatisfy { !$0.contains("\n") && $0.utf8.count < 700 })
  }

  @Test func `other sources, services and steps have their words`() {
    var profile = Self.careful
    profile.applies = VersionRange(">=4 <5")
    profile.source = .directory("/srv/archives")
    profile.verify.require = []
    profile.steppingStones = ["4.2.0"]
    profile.agent.owner = nil
    profile.agent.services = .commands(
      start: Run(command: .arguments(["run", "a b"])), stop: Run(command: .shell("stop")),
      status: Run(command: .shell("state")))
    profile.agent.outside = ["/var/lib/a"]
    profile.agent.downtimeBudgetSeconds = 90
    profile.agent.backupsBytes = 4_000_000_000
    profile.agent.steps.finish = [
      Run(command: .shell("link"), user: "root", undo: .shell("unlink")), Run(command: .shell("tell")),
    ]
    profile.agent.health.checks = [
      .http(HTTPCheck(url: "http://a", status: 302, body: "ok", unix: "/run/a.sock")),
      .run(Run(command: .shell("ask"), timeoutSeconds: 30), expect: "GOOD"),
    ]
    let all = ProfileText(profile).parts.flatMap(\.lines)
    for line in [
      "They are the archives in /srv/archives, on the machine where fleet is typed.",
      "Nothing has to be proved of them; fleet.lock holds each to what it was when it was first seen.",
      "No upgrade jumps over 4.2.0.", "Elsewhere it keeps /var/lib/a: saved after the stop.",
      "stop, as the install's owner, 10 min at most: stop",
      "start, as the install's owner, 10 min at most: run 'a b'",
      "Where the forecast of its downtime is over 90 s, the host is refused.",
      "finish, as root, 10 min at most: link", "link is taken back by: unlink", "tell is not taken back.",
      "http://a answers 302 through /run/a.sock, with ok in what it says.",
      "exit 0, and says GOOD, as the install's owner, 30 s at most: ask", "Put back, too: /var/lib/a.",
    ] {
      #expect(all.contains(line), "\(line)\n\(all.joined(separator: "\n"))")
    }
    #expect(all.contains { $0.hasSuffix("the newest that worked; together at most 4.0 GB.") })
  }

  @Test func `what a profile has in it cannot command a terminal`() {
    var profile = Self.careful
    profile.agent.name = "a\u{1B}[31m\u{202E}"
    profile.agent.steps.prepare = [
      Run(command: .shell("echo \u{1B}]0;x\u{7}" + String(repeating: "x", count: 9_000)))
    ]
    let text = ProfileText(profile)
    for line in [text.headline] + text.parts.flatMap(\.lines) {
      #expect(visible(line) == line && line.unicodeScalars.count < 400, "\(line)")
    }
  }

  // MARK: Advice

  @Test func `a careful profile is left alone, and each thing that is missing is said`() {
    #expect(advice { _ in } == [])
    let cases: [((inout Profile) -> Void, String)] = [
      ({ $0.agent.health.checks = [] }, "health: no checks: "),
      ({ $0.agent.health.healthyForSeconds = 0 }, "health: healthy_for is 0 s"),
      ({ $0.agent.services = .units([]) }, "services: none: "),
      (
        { $0.agent.owner = Owner(user: "root", group: "root") },
        "owner: all of the app's commands run as root"
      ),
      ({ $0.verify.require = [] }, "verify: nothing has to be proved"),
      ({ $0.verify.require = ["tree", "minisign"] }, "verify: minisign cannot be proved of this source"),
      ({ $0.verify.require = ["tree", "sha256"] }, "verify: sha256 cannot be proved of this source"),
      ({ $0.agent.carry[0].required = false }, "carry: a.db is not required"),
      ({ $0.agent.carry[0].revision = nil }, "carry: a.db has no revision"),
      (
        { $0.agent.carry.append(Wire.Carry(kind: .copy, path: "b.sqlite3")) },
        "carry: b.sqlite3 is carried as a file"
      ),
      ({ $0.agent.steps.migrate = [] }, "steps: no migrate, and a.db has a revision"),
      ({ $0.agent.steps.prepare = [] }, "steps: no prepare"),
      ({ $0.agent.steps.finish = [Run(command: .shell("x"))] }, "steps: finish has no undo"),
    ]
    for (change, says) in cases {
      let said = advice(change)
      #expect(said.count == 1 && said.first?.hasPrefix(says) == true, "\(says): \(said)")
    }
    let without = advice { $0.agent.carry = [] }
    #expect(without.count == 2 && without[0].hasPrefix("carry: no database (sqlite)"))
    #expect(without[1].hasPrefix("steps: migrate is not rehearsed"))
  }

  @Test func `steps without a timeout are named with their lines`() throws {
    let sheet = try sheet("inventory/apps/mycodo.yaml")
    let first = try #require(sheet.untimed.first)
    let text = try String(contentsOf: Repository.file("inventory/apps/mycodo.yaml"), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(first.list == "prepare" && lines[first.line].contains("wrapper=mycodo/"))
    let advice = ProfileAdvice.lines(sheet.profiles[0], untimed: sheet.untimed).map(\.text)
    #expect(advice.contains { $0.hasPrefix("no timeout at line \(first.line) (prepare)") }, "\(advice)")
    #expect(try self.sheet("demo/inventory/apps/growroom.yaml").untimed == [])
  }

  // MARK: A host

  private func fit(_ found: [(Diagnosis.Verdict, String)]) -> ProfileFit {
    ProfileFit("veg", found.map { Diagnosis(verdict: $0.0, subject: $0.1, text: "…") })
  }

  @Test func `whether it fits a host: the sentence, the rows and the exit code belong together`() {
    let good = fit([(.good, "SSH"), (.good, "app"), (.good, "packages"), (.bad, "space")])
    #expect(good.headline == "It fits veg." && good.exit == .good)
    #expect(good.found.map(\.subject) == ["app", "packages"])
    let open = fit([(.good, "app"), (.warning, "health")])
    #expect(open.headline == "It fits veg. Look at what is said of health." && open.exit == .good)
    let bad = fit([(.good, "app"), (.bad, "upgrade"), (.bad, "packages"), (.bad, "upgrade")])
    #expect(bad.headline == "It does not fit veg: what is wrong is said at upgrade and packages.")
    #expect(bad.exit == .failed)
    let away = fit([(.bad, "SSH")])
    #expect(away.headline == "Whether it fits veg is not known: the app was not looked at there.")
    #expect(away.exit == .unreachable && away.found.map(\.subject) == ["SSH"])
  }
}
