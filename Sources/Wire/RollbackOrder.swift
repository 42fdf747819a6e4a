package struct RollbackOrder: Codable, Equatable, Sendable {
  package var job: String
  /// The backup's name; nil: the newest.
  package var backup: String?
  package var profile: AppProfile

  package init(job: String, backup: String?, profile: AppProfile) {
    self.job = job
    self.backup = backup
    self.profile = profile
  }
}
