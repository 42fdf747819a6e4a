import Effects
import SystemPackage
import Wire

/// What stands in the way of any upgrade of the app, right now.
struct ObstaclesAnswer {
  let profile: AppProfile
  let bootID: String

  func all() throws(StepFailure) -> [Cause] {
    let site = try InstallSite.find(profile)
    let paths = AgentPaths(app: profile.app)
    return Obstacles(
      profile: profile, install: FilePath(site.install), state: paths.state,
      services: AppServices(outsideOfJobs: profile, at: site).control(),
      outside: OutsidePaths(profile: profile, saved: paths.state, owner: site.ownerID, bootID: bootID)
    ).all()
  }
}
