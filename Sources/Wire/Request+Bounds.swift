/// What a coordinator asks is data: a number that cannot be (``Figure``) becomes one that can before the agent
/// computes with it, and never ends it.
extension Request {
  package var bounded: Request {
    switch self {
    case .hello, .unclaim, .cancel, .confirm, .status, .clear: self
    case .probe(let profiles): .probe(profiles: profiles.map(\.bounded))
    case .claim(let app, var claim):
      {
        claim.sinceMilliseconds = Figure.moment.nearest(claim.sinceMilliseconds)
        claim.lifetimeSeconds = Figure.seconds.nearest(claim.lifetimeSeconds)
        return .claim(app: app, claim)
      }()
    // What is larger than can be stays so, and is refused; it is never brought to a size that would be taken.
    case .upload: self
    case .replaceAgent: self
    case .delta(var order):
      {
        order.profile = order.profile.bounded
        order.release = order.release.bounded
        order.shape.modifiedSeconds = Figure.moment.nearest(order.shape.modifiedSeconds)
        order.referenceBytes = Figure.bytes.nearest(order.referenceBytes)
        order.unpackedBytes = Figure.bytes.nearest(order.unpackedBytes)
        return .delta(order)
      }()
    case .stage(let order): .stage(order.bounded)
    case .cutover(var order):
      {
        order.lifetimeSeconds = Figure.seconds.nearest(order.lifetimeSeconds)
        order.confirmWithinSeconds = order.confirmWithinSeconds.map { Figure.seconds.nearest($0) }
        order.seen = order.seen.map { Figure.sequence.nearest($0) }
        return .cutover(order)
      }()
    case .account(let order):
      .account(AccountOrder(profile: order.profile.bounded, installedListing: order.installedListing))
    case .follow(let app, let job, let after):
      .follow(app: app, job: job, after: Figure.sequence.nearest(after))
    case .logs(let app, let job, let lines): .logs(app: app, job: job, lines: Figure.count.nearest(lines))
    case .health(let profile): .health(profile.bounded)
    case .obstacles(let profile): .obstacles(profile.bounded)
    case .forewarn(let profile): .forewarn(profile.bounded)
    case .backups(let profile): .backups(profile.bounded)
    case .rollback(var order):
      {
        order.profile = order.profile.bounded
        return .rollback(order)
      }()
    }
  }
}

extension StageOrder {
  fileprivate var bounded: StageOrder {
    var order = self
    order.unpackedBytes = Figure.bytes.nearest(unpackedBytes)
    order.profile = profile.bounded
    return order
  }
}

extension ReleaseName {
  /// With a size that a file can have.
  package var bounded: ReleaseName {
    var release = self
    release.size = Figure.bytes.nearest(size)
    return release
  }
}
