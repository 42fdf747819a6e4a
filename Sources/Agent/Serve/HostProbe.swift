import Files
import Glibc
import SystemPackage
import Wire

/// What is on the host, without changing it.
struct HostProbe {
  let bootID: String

  func probe(_ profiles: [AppProfile]) throws(StepFailure) -> Probe {
    var findings: [Probe.Finding] = []
    for profile in profiles {
      do {
        let install = FilePath(try InstallSite.find(profile).install)
        let version = try Install.version(profile.version, in: install)
        findings.append(Probe.Finding(version: version, problem: nil))
      } catch {
        findings.append(Probe.Finding(version: nil, problem: "\(error)"))
      }
    }
    guard let first = profiles.first else {
      throw .fault("a probe without a profile")
    }
    let found = zip(profiles, findings).first { $0.1.version != nil }?.0 ?? first
    let status = try status(
      AgentPaths(app: found.app), install: try? realPath(FilePath(found.install)), profile: found)
    var probe = Probe(findings: findings, status: status)
    if let site = try? InstallSite.find(found) {
      probe.place = place(of: site, AgentPaths(app: found.app))
      let services = AppServices(outsideOfJobs: found, at: site).control()
      probe.warnings = Warnings(profile: found, install: FilePath(site.install), services: services).look()
    }
    return probe
  }

  private func place(of site: InstallSite, _ paths: AgentPaths) -> InstallPlace? {
    guard let install = try? FileStatus.of(FilePath(site.install)) else { return nil }
    var (state, way) = (paths.state, FilePath())
    while (try? FileStatus.of(state, following: true)) == nil, let name = state.lastComponent {
      way = FilePath(name.string).appending(way.components)
      state.removeLastComponent()
    }
    guard let nearest = try? FileStatus.of(state, following: true), let root = try? FileStatus.of("/") else {
      return nil
    }
    return InstallPlace(
      bootID: bootID, root: root.identity.text, hostname: HostGreeting.hostname, path: site.install,
      install: install.identity.text,
      state: "\(nearest.identity.text) \(way)")
  }

  func status(
    _ paths: AgentPaths, install: FilePath?, profile: AppProfile? = nil
  ) throws(StepFailure) -> HostStatus {
    let record: JournalRecord
    do { record = try Journal.peek(paths.journal) ?? JournalRecord() } catch {
      throw .because(.io, "\(error)")
    }
    var status = HostStatus(app: paths.app, state: record.state)
    let marks = Marks(paths)
    status.mark = try marks.mark()
    status.heldTag = try marks.held()
    status.refusals = try marks.refusals()
    status.claim = try Claims(paths: paths, bootID: bootID).inForce()
    status.openJob = record.job
    var ended: JobEvent?
    if let job = try Stored.read(String.self, paths.lastJob) {
      ended = JobHistory.last(of: JobFolder(paths, job))
      status.last = ended?.result
      let history = JobHistory(paths: paths)
      if status.last?.hasEnded != true {
        status.ended = history.results(besides: job, atMost: 1) { $0.hasEnded }.first
      }
      let upgrades = [status.last, status.ended].compactMap { $0 }.filter { $0.outcome == .upgraded }
      let upgrade =
        upgrades.first ?? history.results(besides: job, atMost: 1) { $0.outcome == .upgraded }.first
      status.upgradeDowntimeMilliseconds = upgrade?.downtimeMilliseconds
    }
    let place = install.map { $0.removingLastComponent() } ?? paths.state
    status.freeBytes = (try? FreeSpace.at(place)).map { Int64(clamping: $0.availableBytes) }
    if let install, let marker = try? Marker.read(in: install) {
      status.installedTag = marker.release?.tag
      status.installedVersion = marker.release?.version
      if let ended, let result = ended.result, result.outcome?.isCommitted == true,
        result.now == marker.release?.version
      {
        status.installedSecondsAgo = Int(max(0, WallClock.milliseconds() - ended.timeMilliseconds) / 1000)
      }
    }
    if let profile { status.backups = (try? Backups(paths, profile: profile).list().count) ?? 0 }
    return status
  }
}

extension Accounts {
  /// The name of the effective user, or its number.
  static func nameOfCurrentUser() -> String {
    let number = String(geteuid())
    return (try? user(number))?.name ?? number
  }
}

extension FileStatus.Identity {
  fileprivate var text: String { "\(device):\(inode)" }
}
