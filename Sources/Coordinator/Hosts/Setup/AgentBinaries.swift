import Files
import Release
import Glibc
package import SystemPackage

/// The agents that came with this fleet, one for each architecture: `ARCH/fleet-agent`.
package struct AgentBinaries: Sendable {
  /// Where to look, the first one first.
  var folders: [FilePath]
  /// The agent of a build, for the machine that it was built on.
  var built: FilePath?
  /// Whether they are those of fleet's packages, of which is known what they ask of a system.
  var arePackaged: Bool

  /// - Parameter folders: each holds `ARCH/fleet-agent`, with ARCH as `uname -m` says it.
  package init(folders: [FilePath], built: FilePath? = nil, arePackaged: Bool = true) {
    self.folders = folders
    self.built = built
    self.arePackaged = arePackaged
  }

  /// `FLEET_AGENTS`, else `libexec/fleet/agents` beside the running program or beside its bin; of a build,
  /// the agent that stands beside it.
  package static var shipped: AgentBinaries {
    if let named = getenv("FLEET_AGENTS").map({ FilePath(platformString: $0) }), !named.isEmpty {
      return AgentBinaries(folders: [named], arePackaged: false)
    }
    guard let program = try? realPath("/proc/self/exe") else { return AgentBinaries(folders: []) }
    let folder = program.removingLastComponent()
    let roots = [folder.removingLastComponent(), folder]
    let built = folder.appending("fleet-agent")
    return AgentBinaries(
      folders: roots.map { $0.appending("libexec").appending("fleet").appending("agents") }, built: built,
      arePackaged: access(built.string, F_OK) != 0)
  }

  struct Binary: Sendable {
    let path: FilePath
    let bytes: [UInt8]
    let sha256: String
  }

  func binary(for architecture: HostArchitecture) throws(SetupError) -> Binary {
    var places = folders.map { $0.appending(architecture.rawValue).appending("fleet-agent") }
    if let built, architecture == .own { places.append(built) }
    for place in places where access(place.string, F_OK) == 0 {
      do throws(FileError) {
        let bytes = try readBounded(place, maxBytes: Int(HostLimits.agentBytes), following: true)
        return Binary(path: place, bytes: bytes, sha256: SHA256Digest(of: bytes).description)
      } catch {
        throw .local("the agent for \(architecture.rawValue) cannot be read: \(error)")
      }
    }
    throw .local(
      "there is no agent for \(architecture.rawValue) here; looked for "
        + places.map(\.string).joined(separator: ", ")
        + ". Next: install fleet's package, which has the agents for all of them "
        + "(in fleet's sources, make dist makes it)")
  }
}

/// The architectures that agents are built for, as `uname -m` calls them.
enum HostArchitecture: String, Sendable, CaseIterable {
  case x86 = "x86_64"
  case arm = "aarch64"

  static var own: HostArchitecture {
    #if arch(arm64)
    .arm
    #else
    .x86
    #endif
  }

  /// Judges by the userland, not the kernel: a Pi may run a 32-bit system under a 64-bit kernel.
  ///
  /// - Parameters:
  ///   - machine: `uname -m`.
  ///   - debian: `dpkg --print-architecture`; nil where there is no dpkg.
  ///   - bits: `getconf LONG_BIT`; nil where it is not there.
  init(machine: String, debian: String?, bits: String?) throws(WrongArchitecture) {
    if ["armhf", "armel", "i386"].contains(debian) || bits == "32" {
      throw WrongArchitecture(
        text:
          "its system is 32-bit (\(debian ?? machine)), even if its kernel says \(machine). "
          + "fleet needs a 64-bit "
          + "system: on a Pi 3 or newer, install the 64-bit Raspberry Pi OS")
    }
    switch debian ?? machine {
    case "arm64", "aarch64": self = .arm
    case "amd64", "x86_64": self = .x86
    default:
      throw WrongArchitecture(
        text: "its architecture (\(debian ?? machine)) has no agent; there are x86_64 and aarch64")
    }
  }
}

struct WrongArchitecture: Error, Equatable { let text: String }
