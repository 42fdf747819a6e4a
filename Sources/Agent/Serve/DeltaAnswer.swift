import Delta
import Effects
import Files
import SystemPackage
import Wire

/// Makes a release's content of what is installed and of a delta that came. Writes into the state folder alone; where
/// it does not come out nothing has changed, and the whole archive is sent.
struct DeltaAnswer {
  let order: DeltaOrder

  /// Who has the turn brings a file, or makes one; in seconds.
  private static let turnSeconds = 30

  func apply() throws(StepFailure) {
    let paths = AgentPaths(app: order.profile.app)
    let artifacts = Artifacts(paths)
    try StateFolder(paths).prepare()
    let turn = try artifacts.takeTurn(waitSeconds: Self.turnSeconds)
    try withExtendedLifetime(turn) { () throws(StepFailure) in try apply(paths, artifacts) }
  }

  private func apply(_ paths: AgentPaths, _ artifacts: Artifacts) throws(StepFailure) {
    guard try artifacts.archive(of: order.release) == nil else { return }
    let (content, delta) = (order.content, order.delta)
    guard content.size > 0, content.size <= DeltaLimits.contentBytes, delta.size <= DeltaLimits.deltaBytes,
      try artifacts.has(delta.sha256, size: delta.size)
    else { throw .because(.artifact, "that is no delta of a release") }
    let site = try InstallSite.find(order.profile)
    let listing = try InstalledListing(
      paths: paths, work: WorkFolder(site), say: { warn("fleet-agent serve: \($0)") }
    ).find(order.installedListing)
    guard let listing else { throw .because(.artifact, "what is installed here is not listed") }
    // The reference takes about what the content does.
    try SpaceReserve.require(2 * content.size, at: paths.state)
    do {
      try make(listing, FilePath(site.install), Directory.open(paths.artifacts))
    } catch let error as DeltaError {
      throw .because(.artifact, "\(error)")
    } catch let error as FileError {
      throw .io(error)
    } catch {
      throw .from(error)
    }
    try artifacts.note(content, as: order.release)
  }

  private func make(_ listing: ReleaseListing, _ install: FilePath, _ folder: Directory) throws {
    guard let name = FilePath.Component(order.content.sha256),
      let delta = FilePath.Component(order.delta.sha256),
      let made = FilePath.Component("\(name).made"),
      let referenceName = FilePath.Component("\(name).reference")
    else { return }
    let create: FileDescriptor.OpenOptions = [.create, .truncate]
    let file = try folder.openFile(referenceName, .readWrite, options: create)
    // Soon gone, mostly before any of it is on the disk.
    try folder.unlink(referenceName)
    var reference = try DeltaReference(listing, of: Directory.openReal(install), shape: order.shape)
    try reference.write(to: file)
    let output = try folder.openFile(made, .readWrite, options: create)
    do {
      try DeltaFrame.open(
        folder.openFile(delta).readAll(maxBytes: Int(order.delta.size)), over: MappedFile.reading(file),
        into: MappedFile.writing(output, sizeBytes: order.content.size), sha256: order.content.sha256)
    } catch {
      try folder.unlink(made)
      throw error
    }
    // Not synchronized: what a power cut leaves of it has another digest, and is made or sent again.
    try folder.rename(made, to: name, replacing: true)
    try folder.unlink(delta)
  }
}
