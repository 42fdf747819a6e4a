public import SystemPackage
public import Wire

/// An inventory, read and checked: every default filled in, every group resolved.
public struct Fleet: Sendable {
  /// The folder that holds fleet.yaml.
  public var folder: FilePath
  /// The app's key.
  public var app: String
  public var hosts: [Host]
  public var policy: RolloutPolicy
  public var notify: [Notification]
  /// Releases that are passed over everywhere.
  public var skip: [String]
  /// IANA name; nil is the coordinator's own.
  public var timezone: String?
  /// The profiles of the app, in the file's order; the first whose `applies` fits is used.
  public var profiles: [Profile]
  /// Keys that are understood but do nothing yet, with file and line, for the user to read.
  public var notes: [String]
  /// What can be read, and was hardly meant, with file and line.
  public var warnings: [String] = []
}

public enum Notification: Equatable, Sendable {
  case ntfy(String)
  case webhook(String)
  case run(Command)
}

/// One host of the inventory.
public struct Host: Equatable, Sendable {
  public enum Connection: String, Sendable, CaseIterable { case ssh, local }
  /// Who speaks SSH with the host: libssh2, the `ssh` of the coordinator, or whichever can.
  public enum Transport: String, Sendable, CaseIterable { case auto, openssh, libssh2 }
  public enum Become: String, Sendable, CaseIterable { case sudo, none }

  /// The inventory's name for it; also the name under which its key is recorded.
  public var name: String
  /// Tells several installs of the app on one machine apart.
  public var instance: String?
  /// What to connect to; nil: as `ssh -G NAME` says.
  public var address: String?
  public var user: String?
  public var port: Int?
  /// Private key file, `~` resolved.
  public var sshKey: FilePath?
  /// Where the inventory says so: `fleet.yaml:7`.
  public var sshKeyPlace: String?
  public var connection: Connection
  public var transport: Transport = .auto
  public var become: Become
  /// A pin; nil: the rollout's track, else the installed major.
  public var track: String?
  public var groups: [String]
  public var hold: Bool
  /// "Sat,Sun 10:00-16:00", all of the host and its groups that apply.
  public var windows: [String]
  public var vars: [String: String]
  /// The app's profiles with this host's own keys laid over them.
  public var profiles: [Profile]
}

extension Host {
  /// The key under which the host's agent knows this install: state, jobs, hold and work folder have its name.
  func key(of app: String) -> String { instance.map { "\(app).\($0)" } ?? app }
}

/// A profile with both of its sides: what the agent acts on, and what only the coordinator needs.
public struct Profile: Equatable, Sendable {
  /// `for:`, a version range such as `>=8.16.0`; nil fits every version.
  public var applies: VersionRange?
  public var agent: AppProfile
  public var source: ReleaseSource
  public var verify: VerifyPolicy
  /// Versions that no upgrade jumps over.
  public var steppingStones: [String]
}

public struct VerifyPolicy: Equatable, Sendable {
  /// What must be proved: "commit", "tree", "sha256", "minisign".
  public var require: Set<String>
  public var minisignKeys: [String]
}

public enum ReleaseSource: Equatable, Sendable {
  /// `api` ends without a slash. The token is read from the environment variable `tokenVariable`. Only tags that begin
  /// with `tagPrefix` are releases, and everywhere but in what is asked of the source they go without it.
  case github(repository: String, api: String, tokenVariable: String?, tagPrefix: String = "")
  case gitea(url: String)
  case index(url: String)
  case directory(FilePath)
}

/// How a rollout goes over the fleet; the keys of `rollout:` with their defaults.
public struct RolloutPolicy: Equatable, Sendable {
  public enum Canary: Equatable, Sendable {
    /// So many of the first that can.
    case count(Int)
    case hosts([String])
  }
  public enum BatchSize: Equatable, Sendable {
    case count(Int)
    case percent(Int)
  }
  public enum OnUnreachable: String, Sendable, CaseIterable { case `continue`, halt }
  public enum OnFailure: String, Sendable, CaseIterable { case halt, rollback }
  /// Whether installs on one machine may be down at once.
  public enum OneMachine: String, Sendable, CaseIterable { case apart, together }

  public var canary: Canary = .count(1)
  public var batches: [BatchSize] = [.count(1)]
  public var maxParallel = 1
  public var stageParallel = 4
  public var maxFailures = 0
  public var unreachable: OnUnreachable = .continue
  public var onFailure: OnFailure = .halt
  public var soakSeconds = 120
  public var canaryForSeconds = 0
  public var neverTogether: [[String]] = []
  public var oneMachine: OneMachine = .apart
  /// nil: off.
  public var undoUnlessReachableSeconds: Int?

  public init() {}
}
