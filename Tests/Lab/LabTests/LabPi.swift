import Foundation
import Testing

/// A whole 64-bit Pi beside the lab's hosts, emulated: its kernel loses what it had not written when its power is cut.
struct LabPi: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    let lab = try Lab.here
    try await Self.bring(into: lab)
    try await body()
    try await lab.lab("down", Lab.pi)
  }

  /// The agents for both processors, as a package brings them.
  static func agents(_ lab: Lab) -> String { "\(lab.folder)/agents" }

  static var agent: String {
    LabMachine.environment["FLEET_ARM_AGENT"] ?? LabMachine.file(".build/made/arm64/fleet-agent")
  }

  private static func bring(into lab: Lab) async throws {
    try await lab.lab(Lab.up(Lab.pi))
    // The app's tree is the same on any processor, and making it takes minutes there.
    let copy = """
      set -o pipefail
      on() { \(LabMachine.file("scripts/lab")) exec "$@"; }
      on \(Lab.pi) useradd --system --home-dir \(Lab.install) --no-create-home growroom
      on \(Lab.pi) install -d -o growroom -g growroom /var/log/growroom
      on veg tar -c -C / var/pristine etc/systemd/system/growroom.service etc/systemd/system/growroomweb.service |
        on \(Lab.pi) tar -x -C /
      on \(Lab.pi) cp -a /var/pristine/growroom \(Lab.install)
      # Its units are a real Pi's: an emulator on a busy machine is slower than they wait for.
      for unit in growroom growroomweb; do
        on \(Lab.pi) sh -ec "mkdir -p /usr/local/lib/systemd/system/$unit.service.d
          printf '[Service]\\nTimeoutStartSec=600\\nTimeoutStopSec=600\\n' \\
            >/usr/local/lib/systemd/system/$unit.service.d/lab.conf"
      done
      on \(Lab.pi) systemctl daemon-reload
      on \(Lab.pi) systemctl enable --now growroom growroomweb
      """
    let copied = try await lab.start(["/bin/bash", "-euc", copy]).ended()
    guard copied.code == 0 else { throw LabTrouble("\(copied)") }

    for (machine, file) in [("x86_64", "\(LabMachine.agents)/x86_64/fleet-agent"), ("aarch64", agent)] {
      let folder = "\(agents(lab))/\(machine)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/fleet-agent", withDestinationPath: file)
    }
    let laptop = try await Laptop(lab, setting(lab))
    try await laptop.fleet("bootstrap", "--yes", exits: 0)
    try FileManager.default.removeItem(atPath: lab.knownHosts)
    try FileManager.default.copyItem(atPath: "\(laptop.folder)/inventory/known_hosts", toPath: lab.knownHosts)
  }

  /// An inventory of it alone, without what takes long there: a program of the app that is started for each look.
  static func setting(_ lab: Lab) -> Laptop.Setting {
    let profile = quickPrepare + ["stop_timeout: 10m"]
    var setting = Laptop.Setting(hosts: [Lab.pi], deadline: "900s", profile: profile)
    setting.checks.removeFirst()
    setting.environment["FLEET_AGENTS"] = agents(lab)
    return setting
  }

  /// Why there can be none here; nil when there can.
  static var missing: String? {
    guard FileManager.default.fileExists(atPath: agent) else {
      return "there is no agent for a Pi: make dist"
    }
    return LabMachine.missing
  }
}
