package import Files
package import SystemPackage

/// Keeps systemd from starting the app while its tree is between two versions, whoever asks: a
/// drop-in on each unit makes the absence of the hold file a condition to start. It is placed before
/// *stop* and taken away when the job is done; with no job open nothing of it exists. All of it lies
/// in /run, so a reboot takes it away too: then the recover unit stands before the app (see
/// ``RecoveryOrder``).
package struct StartBlock: Sendable {
  var app: String
  var units: [String]
  var systemctl = Systemctl.system
  /// /run; another directory in tests.
  var runtime: FilePath = "/run"

  package init(
    app: String, units: [String], systemctl: Systemctl = Systemctl.system, runtime: FilePath = "/run"
  ) {
    self.app = app
    self.units = units
    self.systemctl = systemctl
    self.runtime = runtime
  }

  static let dropInName: FilePath.Component = "50-fleet-hold.conf"

  var file: FilePath { runtime.appending("fleet-agent").appending("\(app).hold") }

  func dropIn(for unit: String) -> FilePath {
    runtime.appending("systemd/system").appending("\(unit).d").appending(Self.dropInName)
  }

  /// The hold file, the drop-ins, daemon-reload. Can be repeated.
  package func place() throws(HoldError) {
    let text = """
      # fleet-agent upgrades \(app): its tree is between two versions, see `fleet-agent status`.
      [Unit]
      ConditionPathExists=!\(file.string)

      """
    do throws(FileError) {
      try write("", to: file)
      for unit in units { try write(text, to: dropIn(for: unit)) }
    } catch {
      throw .file(error)
    }
    try reload()
  }

  /// The app may start again. The drop-ins stay until ``remove()``, and do nothing without the file.
  package func lift() throws(HoldError) {
    do { try Self.remove(file) } catch { throw .file(error) }
  }

  /// Takes all of it away. Can be repeated.
  package func remove() throws(HoldError) {
    try lift()
    var found = false
    do throws(FileError) {
      for unit in units {
        let path = dropIn(for: unit)
        if try Self.remove(path) { found = true }
        let directory = path.removingLastComponent()
        if let name = directory.lastComponent,
          let parent = try Self.openIfPresent(directory.removingLastComponent())
        {
          try parent.removeIfEmpty(name)
        }
      }
    } catch {
      throw .file(error)
    }
    if found { try reload() }
  }

  private func reload() throws(HoldError) {
    guard !units.isEmpty else { return }
    do { try systemctl.change(["daemon-reload"]) } catch { throw .manager(error) }
  }

  private func write(_ text: String, to path: FilePath) throws(FileError) {
    let directory = path.removingLastComponent()
    let inside = FilePath(root: nil, directory.components)
    try Directory.open("/").makeDirectories(inside)
    try writeDurably(text.utf8, to: path)
  }

  @discardableResult
  private static func remove(_ path: FilePath) throws(FileError) -> Bool {
    guard let name = path.lastComponent,
      let directory = try openIfPresent(path.removingLastComponent())
    else { return false }
    return try directory.unlink(name)
  }

  private static func openIfPresent(_ path: FilePath) throws(FileError) -> Directory? {
    do { return try Directory.open(path, following: true) } catch {
      if error.isMissing { return nil }
      throw error
    }
  }
}

package enum HoldError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  case manager(ServiceError)

  package var description: String {
    switch self {
    case .file(let error): "the app cannot be held: \(error)"
    case .manager(let error): "the app cannot be held: \(error)"
    }
  }
}
