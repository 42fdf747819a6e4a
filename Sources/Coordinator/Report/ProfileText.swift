import ByteText
package import Inventory
import SystemPackage
import Text
import Wire

/// What a profile says, in plain words and in the order in which it is done. Pure.
package struct ProfileText {
  package struct Part: Equatable, Encodable, Sendable {
    package var title: String
    package var lines: [String]
  }

  private let profile: Profile
  private var agent: AppProfile { profile.agent }

  package init(_ profile: Profile) { self.profile = profile }

  /// `growroom, of any version`.
  package var headline: String {
    let versions = profile.applies.map { "for the versions \(Self.shown($0.text))" } ?? "for any version"
    return "\(Self.shown(agent.name)), \(versions)"
  }

  package var parts: [Part] {
    [
      Part(title: "What is where", lines: places),
      Part(title: "Where releases come from", lines: releases),
      Part(title: "What is carried over", lines: carried),
      Part(title: "While the old version runs", lines: before),
      Part(title: "While it is down", lines: down),
      Part(title: "What proves that it is well", lines: proof),
      Part(title: "What an undo does", lines: undo),
    ]
  }

  // MARK: What is where

  private var places: [String] {
    let version = agent.version
    var lines = [
      "\(Self.shown(agent.install)) is upgraded, as a whole. Its version is what \(Self.shown(version.match)) reads in "
        + "\(Self.shown(version.file)).",
      (agent.owner.map { "What is extracted belongs to \($0.user):\($0.group)" }
        ?? "What is extracted belongs to whom the install belongs, but never to root")
        + ", who also runs the commands and opens the databases.",
      "The old version becomes a backup in \(Self.shown(agent.backups)): the newest \(agent.keepBackups) stay, and the "
        + "newest that worked" + (agent.backupsBytes.map { "; together at most \(sizeText($0))" } ?? "")
        + ".",
    ]
    if !agent.units.isEmpty {
      let files = agent.units.map { "\(Self.shown($0.file)) as \(Self.shown($0.unit))" }
      lines.append("Unit files of the release go to /etc/systemd/system: \(Wording.list(files)).")
    }
    if !agent.packages.isEmpty {
      let missing =
        agent.installPackages ? "what is missing is installed" : "a host that lacks one is refused"
      lines.append("Debian packages that it needs: \(Wording.list(agent.packages)); \(missing).")
    }
    if !agent.outside.isEmpty {
      lines.append("Elsewhere it keeps \(Self.list(agent.outside)): saved after the stop.")
    }
    return lines
  }

  // MARK: Where releases come from

  private var releases: [String] {
    var lines: [String] = []
    switch profile.source {
    case .github(let repository, let api, let token, let prefix, let asset):
      let place = api.isSpelled(ReleaseSource.gitHubAPI) ? "at GitHub" : "as \(Self.shown(api)) tells them"
      lines += tags(of: repository, ", \(place)", prefix, asset, token)
    case .gitea(let url, let token, let prefix, let asset): lines += tags(of: url, "", prefix, asset, token)
    case .index(let url, let token, _):
      lines.append("They are those that \(Self.shown(url)) lists, with their archives and digests.")
      lines += tokenLines(token)
    case .git(let url, let token, let prefix):
      lines += tags(of: url, ", as git finds them", prefix, nil, token)
    case .pypi(let project, let index, let token):
      let place = index.isSpelled(ReleaseSource.pythonIndex) ? "on PyPI" : "at \(Self.shown(index))"
      lines.append(
        "They are the versions of \(Self.shown(project)) \(place), with their source distributions.")
      lines += tokenLines(token)
    case .directory(let path):
      lines.append(
        "They are the archives in \(Self.shown(path.string)), on the machine where fleet is typed.")
    }
    let proofs = Self.proofs.filter { profile.verify.require.contains($0.word) }
    lines.append(
      proofs.isEmpty
        ? "Nothing has to be proved of them; fleet.lock holds each to what it was when it was first seen."
        : "Of each must be proved: \(Wording.list(proofs.map { "\($0.word) (\($0.meaning))" })).")
    if !profile.steppingStones.isEmpty {
      lines.append("No upgrade jumps over \(Self.list(profile.steppingStones)).")
    }
    return lines
  }

  private func tags(
    of repository: String, _ place: String, _ prefix: String, _ asset: AssetRule?, _ token: String?
  ) -> [String] {
    let which = prefix.isEmpty ? "" : " that begin with \(Self.shown(prefix))"
    var lines = ["They are the tags of \(Self.shown(repository))\(which)\(place)."]
    if let asset {
      let each = asset.isPerArchitecture ? ", one for each architecture of the hosts" : ""
      lines.append("The archive is the file \(Self.shown(asset.name)) beside the release\(each).")
      if let sums = asset.checksums {
        lines.append("Its digest stands in \(Self.shown(sums)) beside it, too.")
      }
    }
    return lines + tokenLines(token)
  }

  private func tokenLines(_ token: String?) -> [String] {
    token.map { ["The token for it is read from the environment variable \($0)."] } ?? []
  }

  private static let proofs = [
    (word: "commit", meaning: "the archive is of the commit that its tag names"),
    (word: "tree", meaning: "its files are those of that commit"),
    (word: "sha256", meaning: "its sum is the one that is published"),
    (word: "minisign", meaning: "it is signed"),
  ]

  // MARK: What is carried over

  private var carried: [String] {
    var lines = databases.map { carry in
      let missing = carry.required ? "; where it is missing, the host is refused" : ""
      let revision = carry.revision.map {
        " Its revision (table \(Self.shown($0.table))) must be the one that \(Self.shown($0.wanted.file)) of the "
          + "release names."
      }
      return "\(Self.shown(carry.path)): as a database, by SQLite's own backup\(missing).\(revision ?? "")"
    }
    for (kind, how) in [
      (Carry.Kind.copy, "Copied"), (.link, "As hard links, both versions have the same files"),
    ] {
      for isRequired in [true, false] {
        let paths = agent.carry.filter { $0.kind == kind && $0.required == isRequired }.map(\.path)
        guard !paths.isEmpty else { continue }
        let missing = isRequired ? "where one is missing, the host is refused" : "as far as they are there"
        lines.append("\(how); \(missing): \(Self.list(paths, most: 40)).")
      }
    }
    if lines.isEmpty { lines.append("Nothing: the new version has the files of its release alone.") }
    if !agent.ignore.isEmpty { lines.append("Stays behind: \(Self.list(agent.ignore)).") }
    lines.append(
      "A host that has anything else that is not as its release has it is refused; fleet plan lists it.")
    return lines
  }

  // MARK: What is done

  private var databases: [Carry] { agent.carry.filter { $0.kind == .sqlite } }

  private var before: [String] {
    var lines = (agent.forewarn ?? []).map { "told before anybody says yes, \(told($0))" }
    lines += agent.guards.map { one in
      let wait = one.waitSeconds > 0 ? ", after \(Self.time(one.waitSeconds)) of asking" : ""
      return "guard, \(told(one.run)). Where it says no, the host is deferred\(wait): \(Self.shown(one.why))"
    }
    lines += agent.steps.prepare.map { "prepare, \(told($0))" }
    // Whatever migrates is tried where there is something to try it on.
    if !databases.isEmpty || !agent.outside.isEmpty {
      let lock =
        databases.isEmpty
        ? "" : " Each database is locked for \(Self.time(agent.rehearsalLockSeconds)) at most."
      lines.append(
        "The rehearsal: migrate runs on a copy of the data, where it can disturb nothing; where it fails, the host is "
          + "refused." + lock)
    }
    lines += agent.steps.complete.map { "complete, \(told($0))" }
    if let budget = agent.downtimeBudgetSeconds {
      lines.append("Where the forecast of its downtime is over \(Self.time(budget)), the host is refused.")
    }
    if lines.isEmpty { lines.append("The release is extracted beside the install; no command runs.") }
    return lines
  }

  private var down: [String] {
    var lines: [String] = []
    if !agent.guards.isEmpty { lines.append("The guards are asked again, right before.") }
    if let parity = agent.parity {
      lines.append(
        "Written down right before, to be compared in the proof: \(Self.list(parity.map(\.name))). What cannot be read "
          + "is told in the stage, and the host refused.")
    }
    switch agent.services {
    case .units(let units) where units.isEmpty: lines.append("Nothing is stopped: no services are named.")
    case .units(let units):
      let limit = Self.time(agent.stopTimeoutSeconds)
      lines.append("stop: \(Self.inOrder(units.reversed())). What has not stopped after \(limit) is killed.")
    case .commands(_, let stop, _): lines.append("stop, \(told(stop))")
    }
    if !databases.isEmpty {
      lines.append(
        "The databases are carried for good, as they are then: \(Self.list(databases.map(\.path))).")
    }
    lines += agent.steps.migrate.map { "migrate, without network, \(told($0))" }
    lines.append("The two trees change places, in one step.")
    lines += agent.steps.finish.map { "finish, \(told($0))" }
    switch agent.services {
    case .units(let units) where units.isEmpty: lines.append("Nothing is started.")
    case .units(let units): lines.append("start: \(Self.inOrder(units)).")
    case .commands(let start, _, _): lines.append("start, \(told(start))")
    }
    return lines
  }

  private var proof: [String] {
    var lines: [String] = []
    switch agent.services {
    case .units(let units) where units.isEmpty: break
    case .units: lines.append("Its services are active, and do not restart.")
    case .commands(_, _, let status): lines.append("status exits 0, \(told(status))")
    }
    lines.append("The version that is read back is the new one.")
    lines += agent.health.checks.map(check)
    lines += (agent.parity ?? []).map(parity)
    lines.append(
      "All of it holds for \(Self.time(agent.health.healthyForSeconds)) without a break, within "
        + "\(Self.time(agent.health.deadlineSeconds)) after the start. Before an upgrade the old version is asked the "
        + "same.")
    return lines
  }

  private func check(_ check: HealthCheck) -> String {
    switch check {
    case .http(let http):
      let body = http.body.map { ", with \(Self.shown($0)) in what it says" } ?? ""
      let unix = http.unix.map { " through \(Self.shown($0))" } ?? ""
      return "\(Self.shown(http.url)) answers \(http.status)\(unix)\(body)."
    case .tcp(let host, let port): return "\(Self.shown(host)):\(port) accepts a connection."
    case .run(let run, let expect):
      return "exit 0\(expect.map { ", and says \(Self.shown($0))" } ?? ""), \(told(run))"
    }
  }

  private func parity(_ check: ParityCheck) -> String {
    let what =
      switch check.compare {
      case .lines: "what it prints right before the stop, line by line, it prints again"
      case .atLeast:
        "the number that it prints is no lower than right before the stop" + allowance(check, "less")
      case .atMost:
        "the number that it prints is no higher than right before the stop" + allowance(check, "more")
      }
    return "\(Self.shown(check.name)): \(what), \(told(check.run))"
  }

  private func allowance(_ check: ParityCheck, _ word: String) -> String {
    check.margin > 0 ? " (\(check.margin) \(word) may be)" : ""
  }

  // MARK: What an undo does

  private var undo: [String] {
    let data = databases.isEmpty ? "" : ", with the databases of the moment when it was stopped"
    var lines = [
      "The new version is stopped, the old tree is put back\(data), started, and proved in the same way.",
      "What the new version wrote in between is set aside with it.",
    ]
    if !agent.units.isEmpty { lines.append("The unit files are put back as they were.") }
    if !agent.outside.isEmpty { lines.append("Put back, too: \(Self.list(agent.outside)).") }
    for step in agent.steps.finish {
      let command = Self.shown(step.command)
      lines.append(
        step.undo.map { "\(command) is taken back by: \(Self.shown($0))" } ?? "\(command) is not taken back.")
    }
    lines.append("The host is marked then, and left alone until somebody has looked: fleet clear HOST.")
    return lines
  }

  // MARK: Words

  /// `as growroom in alembic_db, 10 min at most: …`.
  private func told(_ run: Run) -> String {
    let user = run.user ?? agent.owner?.user
    let place = run.directory.isSpelled(".") ? "" : " in \(Self.shown(run.directory))"
    return "as \(user ?? "the install's owner")\(place), \(Self.time(run.timeoutSeconds)) at most: "
      + Self.shown(run.command)
  }

  private static func inOrder(_ units: some Sequence<String>) -> String {
    units.map { shown($0) }.joined(separator: ", then ")
  }

  /// More of them than anybody reads are counted.
  private static func list(_ texts: [String], most: Int = 12) -> String {
    let named = texts.prefix(most).map { shown($0) }
    return Wording.list(named + (texts.count > most ? ["\(texts.count - most) more"] : []))
  }

  /// In one line: of a script what it begins with.
  static func shown(_ command: Command) -> String {
    switch command {
    case .arguments(let words):
      return shown(
        CommandWord.typed(
          words.map { word in
            let lines = word.textLines
            return lines.count > 1 ? "\(lines[0].trimmed) …" : word
          }))
    case .shell(let text):
      let lines = text.textLines.map(\.trimmed).filter { !$0.isEmpty && !$0.begins(with: "#") }
      let first = shown(String(lines.first ?? ""))
      return lines.count > 1 ? "\(first) … (\(lines.count) lines)" : first
    }
  }

  static func shown(_ text: String) -> String { visible(text, limit: 160) }

  /// `90 s`, `5 min`, `2 h`.
  static func time(_ seconds: Int) -> String {
    switch seconds {
    case let seconds where seconds >= 3_600 && seconds.isMultiple(of: 3_600): "\(seconds / 3_600) h"
    case let seconds where seconds >= 120 && seconds.isMultiple(of: 60): "\(seconds / 60) min"
    default: "\(seconds) s"
    }
  }
}
