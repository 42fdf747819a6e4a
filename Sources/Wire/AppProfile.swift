/// How one app is upgraded on one host: the part of the profile that the agent acts on, with all
/// defaults filled in and all paths of the host absolute. What only the coordinator needs (the
/// source, what must be verified, stepping stones) never travels.
public struct AppProfile: Codable, Equatable, Sendable {
  /// The app's key: names the state directory, the staged tree and the hold. `[A-Za-z0-9._-]+`.
  public var app: String
  /// The name shown to people.
  public var name: String
  /// The directory that is upgraded, absolute.
  public var install: String
  /// Where dated backups go; on the same file system as `install`.
  public var backups: String
  /// How many of fleet's own backups stay.
  public var keepBackups: Int
  /// How many bytes they may take together, the newest first; nil: however many.
  public var backupsBytes: Int64?
  /// How the installed version is read.
  public var version: Reading
  public var services: Services
  /// Unit files taken from the new tree, restored on undo.
  public var units: [UnitFile]
  /// Other paths that steps change, absolute: kept before stop, restored on undo.
  public var outside: [String]
  /// Debian packages that must be there.
  public var packages: [String]
  /// Whether missing packages may be installed.
  public var installPackages: Bool
  /// Who owns what fleet extracts; nil leaves the install's own owner.
  public var owner: Owner?
  public var carry: [Carry]
  /// Globs of what may stay behind in the old tree.
  public var ignore: [String]
  public var steps: Steps
  public var guards: [Guard]
  public var health: Health
  public var stopTimeoutSeconds: Int
  /// A forecast of downtime over this is refused; nil has no budget.
  public var downtimeBudgetSeconds: Int?
  /// How long a live database may be locked for its rehearsal backup.
  public var rehearsalLockSeconds: Int
  /// `FLEET_VAR_NAME` for steps.
  public var vars: [String: String]

  public init(
    app: String, name: String, install: String, backups: String, keepBackups: Int = 3,
    backupsBytes: Int64? = nil,
    version: Reading, services: Services, units: [UnitFile] = [], outside: [String] = [],
    packages: [String] = [], installPackages: Bool = false, owner: Owner? = nil,
    carry: [Carry] = [], ignore: [String] = [], steps: Steps = Steps(), guards: [Guard] = [],
    health: Health = Health(), stopTimeoutSeconds: Int = 90, downtimeBudgetSeconds: Int? = nil,
    rehearsalLockSeconds: Int = 1, vars: [String: String] = [:]
  ) {
    self.app = app
    self.name = name
    self.install = install
    self.backups = backups
    self.keepBackups = keepBackups
    self.backupsBytes = backupsBytes
    self.version = version
    self.services = services
    self.units = units
    self.outside = outside
    self.packages = packages
    self.installPackages = installPackages
    self.owner = owner
    self.carry = carry
    self.ignore = ignore
    self.steps = steps
    self.guards = guards
    self.health = health
    self.stopTimeoutSeconds = stopTimeoutSeconds
    self.downtimeBudgetSeconds = downtimeBudgetSeconds
    self.rehearsalLockSeconds = rehearsalLockSeconds
    self.vars = vars
  }
}

/// A value read out of a file of the tree by a regular expression with one group.
public struct Reading: Codable, Equatable, Sendable {
  /// Relative to the tree.
  public var file: String
  /// Swift's regular expression syntax; `^` and `$` match at lines.
  public var match: String

  public init(file: String, match: String) {
    self.file = file
    self.match = match
  }
}

/// What runs the app, in start order: systemd units, or three commands.
public enum Services: Codable, Equatable, Sendable {
  case units([String])
  case commands(start: Run, stop: Run, status: Run)
}

public struct UnitFile: Codable, Equatable, Sendable {
  /// The file in the new tree, relative.
  public var file: String
  /// The unit's name in /etc/systemd/system.
  public var unit: String

  public init(file: String, unit: String) {
    self.file = file
    self.unit = unit
  }
}

public struct Owner: Codable, Equatable, Sendable {
  public var user: String
  public var group: String

  public init(user: String, group: String) {
    self.user = user
    self.group = group
  }
}

/// What goes from the old tree into the new one. A glob, relative to the install.
public struct Carry: Codable, Equatable, Sendable {
  public enum Kind: String, Codable, Sendable {
    /// A database: by SQLite's backup, rehearsed, migrated.
    case sqlite
    /// A file or directory: copied with owner, mode, times and extended attributes.
    case copy
    /// Files written once: hard links, both trees keep them.
    case link
  }
  public var kind: Kind
  public var path: String
  /// Missing is a refusal when true, else it is skipped.
  public var required: Bool
  /// For databases: where the schema's revision stands, and what the release wants.
  public var revision: Revision?

  public init(kind: Kind, path: String, required: Bool = false, revision: Revision? = nil) {
    self.kind = kind
    self.path = path
    self.required = required
    self.revision = revision
  }
}

/// The schema revision: one row in `table`, equal after migration to what `wanted` reads in the
/// new tree.
public struct Revision: Codable, Equatable, Sendable {
  public var table: String
  public var wanted: Reading

  public init(table: String, wanted: Reading) {
    self.table = table
    self.wanted = wanted
  }
}

/// A command: text for `sh -c`, or a list of arguments.
public enum Command: Codable, Equatable, Sendable {
  case shell(String)
  case arguments([String])

  public var words: [String] {
    switch self {
    case .shell(let text): ["/bin/sh", "-c", text]
    case .arguments(let list): list
    }
  }
}

public struct Run: Codable, Equatable, Sendable {
  public var command: Command
  /// Relative to the install.
  public var directory: String
  public var timeoutSeconds: Int
  /// nil: the owner.
  public var user: String?
  /// What takes a `finish` step back.
  public var undo: Command?

  public init(
    command: Command, directory: String = ".", timeoutSeconds: Int = 600, user: String? = nil,
    undo: Command? = nil
  ) {
    self.command = command
    self.directory = directory
    self.timeoutSeconds = timeoutSeconds
    self.user = user
    self.undo = undo
  }
}

public struct Steps: Codable, Equatable, Sendable {
  public var prepare: [Run]
  public var complete: [Run]
  public var migrate: [Run]
  public var finish: [Run]

  public init(
    prepare: [Run] = [], complete: [Run] = [], migrate: [Run] = [], finish: [Run] = []
  ) {
    self.prepare = prepare
    self.complete = complete
    self.migrate = migrate
    self.finish = finish
  }
}

/// Exit 0 means go, 75 "not now", anything else no.
public struct Guard: Codable, Equatable, Sendable {
  public var run: Run
  /// The reason shown to people when it says no.
  public var why: String
  /// How long to wait for a yes before the host is deferred.
  public var waitSeconds: Int

  public init(run: Run, why: String, waitSeconds: Int = 0) {
    self.run = run
    self.why = why
    self.waitSeconds = waitSeconds
  }
}

public struct Health: Codable, Equatable, Sendable {
  /// How long all checks must hold without a break.
  public var healthyForSeconds: Int
  /// Until when they must have held, counted from the start.
  public var deadlineSeconds: Int
  public var checks: [HealthCheck]

  public init(
    healthyForSeconds: Int = 10, deadlineSeconds: Int = 300, checks: [HealthCheck] = []
  ) {
    self.healthyForSeconds = healthyForSeconds
    self.deadlineSeconds = deadlineSeconds
    self.checks = checks
  }
}

public enum HealthCheck: Codable, Equatable, Sendable {
  case http(HTTPCheck)
  case tcp(host: String, port: Int)
  /// Exit 0, and its output contains `expect` where given.
  case run(Run, expect: String?)
}

public struct HTTPCheck: Codable, Equatable, Sendable {
  public var url: String
  public var status: Int
  public var headers: [String: String]
  /// A regular expression that the body must contain.
  public var body: String?
  /// Accept a private certificate.
  public var insecure: Bool
  /// A unix socket to connect to instead of the URL's host.
  public var unix: String?

  public init(
    url: String, status: Int = 200, headers: [String: String] = [:], body: String? = nil,
    insecure: Bool = false, unix: String? = nil
  ) {
    self.url = url
    self.status = status
    self.headers = headers
    self.body = body
    self.insecure = insecure
    self.unix = unix
  }
}
