import Effects
import Files
import Glibc
import SystemPackage
import Wire

/// The two units that end an open job at boot. The first puts files right before the app starts, and
/// starts nothing itself: a unit that is ordered before the app and starts it would wait for itself.
/// The second does the rest after it. Neither keeps the boot waiting: the app only wants the first,
/// and only while a job is open (see the drop-ins of `SystemdServices`).
enum BootUnits {
  static let recover = "fleet-agent-recover.service"
  static let settle = "fleet-agent-settle.service"
  static let folder: FilePath = "/etc/systemd/system"

  static func text(of unit: String, program: String) -> String {
    unit == recover
      ? """
      [Unit]
      Description=fleet: put files right after an interrupted upgrade
      After=local-fs.target
      ConditionPathExists=/var/lib/fleet-agent

      [Service]
      Type=oneshot
      RemainAfterExit=yes
      ExecStart=\(program) recover --boot-files
      TimeoutStartSec=10min

      [Install]
      WantedBy=multi-user.target

      """
      : """
      [Unit]
      Description=fleet: start and prove the app after an interrupted upgrade
      After=\(recover) network.target
      ConditionPathExists=/var/lib/fleet-agent

      [Service]
      Type=exec
      ExecStart=\(program) recover --boot-settle
      TimeoutStopSec=1min

      [Install]
      WantedBy=multi-user.target

      """
  }

  static func install() throws(StepFailure) {
    guard Launcher.hasSystemd else {
      warn("no systemd (or not root): an interrupted upgrade is ended at the next contact, not at boot")
      return
    }
    let program = try files { () throws(FileError) in try realPath("/proc/self/exe").string }
    for unit in [recover, settle] {
      try files { () throws(FileError) in
        try writeDurably(text(of: unit, program: program).utf8, to: folder.appending(unit))
      }
    }
    try systemctl("daemon-reload")
    try systemctl("enable", "--quiet", recover, settle)
  }

  static func remove() throws(StepFailure) {
    guard Launcher.hasSystemd else { return }
    try systemctl("disable", "--quiet", recover, settle)
    for unit in [recover, settle] { try Stored.remove(folder.appending(unit)) }
    try systemctl("daemon-reload")
  }

  private static func systemctl(_ words: String...) throws(StepFailure) {
    let status = Detach.wait(for: try Detach.spawn(["/usr/bin/systemctl"] + words))
    guard status == 0 else {
      throw .because(.io, "systemctl \(words.joined(separator: " ")) ended with \(status)")
    }
  }
}
