/// Every bound on what passes between coordinator and agent, with its unit.
package enum WireLimits {
  /// The version of this protocol. A side speaks with its own, the one before and the one after.
  package static let version = 1
  /// A frame's payload, in bytes: a profile or a report of some hundred lines is far below.
  package static let frameBytes = 1 << 20
  /// What a login shell may print before the magic, in bytes.
  package static let noiseBytes = 64 << 10
  /// One piece of an announced upload or of a log, in bytes.
  package static let chunkBytes = 256 << 10
  /// A text that a host sends (a reason, a note), in characters, before it is cut.
  package static let textCharacters = 4_000
  /// Lines of a log that travel with a failure.
  package static let logTailLines = 40
  /// Names in a list that a host sends (files left behind, holders of the tree).
  package static let listEntries = 200
  /// Groups of files that would stay behind, as a host sends them.
  package static let fileGroups = 100
  /// Names of single files that each of them says.
  package static let fileExamples = 20
  /// The path of such a file or folder, in bytes; one that is longer is not said.
  package static let fileNameBytes = 1_000
  /// How long an agent looks for such files when it is only asked, in seconds: less than its answer may take.
  package static let accountSeconds = 45
  /// Commands of a profile whose answers are compared before and after an upgrade.
  package static let parityChecks = 20
  /// Lines that each of them may print, and the characters of one.
  package static let parityLines = 500
  package static let parityLineCharacters = 200
  /// How long an agent may take to ask a profile's `forewarn` commands, in seconds: less than its answer may take.
  package static let forewarnSeconds = 45
  /// Lines that they may say together.
  package static let forewarnLines = 40
  /// Events of one job that are replayed to a follower.
  package static let eventsPerJob = 20_000
  /// How long the other side may take to answer a small request, in seconds.
  package static let answerSeconds = 60
  /// How long a new version may wait to be confirmed, at least and at most, in seconds: a fresh connection
  /// needs its time, and a host must not stay undecided.
  package static let confirmSeconds = 30...3_600
  /// How often a follower hears something, even when nothing happens, in seconds.
  package static let heartbeatSeconds = 5

  // What a number can be that the other side or a file says (``Figure``). Each is far from the ends of Int64, so that
  // what is computed with a few thousand of them is too.

  /// How long anything took, in milliseconds: a year.
  package static let durationMilliseconds: ClosedRange<Int64> = 0...366 * 86_400_000
  /// Moments, in milliseconds since 1970: until the end of the year 9999, which is what a time as text can say.
  package static let momentMilliseconds: ClosedRange<Int64> = 0...253_402_300_799_999
  /// How long something may take, or is ago, in seconds: ten years.
  package static let spanSeconds: ClosedRange<Int64> = 0...10 * 366 * 86_400
  /// The number of an event within its job, or of a line in a log.
  package static let sequence: ClosedRange<Int64> = 0...1 << 40
  /// How many there are of something: rows, backups, hosts.
  package static let count: ClosedRange<Int64> = 0...1 << 40
  /// Sizes and progress, in bytes or in the unit of a step: a pebibyte.
  package static let bytes: ClosedRange<Int64> = 0...1 << 50
}
