import Digest
import Wire

/// Judges what was seen after a power cut. Pure: the sight, what had been promised, and the two trees there may be.
struct Verdict {
  let old: Tree
  let new: Tree
  let newVersion: String
  let oldVersion = Pocket.Version.old.rawValue
  let schema: [String: String]

  /// `new` is what an undisturbed run left, with the release's own files as the release has them.
  init(old: Tree, new: Tree, newVersion: String) {
    self.old = old.release
    self.new = new.release
    self.newVersion = newVersion
    schema = [oldVersion: "1", newVersion: "2"]
  }

  /// How the host ended, for the counts: the version and the journal's last word.
  struct Ending: Hashable, CustomStringConvertible {
    var version: String
    var description: String { version }
  }

  /// The looks at the tree of a host that boots after the cut; a host that was not cut has the last two.
  static let looksAtBoot = ["at the cut", "after files"]
  static let looksAtTheEnd = ["settled", "again"]

  /// What is wrong; nothing when all is well.
  func problems(
    _ sight: Sight, _ promised: Promises, looks: [String] = looksAtBoot + looksAtTheEnd
  ) -> [String] {
    guard let mounted = sight.lines("mount"), mounted.isEmpty else {
      return ["the file system cannot be mounted: \(sight.lines("mount") ?? [])"]
    }
    guard sight.lines("end") != nil, sight.status == 0 else {
      return ["it did not come to its end (\(sight.status)): \(sight.sections.last?.name ?? "")"]
    }
    var problems: [String] = []
    let versions = looks.map { look in version(Tree(sight.lines("tree \(look)") ?? [])) }
    for (look, version) in zip(looks, versions) where version == nil {
      let tree = Tree(sight.lines("tree \(look)") ?? []).release
      problems.append(
        "\(look): no whole version; against old: \(tree.differences(from: old)); "
          + "against new: \(tree.differences(from: new))")
    }
    let last = zip(looks, versions).drop { $0.0 == "at the cut" }.map(\.1)
    guard let version = last.last ?? nil else { return problems }
    if last.contains(where: { $0 != version }) {
      problems.append("it changed after its files had been put right: \(versions)")
    }
    problems += recovery(sight) + data(sight, version, promised) + promises(sight, version, promised)
    return problems
  }

  /// Which of the two a tree is; nil when it is neither.
  func version(_ tree: Tree) -> String? {
    switch tree.release {
    case old: oldVersion
    case new: newVersion
    default: nil
    }
  }

  private func recovery(_ sight: Sight) -> [String] {
    var problems: [String] = []
    for step in ["files", "settle"] {
      for line in sight.lines(step) ?? [] where line.hasPrefix("exit ") || line.contains("failed") {
        problems.append("recovery of \(step): \(sight.lines(step) ?? [])")
      }
    }
    if let start = sight.lines("start"), !start.isEmpty {
      problems.append("the app does not start: \(start)")
    }
    if sight.lines("well") != ["GOOD"] { problems.append("the app is unwell: \(sight.lines("well") ?? [])") }
    for again in sight.all("again") where !again.allSatisfy({ $0.hasSuffix("nothing to recover") }) {
      problems.append("a second recovery did something: \(again)")
    }
    let journal = sight.lines("status")?.first { $0.contains("journal") } ?? ""
    let left = Set(sight.lines("left") ?? []).subtracting(["pocket", "pocket-backups"])
    if journal.hasSuffix(" idle"), !left.isEmpty {
      problems.append("left beside the install: \(left.sorted())")
    }
    return problems
  }

  private func data(_ sight: Sight, _ version: String, _ promised: Promises) -> [String] {
    var problems: [String] = []
    guard let database = sight.database else { return ["there is no database"] }
    if database.integrity != "ok" { problems.append("integrity: \(database.integrity)") }
    if database.revision != schema[version] {
      problems.append("code and data are parted: \(version) with revision \(database.revision)")
    }
    // Undone, a host has the data of the moment of its stop: what the new version had taken in goes with it.
    let versions = version == oldVersion ? [oldVersion] : [oldVersion, newVersion]
    let rows =
      (1...150).map { "\(oldVersion) \($0)" }
      + versions.flatMap { name in
        (promised.rows[name] ?? []).map { "\(name) \($0)" }
      }
    let lost = rows.filter { !database.rows.contains($0) }
    if !lost.isEmpty { problems.append("\(lost.count) rows lost, the first \(lost[0])") }
    let tree = Tree(sight.lines("tree end") ?? [])
    let first = (0..<4).map { "first-\($0).jpg" }
    for name in first + versions.flatMap({ promised.pictures[$0] ?? [] }) {
      let digest = tree.digests["pictures/\(name)"]
      if digest != Self.digest(ofPicture: name) { problems.append("picture \(name): \(digest ?? "lost")") }
    }
    let outside = sight.lines("outside settled") ?? []
    if outside != [version] { problems.append("outside the install stands \(outside), not \(version)") }
    return problems
  }

  private func promises(_ sight: Sight, _ version: String, _ promised: Promises) -> [String] {
    var problems: [String] = []
    switch promised.heard {
    case "upgraded" where version != newVersion: problems.append("a reported success was lost")
    case "rolled_back":
      if version != oldVersion { problems.append("what had been undone came back") }
      if sight.lines("status")?.contains(where: { $0.contains("MARKED") }) != true {
        problems.append("the mark was lost")
      }
    default: break
    }
    // A follower waits for the end of what has begun. What a cut left of the last line is no event, for the agent
    // either.
    let story = (sight.lines("jobs") ?? []).compactMap {
      try? JSON.decode(JobEvent.self, from: Array($0.utf8))
    }
    let tail = story.reversed().prefix { $0.event != .rested }
    if tail.contains(where: { $0.event == .stepStarted }) {
      problems.append("the job's story has no end: seq \(story.last?.seq ?? 0)")
    }
    return problems
  }

  /// As pocket makes them: the content follows from the number.
  static func digest(ofPicture name: String) -> String {
    let number = Int(name.dropLast(4).split(separator: "-").last ?? "") ?? 0
    let letter = UInt8(ascii: "a") + UInt8(number % 26)
    let content = [UInt8](repeating: letter, count: 2000 + number % 5000)
    return SHA256.hash(content).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
