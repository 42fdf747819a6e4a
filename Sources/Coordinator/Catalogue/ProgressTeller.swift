import Files

/// Passes progress on, but not at every packet.
final class ProgressTeller {
  private let limits: CatalogueLimits
  private let tell: (FetchProgress) -> Void
  private var toldAt: Int64?

  init(limits: CatalogueLimits, _ tell: @escaping (FetchProgress) -> Void) {
    self.limits = limits
    self.tell = tell
  }

  func note(_ progress: FetchProgress) {
    let now = BootClock.milliseconds()
    let isSoon = toldAt.map { now - $0 < Int64(limits.progressMilliseconds) } ?? false
    if isSoon, progress.bytes != progress.total { return }
    toldAt = now
    tell(progress)
  }
}
