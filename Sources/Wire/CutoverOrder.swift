package struct CutoverOrder: Codable, Equatable, Sendable {
  package var app: String
  package var job: String
  /// Void when the host has not reached `stop` so long after it got the order, on its own monotonic
  /// clock, or has booted since.
  package var lifetimeSeconds: Int
  /// Once the new version is proved it goes back, unless ``Request/confirm(app:job:)`` comes over a fresh
  /// connection within so long; nil waits for nobody.
  package var confirmWithinSeconds: Int?
  /// Up to which event the coordinator knew the job's story when it ordered: void when the job has rested since.
  /// So an order that comes late or twice starts nothing that nobody waits for; nil asks for no such care.
  package var seen: Int?
  /// Whether other installs on the machine may be in their cutovers at the same time; nil, as of a coordinator that
  /// does not know of that: no.
  package var together: Bool?

  package init(
    app: String, job: String, lifetimeSeconds: Int, confirmWithinSeconds: Int? = nil, seen: Int? = nil,
    together: Bool? = nil
  ) {
    self.app = app
    self.job = job
    self.lifetimeSeconds = lifetimeSeconds
    self.confirmWithinSeconds = confirmWithinSeconds
    self.seen = seen
    self.together = together
  }
}
