import Driver
import FoundationEssentials

// Every key is always there, null where there is nothing to say: programs that read a report need not
// know which keys an outcome has.

extension Report {
  enum CodingKeys: String, CodingKey {
    case schema, rollout, app, track, release, restores, outcome, closed, why, exitCode, started, finished,
      newer, goal
    case notes, hosts
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(schema, forKey: .schema)
    try keys.encode(rollout, forKey: .rollout)
    try keys.encode(app, forKey: .app)
    try keys.encode(track, forKey: .track)
    try keys.encode(release, forKey: .release)
    try keys.encode(restores, forKey: .restores)
    try keys.encode(outcome, forKey: .outcome)
    try keys.encode(closed, forKey: .closed)
    try keys.encode(why, forKey: .why)
    try keys.encode(exitCode, forKey: .exitCode)
    try keys.encode(started, forKey: .started)
    try keys.encode(finished, forKey: .finished)
    try keys.encode(newer, forKey: .newer)
    try keys.encode(goal, forKey: .goal)
    try keys.encode(notes, forKey: .notes)
    try keys.encode(hosts, forKey: .hosts)
  }

  /// One line, without the line feed.
  package func encoded() throws -> [UInt8] {
    try Array(SnakeJSON.encoder.encode(self))
  }

  package init(decoding bytes: some Sequence<UInt8>) throws {
    self = try SnakeJSON.decoder.decode(Report.self, from: Data(bytes))
  }
}

extension Report.ReleaseInfo {
  enum CodingKeys: String, CodingKey { case version, tag, commit, tree, sha256, verified }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(version, forKey: .version)
    try keys.encode(tag, forKey: .tag)
    try keys.encode(commit, forKey: .commit)
    try keys.encode(tree, forKey: .tree)
    try keys.encode(sha256, forKey: .sha256)
    try keys.encode(verified, forKey: .verified)
  }
}

extension Report.Sighting {
  enum CodingKeys: String, CodingKey { case version, healthy, seen }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(version, forKey: .version)
    try keys.encode(healthy, forKey: .healthy)
    try keys.encode(seen, forKey: .seen)
  }
}

extension Report.HostInfo {
  enum CodingKeys: String, CodingKey {
    case host, outcome, from, target, now, downtimeMs, rehearsalMs, bytesSent, backup, leftIn
    case reason
    case undoReason, unsettled, rowsDiscarded, leftBehind, warnings, parity, downSince, log, steps, replacedIn
    case earlier
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(host, forKey: .host)
    try keys.encode(outcome, forKey: .outcome)
    try keys.encode(from, forKey: .from)
    try keys.encode(target, forKey: .target)
    try keys.encode(now, forKey: .now)
    try keys.encode(downtimeMs, forKey: .downtimeMs)
    try keys.encode(rehearsalMs, forKey: .rehearsalMs)
    try keys.encode(bytesSent, forKey: .bytesSent)
    try keys.encode(backup, forKey: .backup)
    try keys.encode(leftIn, forKey: .leftIn)
    try keys.encode(reason, forKey: .reason)
    try keys.encode(undoReason, forKey: .undoReason)
    try keys.encodeIfPresent(unsettled, forKey: .unsettled)
    try keys.encode(rowsDiscarded, forKey: .rowsDiscarded)
    try keys.encode(leftBehind, forKey: .leftBehind)
    try keys.encode(warnings, forKey: .warnings)
    try keys.encode(parity, forKey: .parity)
    try keys.encode(downSince, forKey: .downSince)
    try keys.encode(log, forKey: .log)
    try keys.encode(steps, forKey: .steps)
    try keys.encode(replacedIn, forKey: .replacedIn)
    try keys.encode(earlier, forKey: .earlier)
  }
}

extension Report.EarlierTry {
  enum CodingKeys: String, CodingKey { case outcome, reason, downtimeMs }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(outcome, forKey: .outcome)
    try keys.encode(reason, forKey: .reason)
    try keys.encode(downtimeMs, forKey: .downtimeMs)
  }
}
