import Effects
import SystemPackage
import Wire

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
