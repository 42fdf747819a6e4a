import Effects
import Archive
import Files
import SystemPackage
import Wire

/// What the installed release consists of.
struct InstalledListing {
  let paths: AgentPaths
  let work: WorkFolder
  /// Told why it goes without.
  let say: (String) -> Void

  /// What fleet itself installed says it; else the coordinator looked it up.
  func find(_ sent: Artifact?) throws(StepFailure) -> ReleaseListing? {
    let file: FilePath
    let own = work.install.appending(Marker.listing)
    // A tree from before fleet that a rollback brought back has a marker, but no listing.
    if try work.maker(of: work.install) != nil, (try? FileStatus.of(own)) != nil {
      file = own
    } else if let sent {
      guard try Artifacts(paths).has(sent.sha256, size: sent.size) else { return nil }
      file = Artifacts(paths).file(sent.sha256)
    } else {
      return nil
    }
    do {
      return try JSON.decode(
        ReleaseListing.self, from: try readBounded(file, maxBytes: ReleaseListing.maxBytes))
    } catch {
      say("the list of what is installed cannot be read: \(error)")
      return nil
    }
  }
}
