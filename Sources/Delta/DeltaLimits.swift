/// Every bound of a delta, with its unit.
package enum DeltaLimits {
  /// What the reference may take, in bytes; it lies on the disk and is mapped.
  package static let referenceBytes: Int64 = 256 << 20
  /// The same of the new release's content.
  package static let contentBytes: Int64 = 256 << 20
  /// The delta itself; it is held in memory.
  package static let deltaBytes: Int64 = 16 << 20
  /// The longest path of a file, and the deepest. An app's user writes the listing of its own install.
  static let pathBytes = 4096
  static let depth = 100
}
