import Foundation
import TestSupport
import Testing
import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// The set-up as it is on a Pi: real systemd, real sudo, the real agent. Needs root, and the lab's bases.
@Suite(
  "Bootstrap of a real host", .serialized,
  .enabled(if: SetupLabHost.isPossible || isCI, "needs root, lab bases and an agent: make lab-bases build"))
struct BootstrapLabTests {
  @Test func `needs one password, and afterwards nothing prompts`() async throws {
    let lab = try SetupLabHost("veg", base: "bookworm", user: "grow", "--no-user-key")
    let notes = try await lab.bootstrap(("its key?", "yes"), ("login password of grow", "grow"))
    #expect(notes.filter(\.changed).count == 5)
    #expect(notes.contains { $0.text.contains("as good as root") })

    // The agent and the rule, as the host sees them.
    #expect(try lab.asRoot("stat -c '%a %U:%G' /usr/local/lib/fleet/fleet-agent") == "755 root:root\n")
    #expect(try lab.asRoot("ls -A /usr/local/lib/fleet") == "fleet-agent\n")
    let rule = try lab.asRoot(
      "stat -c %a /etc/sudoers.d/fleet-agent; grep -v '^#' /etc/sudoers.d/fleet-agent")
    #expect(rule == "440\ngrow ALL=(root) NOPASSWD: /usr/local/lib/fleet/fleet-agent serve\n")
    // No more than that.
    #expect(throws: HostToolFailed.self) {
      try lab.asRoot("runuser -u grow -- sudo -n /usr/local/lib/fleet/fleet-agent status")
    }
    let units = "fleet-agent-recover.service fleet-agent-settle.service"
    #expect(try lab.asRoot("systemctl is-enabled \(units)") == "enabled\nenabled\n")

    // Everything a rollout does goes without a question.
    let connection = try await lab.setup().connector.connect(to: lab.host)
    #expect(await connection.hello.user == "root")
    #expect(await connection.hello.systemd)
    await connection.close()
    let again = try await lab.bootstrap()
    #expect(again.filter(\.changed).isEmpty)
    let findings = try await lab.setup().examine(lab.host, in: testFleet(lab.host, in: lab.folder))
    // All is right but that there is no app yet.
    #expect(findings.filter { $0.verdict != .good }.map(\.subject) == ["app"], "\(findings)")

    try await removal(of: lab)
  }

  private func removal(of lab: SetupLabHost) async throws {
    let person = ScriptedPerson(("sudo password of grow", "grow"))
    let notes = Collected<SetupNote>()
    try await lab.setup().remove(lab.host, in: testFleet(lab.host, in: lab.folder), prompter: person) {
      notes.add($0)
    }
    let left = try lab.asRoot(
      "ls -d /usr/local/lib/fleet /etc/sudoers.d/fleet-agent /var/lib/fleet-agent "
        + "/etc/systemd/system/fleet-agent-* 2>/dev/null; true")
    #expect(left == "")
    #expect(notes.all.contains { $0.changed && $0.text.contains("/etc/sudoers.d/fleet-agent") })
    let error = try await hostError { _ = try await lab.setup().connector.connect(to: lab.host) }
    guard case .noAgent = error else { throw error }
  }

  @Test func `needs no library of the host's, and asks nothing of apt`() async throws {
    let lab = try SetupLabHost("flower", base: "bookworm", user: "root")
    try lab.authorize("root")
    try lab.asRoot(
      """
      set -eu
      for name in libarchive13 libcurl4 libsqlite3-0; do
        ! dpkg -s $name >/dev/null 2>&1 || dpkg --purge --force-depends $name >/dev/null 2>&1
      done
      for tool in apt-get apt; do
        printf '#!/bin/sh\\necho "$0 $*" >>/root/asked\\nexit 1\\n' >/usr/local/sbin/$tool
        chmod 755 /usr/local/sbin/$tool
      done
      """)
    let notes = try await lab.bootstrap(ScriptedPerson(("its key?", "yes")))
    #expect(notes.contains { $0.text.contains("no sudo rule: the login is root") })
    #expect(try lab.asRoot("/usr/local/lib/fleet/fleet-agent version").hasPrefix("fleet-agent "))
    #expect(try lab.asRoot("cat /root/asked 2>/dev/null || true") == "")
  }

  @Test(arguments: [Inventory.Host.Transport.libssh2, .openssh])
  func `asks for sudo's password again when it was wrong, on Debian 13`(
    by transport: Inventory.Host.Transport
  ) async throws {
    let lab = try SetupLabHost("mother", base: "trixie", user: "grow", by: transport)
    try lab.authorize("grow")
    let person = ScriptedPerson(
      ("its key?", "yes"), ("sudo password of grow", "wrong"), ("sudo password of grow", "grow"))
    let notes = try await lab.bootstrap(person)
    #expect(person.heard.contains("mother: wrong password; 2 tries left"))
    #expect(notes.filter(\.changed).count == 4)
    let connection = try await lab.setup().connector.connect(to: lab.host)
    #expect(await connection.hello.system.contains("13"))
    await connection.close()
  }

  @Test(arguments: [Inventory.Host.Transport.libssh2, .openssh])
  func `works with Dropbear`(by transport: Inventory.Host.Transport) async throws {
    let lab = try SetupLabHost(
      "dry", base: "bookworm", user: "grow", by: transport, "--dropbear", "--no-user-key")
    let notes = try await lab.bootstrap(("its key?", "yes"), ("login password of grow", "grow"))
    #expect(notes.filter(\.changed).count == 5)
    let connection = try await lab.setup().connector.connect(to: lab.host)
    let reply = try await connection.ask(.status(app: "growroom"))
    guard case .status(let status) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect(status.openJob == nil)
    await connection.close()
  }

  @Test(arguments: [
    "printf 'grow ALL=(ALL) PASSWD: ALL\n' > /etc/sudoers.d/zz-later",
    "sed -i '/includedir/d' /etc/sudoers",
  ])
  func `says so when sudo does not go by its rule, and does not send in a circle`(spoil: String) async throws
  {
    let lab = try SetupLabHost("nursery", base: "bookworm", user: "grow")
    try lab.authorize("grow")
    try lab.asRoot(spoil)
    let error = try await setupError {
      _ = try await lab.bootstrap(("its key?", "yes"), ("sudo password of grow", "grow"))
    }
    guard case .failed(let text) = error else { throw error }
    #expect(text.contains("sudo does not go by it") && text.contains("@includedir"), "\(text)")
    #expect(!text.contains("Next: fleet bootstrap"))
  }

  @Test func `says so when the user may not become root, and leaves nothing`() async throws {
    let lab = try SetupLabHost("nursery", base: "bookworm", user: "grow")
    try lab.authorize("grow")
    try lab.asRoot("gpasswd -d grow sudo")
    let error = try await setupError {
      _ = try await lab.bootstrap(("its key?", "yes"), ("sudo password of grow", "grow"))
    }
    guard case .failed(let text) = error else { throw error }
    #expect(text.contains("usermod -aG sudo grow"))
    #expect(try lab.asRoot("ls -d /usr/local/lib/fleet /etc/sudoers.d/fleet-agent 2>/dev/null; true") == "")
  }
}
