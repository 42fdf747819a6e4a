import Effects
import Files
import Glibc
import SystemPackage
import Wire

/// Which half of a job a process does.
enum JobPhase: String, Sendable { case stage, cutover }

/// Starts a job so that it lives on without the connection, and is recovered when it dies: as a
/// transient systemd unit whose `ExecStopPost` recovers, else under a small parent in a session of
/// its own that does the same.
struct Launcher {
  let folder: JobFolder

  /// No job takes longer, in seconds: then systemd, or its parent, ends it, and recovery puts the host right.
  static let longestJobSeconds = 6 * 3600

  static var hasSystemd: Bool { access("/run/systemd/system", F_OK) == 0 && geteuid() == 0 }

  func launch(_ phase: JobPhase) throws(StepFailure) {
    try linkProgram()
    let program = folder.program.string
    let words = [program, "job", folder.paths.app, folder.id, phase.rawValue]
    if Self.hasSystemd {
      let properties = try systemdProperties(phase, program)
      try runAsUnit(["/usr/bin/systemd-run"] + properties + words, phase)
    } else {
      _ = try Detach.spawn([program, "supervise", folder.paths.app, folder.id, phase.rawValue])
    }
  }

  /// Whether systemd runs the job already; it may not have taken the lock yet.
  func isLaunched(_ phase: JobPhase) throws(StepFailure) -> Bool {
    guard Self.hasSystemd else { return false }
    return Detach.wait(for: try Detach.spawn(["/usr/bin/systemctl", "is-active", "--quiet", unit(phase)]))
      == 0
  }

  /// A unit of the same name may still be running its `ExecStopPost`: then the name is free soon.
  private func runAsUnit(_ words: [String], _ phase: JobPhase) throws(StepFailure) {
    var status: Int32 = 0
    for attempt in 0..<Self.unitAttempts {
      if attempt > 0 { pause(milliseconds: Self.unitPauseMilliseconds) }
      status = Detach.wait(for: try Detach.spawn(words))
      if status == 0 { return }
    }
    let unit = unit(phase)
    throw .because(
      .io, "systemd-run ended with \(status); is \(unit) still there? systemctl status \(unit)")
  }

  static let unitAttempts = 20
  static let unitPauseMilliseconds = 500

  private func unit(_ phase: JobPhase) -> String {
    "fleet-\(phase.rawValue)-\(folder.paths.app).service"
  }

  private func systemdProperties(
    _ phase: JobPhase, _ program: String
  ) throws(StepFailure) -> [String] {
    // An app that commands start lives in the job's control group, and must outlive the job.
    let startsApp = if case .commands = try folder.order().profile.services { true } else { false }
    var properties = [
      "Type=exec",
      "ExecStopPost=\(program) recover \(folder.paths.app) \(folder.id) \(phase.rawValue)",
      "RuntimeMaxSec=\(Self.longestJobSeconds)",
      // For the recovery too, which may have to wait for services again and again.
      "TimeoutStopSec=\(Self.longestJobSeconds)",
      // A step that was ended because it took too much memory has failed; that is not the job's end.
      "OOMPolicy=continue",
      "KillMode=\(startsApp ? "process" : "mixed")",
      // Of all that runs, the job is the last that should die when memory is short.
      "OOMScoreAdjust=-900",
    ]
    if phase == .stage {
      properties += [
        "Nice=15", "IOSchedulingClass=idle", "CPUWeight=20", "IOWeight=20", "MemoryMax=75%",
      ]
    }
    if let moved = AgentPaths.environment("FLEET_AGENT_STATE") {
      properties.append("Environment=FLEET_AGENT_STATE=\(moved)")
    }
    return ["--quiet", "--collect", "--unit=\(unit(phase))"] + properties.map { "--property=\($0)" } + ["--"]
  }

  /// The job and its recovery run from a link of their own: a newer agent may arrive meanwhile.
  private func linkProgram() throws(StepFailure) {
    if (try? FileStatus.of(folder.program)) != nil { return }
    if link("/proc/self/exe", folder.program.string) == 0 { return }
    guard
      linkat(AT_FDCWD, "/proc/self/exe", AT_FDCWD, folder.program.string, AT_SYMLINK_FOLLOW) != 0
    else { return }
    // Another file system, or a kernel that protects hard links.
    try files { () throws(FileError) in
      let bytes = try readBounded("/proc/self/exe", maxBytes: 512 << 20, following: true)
      try writeDurably(
        bytes, to: folder.program, permissions: FilePermissions(rawValue: 0o755))
    }
  }
}
