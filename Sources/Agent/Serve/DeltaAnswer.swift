import Delta
import Effects
import Files
import Glibc
import SystemPackage
import Wire

/// Makes a release's content of what is installed and of a delta that came. Writes into the state folder alone; where
/// nothing comes of it the whole archive is sent.
struct DeltaAnswer {
  let order: DeltaOrder

  /// Who has the turn brings a file, or gives one its name; in seconds.
  private static let turnSeconds = 75

  func reply() throws(StepFailure) -> Reply {
    let paths = AgentPaths(app: order.profile.app)
    let artifacts = Artifacts(paths)
    try StateFolder(paths).prepare()
    if try artifacts.archive(of: order.release) != nil { return .ok }
    let (content, delta) = (order.content, order.delta)
    guard content.size > 0, content.size <= DeltaLimits.contentBytes, delta.size <= DeltaLimits.deltaBytes,
      order.referenceBytes > 0, order.referenceBytes <= DeltaLimits.referenceBytes
    else { throw .because(.artifact, "that is no delta of a release") }
    let site = try InstallSite.find(order.profile)
    let listing = try InstalledListing(
      paths: paths, work: WorkFolder(site), say: { warn("fleet-agent serve: \($0)") }
    ).find(order.installedListing)
    guard let listing else { throw .because(.artifact, "what is installed here is not listed") }
    // The stage's own room is not to be missing afterwards, which of the smaller archive it might not be.
    try SpaceReserve.require(
      content.size + order.referenceBytes + order.unpackedBytes, at: paths.state)
    guard try artifacts.has(delta.sha256, size: delta.size) else { return .send(from: 0) }
    do {
      try make(listing, FilePath(site.install), artifacts)
    } catch let error as DeltaError {
      throw .because(.artifact, "\(error)")
    } catch let error as FileError {
      throw .io(error)
    } catch let error as StepFailure {
      throw error
    } catch {
      throw .from(error)
    }
    return .ok
  }

  private func make(_ listing: ReleaseListing, _ install: FilePath, _ artifacts: Artifacts) throws {
    let folder = try Directory.open(artifacts.paths.artifacts)
    // Another conversation, whose connection broke, may be at it still: it is not waited for.
    guard let name = FilePath.Component(order.content.sha256),
      let delta = FilePath.Component(order.delta.sha256),
      let made = FilePath.Component("\(name).\(getpid())\(Artifacts.draftSuffix)"),
      let referenceName = FilePath.Component("reference.\(getpid())\(Artifacts.draftSuffix)")
    else { return }
    let create: FileDescriptor.OpenOptions = [.create, .truncate]
    let file = try folder.openFile(referenceName, .readWrite, options: create)
    // Soon gone, mostly before any of it is on the disk.
    try folder.unlink(referenceName)
    var reference = try DeltaReference(
      listing, of: Directory.openReal(install), shape: order.shape, limitBytes: order.referenceBytes)
    try reference.write(to: file)
    let output = try folder.openFile(made, .readWrite, options: create)
    do {
      try DeltaFrame.open(
        folder.openFile(delta).readAll(maxBytes: Int(order.delta.size)), over: MappedFile.reading(file),
        into: MappedFile.writing(output, sizeBytes: order.content.size), sha256: order.content.sha256)
      let turn = try artifacts.takeTurn(waitSeconds: Self.turnSeconds)
      try withExtendedLifetime(turn) {
        // Not synchronized: what a power cut leaves of it has another digest, and is made or sent again.
        try folder.rename(made, to: name, replacing: true)
        try artifacts.note(order.content, as: order.release)
        try folder.unlink(delta)
      }
    } catch {
      _ = try? folder.unlink(made)
      throw error
    }
  }
}
