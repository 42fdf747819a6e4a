import Files
import SystemPackage
import Wire

/// That what goes live is what was staged: a stage may wait for hours on a disk that is not a good one.
extension JobSteps {
  /// A digest of the staged tree, but of what is linked into it: those files are the live app's too.
  func digestStagedTree() throws(StepFailure) -> String {
    var linked = profile
    linked.carry.removeAll { $0.kind != .link }
    let globs = try Globs(linked)
    do {
      return try TreeDigest.of(
        Directory.openReal(work.tree), goOn: { [interruptions] in interruptions() == nil }
      ) {
        globs.carries($0)
      }
    } catch {
      try throwIfInterrupted()
      throw .io(error)
    }
  }
}
