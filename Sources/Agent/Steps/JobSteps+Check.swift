import Effects
import Files
import SystemPackage
import Wire

/// *check*, *account*, *receive*: what can be known before anything is made.
extension JobSteps {
  func check() throws(StepFailure) {
    let marks = Marks(paths)
    if let mark = try marks.mark() {
      throw .because(
        .marked,
        "this host was marked when \(mark.tag) failed (\(mark.reason.text)); look, then: fleet clear HOST")
    }
    if case .upgrade(let order) = order {
      if let held = try marks.held(), held == order.release.tag {
        throw .because(
          .held, "\(held) was rolled back here by hand; a newer release, or fleet clear HOST, ends that")
      }
      if !order.retry,
        let refusal = try marks.refusals().first(where: { $0.sha256 == order.release.sha256 })
      {
        let verb = refusal.isFailure ? "failed" : "was refused"
        throw .because(
          .refusedBefore,
          "\(refusal.tag) \(verb) here before (\(refusal.reason.text)); --retry tries it again",
          tail: refusal.reason.logTail)
      }
    }
    try requireOrderOfRoot()
    try outsidePaths.check()
    let site = site
    try note { $0.site = site }
    try work.removeLeftovers(paths)
    try Install.requireExchangeable(install, backups: FilePath(profile.backups), in: work.prepare())
    try obstacles.requirePackages()
    try requireRoom()
    let version = try Install.version(profile.version, in: install)
    let maker = try work.maker(of: install)
    let installed = try installedRelease()
    let target: String
    switch order {
    case .upgrade(let order): target = order.release.version
    case .rollback(let order):
      let backup = try Backups(paths, profile: profile).find(order.backup)
      target = backup.version
    }
    try note {
      $0.from = version
      $0.fromRelease = installed
      $0.fromTag = installed?.tag
      // A copy of such a tree, which a rollback made, is fleet's: a job has made it, and it has no release.
      $0.isFromBeforeFleet = maker == nil
      $0.target = target
    }
    try obstacles.requireLasting()
    try obstacles.requireExchangeable()
    try obstacles.requireUnits()
    try askGuards()
    try requireHealth()
    for text in try readParity().untold { say(text) }
    let warnings = Warnings(
      profile: profile, install: install, services: services.control(), isJob: true
    ).look()
    for warning in warnings { say(warning) }
    noteForTheReport { $0.warnings = warnings }
  }

  /// The release that is installed, as the job that installed it wrote down; else as the tree says. nil where neither
  /// does.
  func installedRelease() throws(StepFailure) -> ReleaseName? {
    if let maker = try work.maker(of: install), AgentPaths.isName(maker),
      let release = try? JobFolder(paths, maker).facts().release
    {
      return release
    }
    return try? Marker.read(in: install)?.release
  }

  private var obstacles: Obstacles {
    Obstacles(
      profile: profile, install: install, state: paths.state, services: services.control(),
      outside: outsidePaths)
  }

  /// Artifact, tree, the old tree's size (its environment is built anew; what is linked takes nothing), and
  /// three times the databases: the rehearsal's copy, what its migration writes, and the copy for good.
  private func requireRoom() throws(StepFailure) {
    var linked: Set<FilePath> = []
    for rule in profile.carry where rule.kind == .link {
      linked.formUnion(try matches(of: rule, in: install))
    }
    let usage = try files { () throws(FileError) in
      try DiskUsage.of(Directory.openReal(install)) { linked.contains($0) }
    }
    var databases: Int64 = 0
    for file in try databaseFiles() {
      databases += (try? FileStatus.of(install.appending(file.components)).sizeBytes) ?? 0
    }
    if case .upgrade = order, !profile.steps.migrate.isEmpty {
      for file in try outsidePaths.databases() { databases += (try? FileStatus.of(file).sizeBytes) ?? 0 }
    }
    try note { $0.databaseBytes = databases }
    let unpacked: Int64 = if case .upgrade(let order) = order { order.unpackedBytes } else { 0 }
    let parent = install.removingLastComponent()
    let needed = unpacked + usage.allocatedBytes + 3 * databases
    let isOneDisk = try files { () throws(FileError) in
      try FileStatus.of(parent).identity.device == FileStatus.of(paths.state).identity.device
    }
    let all = needed + (isOneDisk ? outsidePaths.bytes() : 0)
    do { try SpaceReserve.require(all, at: parent) } catch {
      // What steps keep is the first to go.
      try files { () throws(FileError) in try KeptCache.forget(in: paths.state) }
      try SpaceReserve.require(all, at: parent)
    }
    try requireRoomOutside()
  }

  /// What `outside` names is saved after the stop, when there is no time to find out that there is no room.
  func requireRoomOutside() throws(StepFailure) {
    guard !profile.outside.isEmpty else { return }
    try SpaceReserve.require(outsidePaths.bytes(), at: paths.state)
  }

  private func requireHealth() throws(StepFailure) {
    var repair = false
    if case .upgrade(let order) = order { repair = order.repair }
    // Somebody who goes back by hand does so because it is unwell.
    if case .rollback = order { repair = true }
    let problem = try problemBefore()
    try note { $0.wasHealthy = problem == nil }
    guard let problem, !repair else { return }
    throw .because(
      .unhealthy,
      "the app is not well before the upgrade (\(problem)); mend it, or --repair upgrades it all the same",
      tail: [problem.detail])
  }

  func account() throws(StepFailure) {
    guard case .upgrade(let order) = order else { return }
    let left = try leftBehind(order)
    guard left.count > 0 else { return }
    let groups = left.groups.list
    guard left.data.isEmpty else {
      let others = left.count - left.data.count
      throw .because(
        .dataLeftBehind,
        "the new version would begin without \(left.data.prefix(3).joined(separator: ", ")); name each under carry: "
          + "in the profile (sqlite: for a database, copy: for a link; what a link leads to under outside:), or under "
          + "ignore: what it can do without"
          + (others > 0 ? "; \(others) more files would stay behind" : ""),
        tail: groups.map(\.text))
    }
    guard order.leave else {
      let shown = groups.prefix(4).map(\.text).joined(separator: "; ")
      throw .because(
        .leftBehind,
        "\(left.count) files would stay behind in the backup: neither as the release has them, nor carried, nor "
          + "ignored (\(shown)\(groups.count > 4 ? "; …" : "")); name them under carry: or ignore: in the "
          + "profile (fleet plan --adopt proposes lines), or say --leave",
        tail: groups.map(\.text))
    }
    say("\(left.count) files stay behind in the backup, as --leave asked")
  }

  /// What would stay behind now.
  func leftBehind(_ order: StageOrder) throws(StepFailure) -> Account.Result {
    var account = Account(
      profile: profile, tree: install,
      listing: try InstalledListing(paths: paths, work: work, say: say).find(order.installedListing))
    account.goOn = { [interruptions] in interruptions() == nil }
    let left: Account.Result
    do { left = try account.leftBehind() } catch {
      try throwIfInterrupted()
      throw error
    }
    try note { $0.leftBehind = left.paths }
    return left
  }

  func receive() throws(StepFailure) {
    guard case .upgrade(let order) = order else { return }
    try Artifacts(paths).requireArchive(of: order.release)
  }
}
