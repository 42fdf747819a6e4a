package enum DeltaLimits {
  /// What the reference may take, in bytes; it lies on the disk and is mapped.
  package static let referenceBytes: Int64 = 1 << 30
  /// The same of the new release's content.
  package static let contentBytes: Int64 = 1 << 30
  /// The delta itself; it is held in memory.
  package static let deltaBytes: Int64 = 16 << 20
}
