import Foundation
import Glibc
import TestSupport

/// What of this machine the lab needs, and where things of this checkout are.
enum LabMachine {
  static let environment = ProcessInfo.processInfo.environment

  static func file(_ path: String) -> String { Repository.file(path).path }

  /// `fleet` as `make build` left it; `FLEET_BIN` names another one.
  static var fleet: String { environment["FLEET_BIN"] ?? file(".build/dist/bin/fleet") }

  /// Agents stand beside the built `fleet`; a `FLEET_BIN` from a debug build uses the same.
  static var agents: String { environment["FLEET_AGENTS"] ?? file(".build/dist/libexec/fleet/agents") }

  /// Where CI runs, hosts must start: there a missing lab fails instead of being passed over.
  static var mustHaveLab: Bool { isCI }

  /// Why lab hosts cannot start here; nil when they can.
  static let missing: String? = {
    guard geteuid() == 0 else { return "only root can start lab hosts" }
    for tool in ["systemd-nspawn", "debootstrap", "ip"] where !isInstalled(tool) {
      return "lab hosts need \(tool): scripts/setup"
    }
    let space = "fleet-try-\(getpid())"
    guard spawn("ip", "netns", "add", space) == 0 else {
      return "this machine does not let us make network namespaces"
    }
    _ = spawn("ip", "netns", "del", space)
    guard access(fleet, X_OK) == 0 else { return "there is no \(fleet): make build" }
    return nil
  }()

  private static func isInstalled(_ tool: String) -> Bool {
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].contains {
      access("\($0)/\(tool)", X_OK) == 0
    }
  }

  private static func spawn(_ words: String...) -> Int32 {
    guard let pid = try? Spawn.start(["/usr/bin/env"] + words, output: .null, error: .null) else { return -1 }
    return Spawn.wait(for: pid)
  }
}

/// Something of the lab itself went wrong, or never happened.
struct LabTrouble: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
