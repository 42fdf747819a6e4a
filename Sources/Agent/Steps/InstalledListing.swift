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

/// The account of a stage, for somebody who only asks. Changes nothing.
struct AccountAnswer {
  let order: AccountOrder

  func groups() throws(StepFailure) -> [FileGroup] {
    let profile = order.profile
    let site = try InstallSite.find(profile)
    let listing = try InstalledListing(
      paths: AgentPaths(app: profile.app), work: WorkFolder(site), say: { warn("fleet-agent serve: \($0)") }
    ).find(order.installedListing)
    let deadline = ContinuousClock.now + .seconds(WireLimits.accountSeconds)
    var account = Account(profile: profile, tree: FilePath(site.install), listing: listing)
    account.goOn = { ContinuousClock.now < deadline }
    do { return try account.leftBehind().groups.list } catch {
      guard ContinuousClock.now < deadline else {
        throw .because(.notNow, "it took longer than \(WireLimits.accountSeconds) s to look at all its files")
      }
      throw error
    }
  }
}
