/// What one profile finds on the host.
package struct Probe: Codable, Equatable, Sendable {
  package struct Finding: Codable, Equatable, Sendable {
    /// The version read with this profile, or nil with the reason.
    package var version: String?
    package var problem: String?

    package init(version: String?, problem: String?) {
      self.version = version
      self.problem = problem
    }
  }
  /// One for each profile of the request, in its order.
  package var findings: [Finding]
  package var status: HostStatus
  /// As in ``JobResult/warnings``.
  package var warnings: [String]?
  /// Where the app lies; nil where nothing is installed.
  package var place: InstallPlace?
  /// Of the host, as `uname -m` says it. The coordinator takes it from the agent's greeting; no agent sends it here.
  package var architecture: String?

  package init(findings: [Finding], status: HostStatus) {
    self.findings = findings
    self.status = status
  }
}

/// Which install it is: the same under whatever name it was reached, and never that of two installs.
package struct InstallPlace: Codable, Equatable, Sendable {
  /// Of the running system. A machine-id is not taken: cards that were copied have the same.
  /// Source: random(4), /proc/sys/kernel/random/boot_id.
  package var bootID: String
  /// Device and inode of `/`: containers of one kernel may have the same boot id.
  package var root: String
  /// gethostname(2), for people.
  package var hostname: String
  /// The install without symbolic links in its path, for people.
  package var path: String
  /// Device and inode of that directory.
  package var install: String
  /// Where its agent keeps what it knows of the app: the nearest directory that is there, as device and inode, and the
  /// way from there.
  package var state: String

  package init(
    bootID: String, root: String, hostname: String, path: String, install: String, state: String
  ) {
    self.bootID = bootID
    self.root = root
    self.hostname = hostname
    self.path = path
    self.install = install
    self.state = state
  }
}
