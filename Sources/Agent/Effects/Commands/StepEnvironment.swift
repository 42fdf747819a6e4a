import ByteText
package import SystemPackage

/// The environment of every command: fixed, so that a host's habits do not change what a step does.
package struct StepEnvironment: Equatable, Sendable {
  var app: String
  /// The version installed now, and the one that is being installed.
  var from: String?
  var to: String?
  var install: String
  /// Where the old tree can be read.
  package var old: String?
  /// What steps keep from upgrade to upgrade.
  package var cache: FilePath?
  /// What a command of root's sees in place of the app's tree, see ``InstallSite/covers(showing:)``.
  package var rootCovers: [Cover] = []
  /// Said in the inventory; `FLEET_VAR_NAME` for each.
  var vars: [String: String]
  /// HOME, TMPDIR and caches below it, on the stage's disk. Nil for commands that belong to the app's
  /// daily life (start, status, guards): they have the user's own home.
  var scratch: ScratchSpace?

  package init(
    app: String, from: String? = nil, to: String? = nil, install: String, old: String? = nil,
    rootCovers: [Cover] = [], vars: [String: String], scratch: ScratchSpace? = nil
  ) {
    self.app = app
    self.from = from
    self.to = to
    self.install = install
    self.old = old
    self.rootCovers = rootCovers
    self.vars = vars
    self.scratch = scratch
  }

  static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  func variables(for user: RunUser) -> [String: String] {
    var all = [
      "PATH": Self.path, "LANG": "C.UTF-8", "SHELL": "/bin/sh", "TERM": "dumb",
      "USER": user.name, "LOGNAME": user.name, "HOME": user.home,
      "DEBIAN_FRONTEND": "noninteractive", "PIP_NO_INPUT": "1",
      "PIP_DISABLE_PIP_VERSION_CHECK": "1",
      "FLEET_APP": app, "FLEET_INSTALL": install,
    ]
    all["FLEET_FROM"] = from
    all["FLEET_TO"] = to
    all["FLEET_OLD"] = old
    all["FLEET_CACHE"] = cache?.string
    if let scratch {
      all["HOME"] = scratch.home.string
      all["TMPDIR"] = scratch.temporary.string
      all["XDG_CACHE_HOME"] = scratch.cache.string
      all["PIP_CACHE_DIR"] = scratch.cache.appending("pip").string
      all["npm_config_cache"] = scratch.cache.appending("npm").string
    }
    for (name, value) in vars { all["FLEET_VAR_" + Self.variableName(name)] = value }
    return all
  }

  /// A name as a shell can say it: capitals, digits and underscores.
  static func variableName(_ name: String) -> String {
    let plain = name.asciiUppercase.unicodeScalars.map { $0.isASCIILetter || $0.isDigit ? $0 : "_" }
    return String(String.UnicodeScalarView(plain))
  }
}
