import Foundation
import TestSupport
import Testing
import Wire

@testable import Coordinator
@testable import Hosts
@testable import Inventory
@testable import Report

/// `fleet try` as it is on a Pi, with the real agent, as a user whom sudo asks for a password.
@Suite(
  "Trying a real host", .serialized,
  .enabled(if: SetupLabHost.isPossible || isCI, "needs root, lab bases and an agent: make lab-bases build"))
struct TrialLabTests {
  /// As somebody installed it, with a unit that runs.
  private func install(on lab: SetupLabHost) throws {
    try lab.asRoot(
      """
      set -eu
      useradd --system app
      mkdir -p /opt/growroom && echo 4.1.0 >/opt/growroom/version && chown -R app:app /opt/growroom
      printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/growroom.service
      systemctl daemon-reload
      """)
  }

  private func trial(_ lab: SetupLabHost, _ answers: (String, String)...) async throws -> Trial {
    try await lab.setup().tryOut(
      lab.host, in: testFleet(lab.host, in: lab.folder), isListed: false, prompter: ScriptedPerson(answers))
  }

  /// Every file but what a login writes down of itself, and the keys that Dropbear makes at the first.
  private func files(_ lab: SetupLabHost) throws -> Set<Substring> {
    let list = try lab.asRoot(
      "find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /var/log -o -path /var/lib/systemd "
        + "-o -path /etc/dropbear \\) -prune -o -printf '%p %y %m %u %s\\n' | sort; ls -A /tmp /run/user 2>&1"
    )
    return Set(list.split(separator: "\n"))
  }

  private func verdicts(_ trial: Trial, _ subjects: String...) -> [String] {
    subjects.map { subject in trial.found.first { $0.subject == subject }?.verdict.rawValue ?? "none" }
  }

  @Test func `as the plain user it sees the app, knows what it does not see, and leaves the host as it was`()
    async throws
  {
    let lab = try SetupLabHost("veg", base: "bookworm", user: "grow")
    try lab.authorize("grow")
    try install(on: lab)
    let before = try files(lab)
    let found = try await trial(lab, ("its key?", "yes"))
    #expect(
      verdicts(found, "host key", "login", "system", "agent", "app", "space")
        == Array(repeating: "good", count: 6))
    #expect(
      verdicts(found, "sudo", "health", "rights") == ["warning", "warning", "warning"], "\(found.found)")
    #expect(
      found.found.contains { $0.text.hasPrefix("Growroom 4.1.0 in /opt/growroom on ") }, "\(found.found)")
    #expect(TrialVerdict("veg", found).exit == .good)
    #expect(!lab.folder.exists("known_hosts"))
    let changed = try files(lab).symmetricDifference(before)
    #expect(changed == [])

    // What is masked is in the way; an app that only its own user can enter is neither there nor away.
    try lab.asRoot("rm /etc/systemd/system/growroom.service; systemctl mask growroom.service")
    let masked = try await trial(lab, ("its key?", "yes"))
    #expect(masked.found.contains { $0.verdict == .bad && $0.text.contains("is masked") }, "\(masked.found)")
    #expect(TrialVerdict("veg", masked).exit == .failed)
    try lab.asRoot("chmod 700 /opt/growroom")
    let shut = try await trial(lab, ("its key?", "yes"))
    #expect(verdicts(shut, "app") == ["warning"], "\(shut.found)")
    #expect(TrialVerdict("veg", shut).exit == .unreachable)
    #expect(try lab.asRoot("ls -A /tmp | grep fleet || true") == "")
  }

  @Test func `by Dropbear, and by password alone`() async throws {
    let lab = try SetupLabHost("dry", base: "bookworm", user: "grow", "--dropbear", "--no-user-key")
    try install(on: lab)
    let before = try files(lab)
    let found = try await trial(lab, ("its key?", "yes"), ("login password of grow", "grow"))
    #expect(verdicts(found, "login", "app", "agent") == ["warning", "good", "good"], "\(found.found)")
    let changed = try files(lab).symmetricDifference(before)
    #expect(changed == [])
  }
}
