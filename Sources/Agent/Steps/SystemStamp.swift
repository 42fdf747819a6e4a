import Files
import SystemPackage

/// What tells that the system changed under a stage: Debian's package database. An environment that
/// was built for another interpreter must not go live.
enum SystemStamp {
  static func now() -> String? {
    guard let status = try? FileStatus.of("/var/lib/dpkg/status") else { return nil }
    return "\(status.modified.seconds) \(status.modified.nanoseconds) \(status.sizeBytes)"
  }
}
