/// How one app is upgraded on one host: the part of the profile that the agent acts on, with all
/// defaults filled in and all paths of the host absolute. What only the coordinator needs (the
/// source, what must be verified, stepping stones) never travels.
package struct AppProfile: Codable, Equatable, Sendable {
  /// The app's key: names the state directory, the staged tree and the hold. `[A-Za-z0-9._-]+`.
  package var app: String
  /// The name shown to people.
  package var name: String
  /// The directory that is upgraded, absolute.
  package var install: String
  /// Where dated backups go; on the same file system as `install`.
  package var backups: String
  /// How many of fleet's own backups stay.
  package var keepBackups: Int
  /// How many bytes they may take together, the newest first; nil: however many.
  package var backupsBytes: Int64?
  /// How the installed version is read.
  package var version: Reading
  package var services: Services
  /// Unit files taken from the new tree, restored on undo.
  package var units: [UnitFile]
  /// Other paths that steps change, absolute: kept before stop, restored on undo.
  package var outside: [String]
  /// Debian packages that must be there.
  package var packages: [String]
  /// Whether missing packages may be installed.
  package var installPackages: Bool
  /// Who owns what fleet extracts; nil leaves the install's own owner.
  package var owner: Owner?
  package var carry: [Carry]
  /// Globs of what may stay behind in the old tree.
  package var ignore: [String]
  package var steps: Steps
  package var guards: [Guard]
  package var health: Health
  /// What the app says of itself and has to be so again; nil: nothing is compared, nor was it by an older fleet.
  package var parity: [ParityCheck]?
  /// Commands that print what people should know before they say yes; nil: none, nor of an older fleet.
  package var forewarn: [Run]?
  package var stopTimeoutSeconds: Int
  /// A forecast of downtime over this is refused; nil has no budget.
  package var downtimeBudgetSeconds: Int?
  /// How long a live database may be locked for its rehearsal backup.
  package var rehearsalLockSeconds: Int
  /// `FLEET_VAR_NAME` for steps.
  package var vars: [String: String]

  package init(
    app: String, name: String, install: String, backups: String, keepBackups: Int = 3,
    backupsBytes: Int64? = nil,
    version: Reading, services: Services, units: [UnitFile] = [], outside: [String] = [],
    packages: [String] = [], installPackages: Bool = false, owner: Owner? = nil,
    carry: [Carry] = [], ignore: [String] = [], steps: Steps = Steps(), guards: [Guard] = [],
    health: Health = Health(), parity: [ParityCheck]? = nil, forewarn: [Run]? = nil,
    stopTimeoutSeconds: Int = 90, downtimeBudgetSeconds: Int? = nil,
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
    self.parity = parity
    self.forewarn = forewarn
    self.stopTimeoutSeconds = stopTimeoutSeconds
    self.downtimeBudgetSeconds = downtimeBudgetSeconds
    self.rehearsalLockSeconds = rehearsalLockSeconds
    self.vars = vars
  }
}

/// A value read out of a file of the tree by a regular expression with one group.
package struct Reading: Codable, Equatable, Sendable {
  /// Relative to the tree.
  package var file: String
  /// Swift's regular expression syntax; `^` and `$` match at lines.
  package var match: String

  package init(file: String, match: String) {
    self.file = file
    self.match = match
  }
}

/// What runs the app, in start order: systemd units, or three commands.
package enum Services: Codable, Equatable, Sendable {
  case units([String])
  case commands(start: Run, stop: Run, status: Run)
}

package struct UnitFile: Codable, Equatable, Sendable {
  /// The file in the new tree, relative.
  package var file: String
  /// The unit's name in /etc/systemd/system.
  package var unit: String

  package init(file: String, unit: String) {
    self.file = file
    self.unit = unit
  }
}

package struct Owner: Codable, Equatable, Sendable {
  package var user: String
  package var group: String

  package init(user: String, group: String) {
    self.user = user
    self.group = group
  }
}

/// What goes from the old tree into the new one. A glob, relative to the install.
package struct Carry: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable {
    /// A database: by SQLite's backup, rehearsed, migrated.
    case sqlite
    /// A file or directory: copied with owner, mode, times and extended attributes.
    case copy
    /// Files written once: hard links, both trees keep them.
    case link
  }
  package var kind: Kind
  package var path: String
  /// Missing is a refusal when true, else it is skipped.
  package var required: Bool
  /// For databases: where the schema's revision stands, and what the release wants.
  package var revision: Revision?

  package init(kind: Kind, path: String, required: Bool = false, revision: Revision? = nil) {
    self.kind = kind
    self.path = path
    self.required = required
    self.revision = revision
  }
}

/// The schema revision: one row in `table`, equal after migration to what `wanted` reads in the
/// new tree.
package struct Revision: Codable, Equatable, Sendable {
  package var table: String
  package var wanted: Reading

  package init(table: String, wanted: Reading) {
    self.table = table
    self.wanted = wanted
  }
}

/// A command: text for `sh -c`, or a list of arguments.
package enum Command: Codable, Equatable, Sendable {
  case shell(String)
  case arguments([String])

  package var words: [String] {
    switch self {
    case .shell(let text): ["/bin/sh", "-c", text]
    case .arguments(let list): list
    }
  }

  /// As people know it from the profile.
  package var text: String {
    switch self {
    case .shell(let text): text
    case .arguments(let list): list.joined(separator: " ")
    }
  }
}

package struct Run: Codable, Equatable, Sendable {
  package var command: Command
  /// Relative to the install.
  package var directory: String
  package var timeoutSeconds: Int
  /// nil: the owner.
  package var user: String?
  /// What takes a `finish` step back.
  package var undo: Command?

  package init(
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

package struct Steps: Codable, Equatable, Sendable {
  package var prepare: [Run]
  package var complete: [Run]
  package var migrate: [Run]
  package var finish: [Run]

  package init(
    prepare: [Run] = [], complete: [Run] = [], migrate: [Run] = [], finish: [Run] = []
  ) {
    self.prepare = prepare
    self.complete = complete
    self.migrate = migrate
    self.finish = finish
  }
}

/// Exit 0 means go, 75 "not now", anything else no.
package struct Guard: Codable, Equatable, Sendable {
  package var run: Run
  /// The reason shown to people when it says no.
  package var why: String
  /// How long to wait for a yes before the host is deferred.
  package var waitSeconds: Int

  package init(run: Run, why: String, waitSeconds: Int = 0) {
    self.run = run
    self.why = why
    self.waitSeconds = waitSeconds
  }
}

package struct Health: Codable, Equatable, Sendable {
  /// How long all checks must hold without a break.
  package var healthyForSeconds: Int
  /// Until when they must have held, counted from the start.
  package var deadlineSeconds: Int
  package var checks: [HealthCheck]

  package init(
    healthyForSeconds: Int = 10, deadlineSeconds: Int = 300, checks: [HealthCheck] = []
  ) {
    self.healthyForSeconds = healthyForSeconds
    self.deadlineSeconds = deadlineSeconds
    self.checks = checks
  }
}

package enum HealthCheck: Codable, Equatable, Sendable {
  case http(HTTPCheck)
  case tcp(host: String, port: Int)
  /// Exit 0, and its output contains `expect` where given.
  case run(Run, expect: String?)
}

package struct HTTPCheck: Codable, Equatable, Sendable {
  package var url: String
  package var status: Int
  package var headers: [String: String]
  /// A regular expression that the body must contain.
  package var body: String?
  /// Accept a private certificate.
  package var insecure: Bool
  /// A unix socket to connect to instead of the URL's host.
  package var unix: String?

  package init(
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
