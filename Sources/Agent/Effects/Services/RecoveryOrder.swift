package import Files
package import SystemPackage

/// Puts the recover unit before the app at the next boot, for as long as a job may leave the tree
/// between two versions. ``StartBlock`` cannot: what lies in /run does not survive. It is a drop-in of the
/// recover unit, on the disk, and names the app's units; the units themselves are not touched, and a
/// recovery that fails or takes too long keeps nothing from starting (`Before=` only orders,
/// systemd.unit(5)). systemd reads it at boot: no daemon-reload is needed.
package struct RecoveryOrder: Sendable {
  var app: String
  var units: [String]
  var directory: FilePath = "/etc/systemd/system"

  package init(app: String, units: [String], directory: FilePath = "/etc/systemd/system") {
    self.app = app
    self.units = units
    self.directory = directory
  }

  static let recoverUnit = "fleet-agent-recover.service"

  private var dropIns: FilePath { directory.appending("\(Self.recoverUnit).d") }
  var file: FilePath { dropIns.appending("50-\(app).conf") }

  /// On the disk when it returns. Can be repeated.
  package func place() throws(FileError) {
    guard !units.isEmpty else { return }
    let text = "[Unit]\nBefore=\(units.joined(separator: " "))\n"
    let parent = try Directory.open(directory, following: true)
    guard let name = dropIns.lastComponent else { return }
    try parent.makeDirectory(name)
    try parent.synchronize()
    try writeDurably(text.utf8, to: file)
  }

  /// Can be repeated.
  package func remove() throws(FileError) {
    guard let parent = try? Directory.open(directory, following: true),
      let name = dropIns.lastComponent, let entry = file.lastComponent,
      try parent.statusIfPresent(of: name) != nil
    else { return }
    try parent.open(name).unlink(entry)
    try parent.removeIfEmpty(name)
    try parent.synchronize()
  }
}
