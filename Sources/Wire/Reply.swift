/// What an agent answers.
package enum Reply: Codable, Equatable, Sendable {
  case hello(HostHello)
  case probe(Probe)
  case ok
  /// Another coordinator has the host.
  case claimed(Claim)
  /// Send from this offset; equal to the size when the host has it all.
  case send(from: Int64)
  case event(JobEvent)
  case status(HostStatus)
  /// nil: the app is well.
  case health(problem: Cause?)
  /// Each with what mends it; empty: none.
  case obstacles([Cause])
  case forewarned([String])
  case account([FileGroup])
  case logs(lines: [String], path: String)
  case backups([Backup])
  /// The request cannot be done; the sentence says why.
  case refused(Cause)
  /// A request of a version that this agent does not know, or a malformed one.
  case unsupported(String)
}

package struct HostHello: Codable, Equatable, Sendable {
  package var wire: Int
  package var version: String
  /// `uname -m` of the program that answers.
  package var architecture: String
  package var bootID: String
  package var systemd: Bool
  package var user: String
  package var system: String

  package init(
    wire: Int, version: String, architecture: String, bootID: String, systemd: Bool,
    user: String, system: String
  ) {
    self.wire = wire
    self.version = version
    self.architecture = architecture
    self.bootID = bootID
    self.systemd = systemd
    self.user = user
    self.system = system
  }
}
