package struct StageOrder: Codable, Equatable, Sendable {
  /// One job per rollout and host: the rollout's id, `ID.2` for a second try.
  package var job: String
  package var release: ReleaseName
  /// What the release takes on the disk, in bytes.
  package var unpackedBytes: Int64
  /// A ``ReleaseListing`` of the release that is installed now, for the account of what would be left
  /// behind; nil where the coordinator could not get it (the agent keeps those it installed itself).
  package var installedListing: Artifact?
  package var profile: AppProfile
  /// Said by the user: try again what was refused before.
  package var retry: Bool
  /// Leave behind what is neither carried nor ignored.
  package var leave: Bool
  /// Go on although the old version is unwell.
  package var repair: Bool

  package init(
    job: String, release: ReleaseName, unpackedBytes: Int64, installedListing: Artifact? = nil,
    profile: AppProfile, retry: Bool = false, leave: Bool = false, repair: Bool = false
  ) {
    self.job = job
    self.release = release
    self.unpackedBytes = unpackedBytes
    self.installedListing = installedListing
    self.profile = profile
    self.retry = retry
    self.leave = leave
    self.repair = repair
  }
}

package struct AccountOrder: Codable, Equatable, Sendable {
  package var profile: AppProfile
  /// As in ``StageOrder/installedListing``.
  package var installedListing: Artifact?

  package init(profile: AppProfile, installedListing: Artifact?) {
    self.profile = profile
    self.installedListing = installedListing
  }
}
