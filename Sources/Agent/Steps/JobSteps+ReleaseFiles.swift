import Effects
import Archive
import Files
import Glibc
import SystemPackage
import Wire

/// What is known to be the release's, and what root may do with it: the app's own user, its old tree and whatever the
/// steps install can write to the staged tree, so nothing that root runs or installs is read from there.
extension JobSteps {
  /// Whether a step runs as root for an app that is not root's.
  func isForeignRoot(_ run: Run) -> Bool {
    guard let name = run.user, site.ownerID != 0 else { return false }
    return (try? RunUser.named(name).isRoot) ?? false
  }

  /// Steps of root are the first of *prepare*, when the staged tree is still what was verified, or *finish*.
  func requireOrderOfRoot() throws(StepFailure) {
    let steps = profile.steps
    let late = steps.prepare.drop { isForeignRoot($0) } + steps.complete + steps.migrate
    guard let wrong = late.first(where: { isForeignRoot($0) }) else { return }
    let words = visible(wrong.command.text, limit: 160)
    throw .because(
      .install,
      "`\(words)` would run as root what the app's user can have changed: steps with `user: root` come first in "
        + "prepare, or in finish")
  }

  /// A second copy of what was verified, for the steps of root that come after the swap.
  func extractForRoot(_ archive: FilePath, _ manifest: ArchiveManifest) throws(StepFailure) {
    guard profile.steps.finish.contains(where: { isForeignRoot($0) }) else { return }
    let place = try files { () throws(FileError) in
      let folder = try Directory.openReal(work.path)
      try folder.removeTree(WorkFolder.verifiedName)
      return try folder.makeDirectory(WorkFolder.verifiedName)
    }
    do {
      try ArchiveExtractor.extract(archive, into: place.path, manifest: manifest, owner: nil) { [self] _ in
        interruption == nil ? .goOn : .cancel
      }
      try ArchiveExtractor.verifyTree(place.path, manifest: manifest, owner: nil)
    } catch {
      try throwIfInterrupted()
      throw .from(error, .artifact)
    }
  }

  /// The same for a backup, where the archive of its release is still on the host.
  func extractForRoot(backup: String) throws(StepFailure) {
    guard let release = try BackupRecords(paths).record(of: backup)?.release,
      let found = try Artifacts(paths).archive(of: release)
    else { return }
    let archive = Artifacts(paths).file(found.sha256)
    do { try extractForRoot(archive, ArchiveJudge.inspect(archive)) } catch {
      throw .from(error, .artifact)
    }
  }

  /// Where that copy lies; nil where there is none.
  var verified: String? {
    (try? FileStatus.of(work.verified)) == nil ? nil : work.verified.string
  }

  /// Holds a tree, or the layer over it that steps wrote, against what the archive held. What `carry` brings and
  /// `ignore` says is made anew may differ.
  func requireReleaseFiles(in tree: FilePath, layer: Bool = false, code: Cause.Code) throws(StepFailure) {
    guard let manifest else { return }
    let globs = try Globs(profile)
    let changed: [String]
    do {
      let top = try Directory.openReal(tree)
      let covers = { (path: FilePath) in
        guard let directory = try? top.open(at: path) else { return false }
        return (try? directory.isOpaque()) == true || (try? directory.isRedirected(from: path)) == true
      }
      changed = try ArchiveExtractor.changedFiles(in: tree, manifest: manifest, covers: layer ? covers : nil)
      {
        globs.cover($0)
      }
    } catch { throw .because(.io, "\(error)") }
    guard let first = changed.first else { return }
    let more = changed.count > 1 ? " and \(changed.count - 1) more" : ""
    throw .because(
      code,
      "steps changed files of the release: \(visible(first, limit: 200))\(more); if that is right, name them under "
        + "ignore: in the profile",
      tail: changed.prefix(WireLimits.listEntries).map { visible($0, limit: 300) })
  }

  /// One step of *finish*, or its undo.
  ///
  /// - Parameter old: the tree that is not installed; nil where the step is not told of one.
  func finish(_ run: Run, old: FilePath?, code: Cause.Code) throws(StepFailure) {
    var environment = environment(scratch: nil, old: old)
    environment.rootCovers = site.covers(showing: verified)
    var covers: [Cover] = []
    if let old, geteuid() == 0, old.starts(with: work.path) {
      // Nobody but root passes through the work folder.
      let shown = work.path.appending("old")
      covers = [Cover(path: work.path.string), Cover(path: shown.string, source: old.string)]
      environment.old = shown.string
    }
    try require(run, environment, code: code, covers: isForeignRoot(run) ? [] : covers, mayBeTakenBack: false)
  }
}
