import ByteText
import Files
import Glibc
package import SystemPackage
import Wire

/// Where the agent keeps what, for one app.
///
/// What must survive a job lies in ``state``; what is moved into place lies in the ``WorkFolder``, on the file system
/// of the install, because only there can two names change places.
package struct AgentPaths: Sendable {
  package let app: String
  /// `/var/lib/fleet-agent/APP` for root; a plain user's lies in `$XDG_STATE_HOME/fleet-agent/APP`.
  package let state: FilePath

  package init(app: String, root: FilePath = AgentPaths.stateRoot) {
    self.app = app
    state = root.appending(app)
  }

  /// The folder of all apps' states. `FLEET_AGENT_STATE` moves it.
  package static var stateRoot: FilePath {
    if let moved = environment("FLEET_AGENT_STATE"), moved.begins(with: "/") { return FilePath(moved) }
    if geteuid() == 0 { return "/var/lib/fleet-agent" }
    if let state = environment("XDG_STATE_HOME"), state.begins(with: "/") {
      return FilePath(state).appending("fleet-agent")
    }
    return FilePath(environment("HOME") ?? "/").appending(".local/state/fleet-agent")
  }

  static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// Apps that have a state here.
  package static func apps() -> [String] {
    guard let root = try? Directory.open(stateRoot, following: true),
      let names = try? root.entries()
    else { return [] }
    return names.map(\.string).filter { isName($0) }
  }

  /// Whether a text that came over the wire may name an app or a job: it becomes part of a path.
  package static func isName(_ text: String) -> Bool {
    guard (1...120).contains(text.utf8.count), !text.begins(with: "."), !text.begins(with: "-") else {
      return false
    }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"), UInt8(ascii: "+"):
        true
      default: false
      }
    }
  }

  package var journal: FilePath { state.appending("journal") }
  /// Held by the process that works on the app.
  package var lock: FilePath { state.appending("lock") }
  package var claim: FilePath { state.appending("claim.json") }
  /// Held while a claim is looked at and written.
  var claimLock: FilePath { state.appending("claim.lock") }
  /// Held while a file is received.
  var uploadLock: FilePath { state.appending("upload.lock") }
  /// Held by whoever is in a cutover on this machine, of whatever app.
  package var turn: FilePath { state.removingLastComponent().appending(".cutover.lock") }
  package var mark: FilePath { state.appending("mark.json") }
  package var held: FilePath { state.appending("held.json") }
  package var refusals: FilePath { state.appending("refusals.json") }
  /// The name of the last job.
  package var lastJob: FilePath { state.appending("last-job") }
  package var artifacts: FilePath { state.appending("artifacts") }
  package var jobs: FilePath { state.appending("jobs") }
  package func job(_ id: String) -> FilePath { jobs.appending(id) }

  /// What root knows of each backup, see ``BackupRecord``.
  var backups: FilePath { state.appending("backups") }
}
