import Foundation
import TestSupport

/// What `make dist` makes: the programs for each architecture, and the packages of them.
enum ReleaseFiles {
  static let packages = Repository.file(".build/packages").path
  static let arePacked = FileManager.default.fileExists(atPath: packages + "/SHA256SUMS")

  /// The agent for Debian's `architecture`.
  static func agent(_ architecture: String) -> String {
    Repository.file(".build/made/\(architecture)/fleet-agent").path
  }

  static let haveAgents = ["amd64", "arm64"].allSatisfy { FileManager.default.fileExists(atPath: agent($0)) }
}
