import Effects
import Files
import Glibc
import SystemPackage
import Wire

/// What of the host alone stands in the way of any upgrade: *check* refuses it, and `fleet doctor` tells it before.
/// Changes nothing.
struct Obstacles {
  let profile: AppProfile
  let install: FilePath
  /// Where the agent keeps what it knows of the app.
  let state: FilePath
  let services: any ServiceControl
  let outside: OutsidePaths

  /// All that are found.
  func all() -> [Cause] {
    var found: [Cause] = []
    func look(_ requirement: () throws(StepFailure) -> Void) {
      do { try requirement() } catch {
        if case .failed = error { found.append(error.cause(at: .check)) }
      }
    }
    look { () throws(StepFailure) in try outside.check() }
    look { () throws(StepFailure) in try requirePackages() }
    look { () throws(StepFailure) in try requireLasting() }
    look { () throws(StepFailure) in try requireExchangeable() }
    look { () throws(StepFailure) in try requireUnits() }
    return found
  }

  func requirePackages() throws(StepFailure) {
    let missing = try Packages.missing(of: profile.packages)
    guard missing.isEmpty || profile.installPackages else {
      throw .because(
        .packages,
        "these Debian packages are missing: \(missing.joined(separator: " ")); "
          + "sudo apt-get install \(missing.joined(separator: " "))")
    }
  }

  /// A unit that systemd would not start is no reason to stop the app and find out.
  func requireUnits() throws(StepFailure) {
    guard case .units = profile.services else { return }
    let states: [ServiceState]
    do { states = try services.states() } catch { throw .from(error, .install) }
    let brought = Set(profile.units.map(\.unit))
    for state in states {
      let name = state.name
      guard let why = Self.trouble(name, state.load, isBrought: brought.contains(name)) else { continue }
      throw .because(.install, why)
    }
  }

  /// Why a unit could not be started, in words; nil where it can, as far as its load state tells (systemctl(1)).
  ///
  /// - Parameter isBrought: the release brings the unit's file.
  static func trouble(_ unit: String, _ load: String, isBrought: Bool) -> String? {
    switch load {
    case "not-found" where !isBrought:
      "there is no unit \(unit) on this host; is it spelled so under services: in the profile? "
        + "On the host: systemctl list-unit-files"
    case "masked":
      "\(unit) is masked on this host, so it could not be started again; on the host: sudo systemctl unmask \(unit)"
    case "bad-setting" where !isBrought, "error" where !isBrought:
      "systemd cannot load \(unit) (\(load)), so it could not be started again; on the host: systemctl status \(unit)"
    default: nil
    }
  }

  /// What is written to an overlay whose upper layer is in memory is gone at the next boot.
  func requireLasting() throws(StepFailure) {
    let mounts = try files { () throws(FileError) in try MountTable.read() }
    let commandLine = (try? readBounded("/proc/cmdline", maxBytes: 1 << 16)) ?? []
    // The journal, too: without it nothing is recovered after a power cut.
    let found = [install, state].lazy.compactMap {
      mounts.memoryOverlay(holding: $0, commandLine: commandLine)
    }
    guard let mount = found.first else { return }
    throw .because(
      .install,
      "\(mount.point.printable) is an overlay in memory: an upgrade would be gone at the next boot; on the host: "
        + "sudo raspi-config nonint do_overlayfs 1 (or overlayroot=disabled), boot, upgrade, and switch it on again"
    )
  }

  /// A directory of an overlay's lower layer changes places with nothing.
  func requireExchangeable() throws(StepFailure) {
    // What covers what is seen by root alone; the exchange is tried anyhow.
    guard geteuid() == 0 else { return }
    let mounts = try files { () throws(FileError) in try MountTable.read() }
    let setting = (try? readBounded("/sys/module/overlay/parameters/redirect_dir", maxBytes: 16)) ?? []
    let layer = mounts.lowerLayer(of: install, redirectsByDefault: setting.first == UInt8(ascii: "Y")) {
      (try? FileStatus.of($0))?.kind == .directory
    } isOpaque: {
      (try? Directory.openReal($0).isOpaque()) == true
    }
    guard let layer else { return }
    throw .because(
      .install,
      "\(install.printable) lies in the lower layer of an overlay (\(layer.printable)), where directories cannot "
        + "change places; on the host: copy it once (cp -a \(install.printable) \(install.printable).new, then move "
        + "both), or mount the overlay with redirect_dir=on"
    )
  }
}
