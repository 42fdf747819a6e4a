/// To make a release's archive of what a host has of the one that is installed there, and of what came as a delta.
package struct DeltaOrder: Codable, Equatable, Sendable {
  package var profile: AppProfile
  /// The release whose archive it stands for.
  package var release: ReleaseName
  /// A file that was uploaded: a Zstandard frame (RFC 8878) over the reference that ``shape`` describes.
  package var delta: Artifact
  /// What comes out: the tar in the release's archive, by its own digest.
  package var content: Artifact
  package var shape: DeltaShape
  /// What the reference takes, and what the release does on the disk (``StageOrder/unpackedBytes``).
  package var referenceBytes: Int64
  package var unpackedBytes: Int64
  /// As in ``StageOrder/installedListing``.
  package var installedListing: Artifact?

  package init(
    profile: AppProfile, release: ReleaseName, delta: Artifact, content: Artifact, shape: DeltaShape,
    referenceBytes: Int64, unpackedBytes: Int64, installedListing: Artifact?
  ) {
    self.profile = profile
    self.release = release
    self.delta = delta
    self.content = content
    self.shape = shape
    self.referenceBytes = referenceBytes
    self.unpackedBytes = unpackedBytes
    self.installedListing = installedListing
  }
}

/// What of the new release's tar stands in the headers of a delta's reference.
package struct DeltaShape: Codable, Equatable, Sendable {
  /// The one directory around everything; empty where there is none.
  package var topDirectory: String
  /// When all its files were changed last, in seconds since 1970.
  package var modifiedSeconds: Int64

  package init(topDirectory: String, modifiedSeconds: Int64) {
    self.topDirectory = topDirectory
    self.modifiedSeconds = modifiedSeconds
  }
}
