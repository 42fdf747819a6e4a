import Effects
import Archive
import Files
import Glibc
import SystemPackage
import Wire

/// The agent's verbs. Those for a person at the Pi come first in the help; the others are called by
/// the coordinator, by systemd, or by the agent itself.
package enum AgentProgram {
  static let help = """
    fleet-agent \(FleetVersion.text): upgrades an app on this host; steered by `fleet` over SSH.

    For a person at the Pi (as root):
      fleet-agent status [APP]          what is installed, marked, under way
      fleet-agent logs [APP]            the last job's log
      fleet-agent backups [APP]         the dated backups
      fleet-agent rollback APP [BACKUP] back to a backup, data with it
      fleet-agent clear [APP]           take the mark away, once you have looked; what is remembered, said again
      fleet-agent recover [APP]         end a job that was left open

    Called by others:
      fleet-agent serve                 speaks with the coordinator on standard input and output
      fleet-agent recover --boot-files | --boot-settle
      fleet-agent recover APP JOB stage | cutover     after the process of a job
      fleet-agent setup | teardown      installs or removes the two boot units, and itself among the commands
      fleet-agent version
    """

  /// - Returns: the exit status: 0 well, 1 not, 64 usage.
  package static func main(_ arguments: [String]) -> Int32 {
    ArchiveLocale.set()
    signal(SIGPIPE, SIG_IGN)
    umask(0o022)
    let verb = arguments.first ?? "help"
    let rest = Array(arguments.dropFirst())
    if verb == IsolateVerb.name { return IsolateVerb.main(rest) }
    if verb == DatabaseVerb.name { return DatabaseVerb.main(rest) }
    Termination.watch()
    do {
      return try run(verb, rest)
    } catch {
      warn("fleet-agent \(verb): \(error)")
      return 1
    }
  }

  private static func run(_ verb: String, _ rest: [String]) throws(StepFailure) -> Int32 {
    let bootID = try files { () throws(FileError) in try BootClock.bootID() }
    switch (verb, rest.count) {
    case ("serve", 0):
      var server = Server(bootID: bootID)
      return server.run()
    case ("job", 3), ("supervise", 3):
      guard AgentPaths.isName(rest[0]), AgentPaths.isName(rest[1]),
        let phase = JobPhase(rawValue: rest[2])
      else { return usage() }
      let program = JobProgram(paths: AgentPaths(app: rest[0]), bootID: bootID)
      return verb == "job"
        ? try program.run(rest[1], phase) : try program.supervise(rest[1], phase)
    case ("recover", 0...1):
      return try recover(rest.first, bootID)
    case ("recover", 3):
      guard AgentPaths.isName(rest[0]), AgentPaths.isName(rest[1]), let phase = JobPhase(rawValue: rest[2])
      else { return usage() }
      return recover([rest[0]], .live, after: EndedProcess(job: rest[1], phase: phase), bootID)
    case ("setup", 0):
      try BootUnits.install()
      do { try CommandLink.place() } catch { warn("fleet-agent stands in no PATH: \(error)") }
      return 0
    case ("teardown", 0):
      try BootUnits.remove()
      do { try CommandLink.remove() } catch { warn("\(error)") }
      return 0
    case ("status", 0...1), ("logs", 0...1), ("backups", 0...1), ("clear", 0...1), ("rollback", 1...2):
      return try LocalVerbs(bootID: bootID).run(verb, rest)
    case ("version", 0), ("--version", 0):
      print("fleet-agent \(FleetVersion.text) (wire \(WireLimits.version))")
      return 0
    case ("help", _), ("--help", _), ("-h", _):
      print(help)
      return 0
    default:
      return usage()
    }
  }

  private static func usage() -> Int32 {
    warn(help)
    return 64
  }

  private static func recover(_ argument: String?, _ bootID: String) throws(StepFailure) -> Int32 {
    let when: Recovery.When
    let apps: [String]
    switch argument {
    case nil: (when, apps) = (.live, AgentPaths.apps())
    case "--boot-files": (when, apps) = (.bootFiles, AgentPaths.apps())
    case "--boot-settle": (when, apps) = (.bootSettle, AgentPaths.apps())
    case let app?:
      guard AgentPaths.isName(app) else { return usage() }
      let known = AgentPaths.apps()
      guard known.contains(app) else {
        throw .because(
          .fault,
          "fleet knows no app \(app) here"
            + (known.isEmpty ? ", and no other" : ", only: \(known.joined(separator: " "))"))
      }
      (when, apps) = (.live, [app])
    }
    return recover(apps, when, after: nil, bootID)
  }

  private static func recover(
    _ apps: [String], _ when: Recovery.When, after ended: EndedProcess?, _ bootID: String
  ) -> Int32 {
    var status: Int32 = 0
    for app in apps {
      let recovery = Recovery(paths: AgentPaths(app: app), bootID: bootID, when: when, after: ended)
      // One app that cannot be recovered must not keep the others from it.
      do { warn("\(app): \(try recovery.run() ?? "nothing to recover")") } catch {
        warn("\(app): \(error)")
        status = 1
      }
    }
    return status
  }
}
