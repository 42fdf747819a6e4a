/// Bounds of a job, with their units.
enum JobLimits {
  static let carryRecordBytes = 512 << 20
  /// What steps may keep in `$FLEET_CACHE` from upgrade to upgrade, in bytes.
  static let cacheBytes: Int64 = 512 << 20
  /// A stage older than this is redone, in hours.
  static let stageHours: Int64 = 24
  /// One finish step's undo, in seconds.
  static let undoSeconds = 120
  /// One look at a database, or its copy, in seconds.
  static let databaseSeconds = 4 * 3600
  /// How long the rows of a database outside of the install are counted, in seconds.
  static let countSeconds = 5
  /// How long is waited for the turn between two looks whether the order still holds, in milliseconds.
  static let turnPollMilliseconds = 500
  /// How long an old version that was put back, and is well, may take until all that it told of itself before the stop
  /// is there again, before it is told that it is not, in seconds.
  static let oldParitySeconds = 30
  /// How long the disks may take to write everything down, in seconds.
  static let syncSeconds = 60
}
