import Text
import ByteText
import Files
import SystemPackage

/// What is wrong with a host pattern.
package enum HostPatternError: Error, Equatable, Sendable, CustomStringConvertible {
  case empty(pattern: String)
  /// A term that fits no host and no group.
  case matchesNothing(term: String, nearest: String?)
  case malformed(term: String, reason: String)
  /// Each term fits, but all of them together leave no host.
  case leavesNothing(pattern: String)
  /// `@failed` where no host has failed.
  case noneFailed
  /// Hosts of the inventory are meant that do not run the app.
  case runsOthers(pattern: String)

  /// Whether the pattern may mean hosts with another app of the inventory.
  package var isOfOtherApps: Bool {
    switch self {
    case .runsOthers, .noneFailed: true
    case .empty, .matchesNothing, .malformed, .leavesNothing: false
    }
  }

  package var description: String {
    switch self {
    case .empty(let pattern): "the host pattern \"\(pattern)\" has an empty part"
    case .matchesNothing(let term, let nearest):
      "no host or group is called \"\(term)\""
        + (nearest.map { "; did you mean \"\($0)\"?" } ?? "; see the hosts with \"fleet status\"")
    case .malformed(let term, let reason): "the host pattern \"\(term)\" \(reason)"
    case .leavesNothing(let pattern): "the host pattern \"\(pattern)\" leaves no host"
    case .noneFailed: "@failed: no host failed in the last rollout"
    case .runsOthers(let pattern): "\"\(pattern)\": that is no host that runs this app"
    }
  }
}

/// Ansible's host patterns: `veg`, `flower:!flower-2`, `a,b`, `all`, `flower-*`, `flower:&upstairs`,
/// `@failed`. Names and groups are joined, then `&` keeps what is in both, then `!` takes away,
/// in whatever order they are written.
package enum HostPattern {
  /// The hosts that any of the patterns mean, in the inventory's order; without a pattern, all.
  ///
  /// - Parameters:
  ///   - failed: what `@failed` stands for.
  ///   - elsewhere: names of hosts and groups that are known too, and run other apps.
  package static func select(
    _ patterns: [String], from hosts: [Host], failed: Set<String> = [], elsewhere: Set<String> = []
  ) throws(HostPatternError) -> [Host] {
    let text = joined(patterns)
    guard !patterns.isEmpty else { return hosts }
    var meetsOthers = false
    func names(_ term: Substring) throws(HostPatternError) -> Set<String> {
      do throws(HostPatternError) { return try Self.names(of: term, hosts, failed) } catch {
        guard case .matchesNothing(let term, _) = error, try isAmong(elsewhere, term) else { throw error }
        meetsOthers = true
        return []
      }
    }
    var joined: Set<String> = []
    var kept: [Set<String>] = []
    var taken: Set<String> = []
    var joins = false
    for part in text.pieces(keepingEmpty: true, where: { $0 == "," || $0 == ":" }) {
      let term = part.trimmed
      guard !term.isEmpty, term != "!", term != "&" else { throw .empty(pattern: text) }
      if let term = term.without(prefix: "!") {
        taken.formUnion(try names(term))
      } else if let term = term.without(prefix: "&") {
        kept.append(try names(term))
      } else {
        joins = true
        joined.formUnion(try names(term))
      }
    }
    if !joins { joined = Set(hosts.map(\.name)) }
    for set in kept { joined.formIntersection(set) }
    joined.subtract(taken)
    guard !joined.isEmpty else {
      throw meetsOthers ? .runsOthers(pattern: text) : .leavesNothing(pattern: text)
    }
    return hosts.filter { joined.contains($0.name) }
  }

  /// As one list. The comma at the edge of a word joins it to the next, as in `veg, dry`; at the end of all it is an
  /// empty part, which a variable without a value leaves.
  private static func joined(_ patterns: [String]) -> String {
    var words: [Substring] = []
    for (index, pattern) in patterns.enumerated() {
      let (isFirst, isLast) = (index == 0, index == patterns.count - 1)
      var word = pattern[...]
      if !isFirst, let rest = word.without(prefix: ",") { word = rest }
      if !isLast, let rest = word.without(suffix: ",") { word = rest }
      let isCommaAlone = word.isEmpty && !pattern.isEmpty && !isFirst && !isLast
      if !isCommaAlone { words.append(word) }
    }
    return words.joined(separator: ",")
  }

  private static func names(
    of term: Substring, _ hosts: [Host], _ failed: Set<String>
  ) throws(HostPatternError) -> Set<String> {
    let text = String(term)
    if text == "all" { return Set(hosts.map(\.name)) }
    if text.begins(with: "@") {
      guard text == "@failed" else {
        throw .matchesNothing(term: text, nearest: nearest(to: text, among: ["@failed"]))
      }
      let found = Set(hosts.map(\.name)).intersection(failed)
      guard !found.isEmpty else { throw .noneFailed }
      return found
    }
    let found: [Host]
    if text.unicodeScalars.contains(where: { ["*", "?", "["].contains($0) }) {
      let glob = try glob(text)
      found = hosts.filter { ([$0.name] + $0.groups).contains { glob.matches(FilePath($0)) } }
    } else {
      found = hosts.filter { $0.name == text || $0.groups.contains(text) }
    }
    guard !found.isEmpty else {
      let known = Set(hosts.flatMap { [$0.name] + $0.groups })
      throw .matchesNothing(term: text, nearest: nearest(to: text, among: known))
    }
    return Set(found.map(\.name))
  }

  private static func isAmong(_ names: Set<String>, _ term: String) throws(HostPatternError) -> Bool {
    guard term.unicodeScalars.contains(where: { ["*", "?", "["].contains($0) }) else {
      return names.contains(term)
    }
    let glob = try glob(term)
    return names.contains { glob.matches(FilePath($0)) }
  }

  private static func glob(_ text: String) throws(HostPatternError) -> Glob {
    do {
      return try Glob(text)
    } catch {
      throw .malformed(term: text, reason: error.reason)
    }
  }
}
