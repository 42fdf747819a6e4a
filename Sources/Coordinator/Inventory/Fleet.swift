package import Minisign
package import SystemPackage
package import Wire

/// An inventory, read and checked: every default filled in, every group resolved.
package struct Fleet: Sendable {
  /// The folder that holds fleet.yaml.
  package var folder: FilePath
  /// The app's key.
  package var app: String
  /// All apps that the inventory is of.
  package var apps: [String] = []
  package var hosts: [Host]
  package var policy: RolloutPolicy
  package var notify: [Notification]
  /// Releases that are passed over everywhere.
  package var skip: [String]
  /// IANA name; nil is the coordinator's own.
  package var timezone: String?
  /// The profiles of the app, in the file's order; the first whose `applies` fits is used.
  package var profiles: [Profile]
  /// What can be read, and was hardly meant, with file and line.
  package var warnings: [String] = []
  /// Hosts of the inventory, and their groups, that do not run this app.
  package var elsewhere: Set<String> = []

  /// The app as `--app` has to name it; nil where the inventory is of one alone.
  package var namedApp: String? { apps.count > 1 ? app : nil }

  /// The app's name for people.
  package var name: String { profiles.first?.agent.name ?? app }
}

package enum Notification: Equatable, Sendable {
  case ntfy(String)
  case webhook(String)
  case run(Command)
}

/// One host of the inventory.
package struct Host: Equatable, Sendable {
  package enum Connection: String, Sendable, CaseIterable { case ssh, local }
  /// Who speaks SSH with the host: libssh2, the `ssh` of the coordinator, or whichever can.
  package enum Transport: String, Sendable, CaseIterable { case auto, openssh, libssh2 }
  package enum Become: String, Sendable, CaseIterable { case sudo, none }

  /// The inventory's name for it; also the name under which its key is recorded.
  package var name: String
  /// Tells several installs of the app on one machine apart.
  package var instance: String?
  /// What to connect to; nil: as `ssh -G NAME` says.
  package var address: String?
  package var user: String?
  package var port: Int?
  /// Private key file, `~` resolved.
  package var sshKey: FilePath?
  /// Where the inventory says so: `fleet.yaml:7`.
  package var sshKeyPlace: String?
  package var connection: Connection
  package var transport: Transport = .auto
  /// Whether it may be sent what it lacks of a release, instead of all of it.
  package var delta = true
  package var become: Become
  /// A pin; nil: the rollout's track, else the installed major.
  package var track: String?
  package var groups: [String]
  package var hold: Bool
  /// "Sat,Sun 10:00-16:00", all of the host and its groups that apply.
  package var windows: [String]
  package var vars: [String: String]
  /// The app's profiles with this host's own keys laid over them.
  package var profiles: [Profile]
}

extension Host {
  /// The key under which the host's agent knows this install: state, jobs, hold and work folder have its name.
  package func key(of app: String) -> String { instance.map { "\(app).\($0)" } ?? app }
}

/// A profile with both of its sides: what the agent acts on, and what only the coordinator needs.
package struct Profile: Equatable, Sendable {
  /// `for:`, a version range such as `>=8.16.0`; nil fits every version.
  package var applies: VersionRange?
  package var agent: AppProfile
  package var source: ReleaseSource
  package var verify: VerifyPolicy
  /// Versions that no upgrade jumps over.
  package var steppingStones: [String]
  /// What is known to be bad.
  package var advisories: [Advisory] = []
  /// The changelog in the release's tree, for releases of which the source says nothing.
  package var notesFile: String?
}

package struct VerifyPolicy: Equatable, Sendable {
  /// What must be proved: "commit", "tree", "sha256", "minisign".
  package var require: Set<String>
  /// Any of them may have signed the archive.
  package var minisignKeys: [MinisignKey] = []
}

/// How a rollout goes over the fleet; the keys of `rollout:` with their defaults.
package struct RolloutPolicy: Equatable, Sendable {
  package enum Canary: Equatable, Sendable {
    /// So many of the first that can.
    case count(Int)
    case hosts([String])
  }
  package enum BatchSize: Equatable, Sendable {
    case count(Int)
    case percent(Int)
  }
  package enum OnUnreachable: String, Sendable, CaseIterable { case `continue`, halt }
  package enum OnFailure: String, Sendable, CaseIterable { case halt, rollback }
  /// Whether installs on one machine may be down at once.
  package enum OneMachine: String, Sendable, CaseIterable { case apart, together }

  package var canary: Canary = .count(1)
  package var batches: [BatchSize] = [.count(1)]
  package var maxParallel = 1
  package var stageParallel = 4
  package var maxFailures = 0
  package var unreachable: OnUnreachable = .continue
  package var onFailure: OnFailure = .halt
  package var soakSeconds = 120
  package var canaryForSeconds = 0
  package var neverTogether: [[String]] = []
  package var oneMachine: OneMachine = .apart
  /// An upgrade that comes to a stepping stone goes on to what lies behind it.
  package var throughStones = true
  /// nil: off.
  package var undoUnlessReachableSeconds: Int?

  package init() {}
}
