/// Every bound on what passes between coordinator and agent, with its unit.
public enum WireLimits {
  /// The version of this protocol. A side speaks with its own, the one before and the one after.
  public static let version = 1
  /// A frame's payload, in bytes: a profile or a report of some hundred lines is far below.
  public static let frameBytes = 1 << 20
  /// What a login shell may print before the magic, in bytes.
  public static let noiseBytes = 64 << 10
  /// One piece of an announced upload or of a log, in bytes.
  public static let chunkBytes = 256 << 10
  /// A text that a host sends (a reason, a note), in characters, before it is cut.
  public static let textCharacters = 4_000
  /// Lines of a log that travel with a failure.
  public static let logTailLines = 40
  /// Names in a list that a host sends (files left behind, holders of the tree).
  public static let listEntries = 200
  /// Groups of files that would stay behind, as a host sends them.
  public static let fileGroups = 100
  /// Names of single files that each of them says.
  public static let fileExamples = 20
  /// The path of such a file or folder, in bytes; one that is longer is not said.
  public static let fileNameBytes = 1_000
  /// How long an agent looks for such files when it is only asked, in seconds: less than its answer may take.
  public static let accountSeconds = 45
  /// Events of one job that are replayed to a follower.
  public static let eventsPerJob = 20_000
  /// How long the other side may take to answer a small request, in seconds.
  public static let answerSeconds = 60
  /// How long a new version may wait to be confirmed, at least and at most, in seconds: a fresh connection
  /// needs its time, and a host must not stay undecided.
  public static let confirmSeconds = 30...3_600
  /// How often a follower hears something, even when nothing happens, in seconds.
  public static let heartbeatSeconds = 5

  // What a number can be that the other side or a file says (``Figure``). Each is far from the ends of Int64, so that
  // what is computed with a few thousand of them is too.

  /// How long anything took, in milliseconds: a year.
  public static let durationMilliseconds: ClosedRange<Int64> = 0...366 * 86_400_000
  /// Moments, in milliseconds since 1970: until the end of the year 9999, which is what a time as text can say.
  public static let momentMilliseconds: ClosedRange<Int64> = 0...253_402_300_799_999
  /// How long something may take, or is ago, in seconds: ten years.
  public static let spanSeconds: ClosedRange<Int64> = 0...10 * 366 * 86_400
  /// The number of an event within its job, or of a line in a log.
  public static let sequence: ClosedRange<Int64> = 0...1 << 40
  /// How many there are of something: rows, backups, hosts.
  public static let count: ClosedRange<Int64> = 0...1 << 40
  /// Sizes and progress, in bytes or in the unit of a step: a pebibyte.
  public static let bytes: ClosedRange<Int64> = 0...1 << 50
}
