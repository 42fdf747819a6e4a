import Database
import Foundation
import Release
import SystemPackage
import TestSupport
import Wire

@testable import Upgrade
@testable import Agent

/// What must hold after every run, whatever was done to it.
struct Inspection {
  let trial: TortureTrial
  let template: Template
  let folder: String
  let machine: TortureMachine
  let watch: Watch
  let powerWasCut: Bool
  let faulted: Bool

  private var scenario: Scenario { trial.scenario }
  private var paths: AgentPaths { AgentPaths(app: Growroom.app, root: FilePath("\(folder)/state")) }
  private var install: String { "\(folder)/growroom" }

  /// How the job came to rest, and what does not hold.
  func run() -> (rested: JobResult?, problems: [String]) {
    var problems: [String] = []
    func check(_ words: String, _ isSo: Bool) { if !isSo { problems.append(words) } }

    let record = (try? Journal.peek(paths.journal)) ?? JournalRecord()
    let state = record.state
    check("the journal says \(state.rawValue)", state == .idle || state == .staged)
    let result = Template.rested(folder, scenario.job)
    check("the job's story does not end with how it rests", result != nil)

    guard let version = installedVersion else {
      return (result, problems + ["no version at the install path"])
    }
    let isNew = version == scenario.target
    check("\(version) is installed, neither old nor new", isNew || version == Scenario.installed)
    problems += treeProblems(version)
    problems += appProblems(version, isNew: isNew)
    problems += userDataProblems(isNew: isNew)
    problems += truthProblems(result, state, isNew: isNew, version: version)
    problems += leftovers(isStaged: state == .staged)
    if isNew, state == .idle { problems += backupProblems() }
    // What could not be removed goes after the next upgrade.
    let kept = ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/backups")) ?? [])
      .filter { !faulted || !$0.hasPrefix(".fleet-trash-") }
    let wanted = isNew ? ["4.0.26", "4.1.0"] : ["4.0.26", "4.0.27"]
    check(
      "the backups are \(kept.sorted())",
      kept.count == wanted.count
        && wanted.allSatisfy { version in kept.contains { $0.hasSuffix("-\(version)") } })
    if problems.isEmpty { problems += secondRecoveryProblems() }
    return (result, problems)
  }

  private var installedVersion: String? {
    guard let text = try? String(contentsOfFile: "\(install)/growroom/config.py", encoding: .utf8) else {
      return nil
    }
    return text.firstMatch(of: #/GROWROOM_VERSION = '([^']+)'/#).map { String($0.1) }
  }

  // MARK: One whole version

  private func treeProblems(_ version: String) -> [String] {
    guard let blobs = template.blobs[version] else { return ["nobody knows \(version)"] }
    let wrong = blobs.filter { path, blob in Self.blob(of: "\(install)/\(path)") != blob }
    return wrong.isEmpty ? [] : ["not whole: \(wrong.keys.sorted().prefix(5)) of \(wrong.count)"]
  }

  private static func blob(of path: String) -> String? {
    if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
      return "\(GitBlobHasher.id(of: Array(target.utf8)))"
    }
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    return "\(GitBlobHasher.id(of: Array(data)))"
  }

  // MARK: It runs, with its data

  private func appProblems(_ version: String, isNew: Bool) -> [String] {
    // Before the app is asked for the last time: it goes on measuring.
    let acknowledged = watch.acknowledged(by: version)
    let before = watch.acknowledged(by: Scenario.installed)
    var status: AppStatus?
    let end = Date().addingTimeInterval(10)
    repeat {
      status = AppStatus(port: template.port)
      if status?.isHealthy == true { break }
      usleep(50_000)
    } while Date() < end
    guard let status, status.isHealthy else { return ["the app does not run"] }
    var problems: [String] = []
    if status.version != version { problems.append("\(status.version) runs, \(version) is installed") }
    if status.acknowledged < acknowledged {
      problems.append(
        "rows are lost: \(acknowledged) were acknowledged by \(version), \(status.acknowledged) are there")
    }
    // An upgrade takes the rows of the old version along; a rollback sets them aside, in its backup.
    if isNew, !scenario.isRollback {
      if status.acknowledged < before {
        problems.append(
          "rows are lost: \(before) were acknowledged before the stop, \(status.acknowledged) are there")
      }
    }
    if status.rows != status.acknowledged {
      problems.append("\(status.rows) rows, but the last is \(status.acknowledged)")
    }
    do { try Integrity.check(FilePath("\(install)/databases/growroom.db")) } catch {
      problems.append("\(error)")
    }
    return problems
  }

  private func userDataProblems(isNew: Bool) -> [String] {
    let source = "\(template.folder)/\(scenario.isCutover ? scenario.rawValue : "base")/growroom"
    var problems: [String] = []
    for path in Self.files(below: source, "cameras")
    where !FileManager.default.fileExists(atPath: "\(install)/\(path)") {
      problems.append("the picture \(path) is gone")
      break
    }
    for path in Self.files(below: source, "certs") + ["config.ini"] {
      if FileManager.default.contents(atPath: "\(install)/\(path)")
        != FileManager.default.contents(atPath: "\(source)/\(path)")
      {
        problems.append("\(path) is not what it was")
      }
    }
    let crontab = try? String(contentsOfFile: "\(folder)/outside/crontab", encoding: .utf8)
    let wanted = isNew ? scenario.target : Scenario.installed
    if crontab != wanted + "\n" {
      problems.append("the path outside says \(crontab ?? "nothing"), not \(wanted)")
    }
    return problems
  }

  static func files(below folder: String, _ name: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: "\(folder)/\(name)")?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(".png") || name != "cameras" }.map { "\(name)/\($0)" }
  }

  private func backupProblems() -> [String] {
    let kept = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/backups")) ?? []
    guard let name = kept.first(where: { $0.hasSuffix("-\(Scenario.installed)") }) else {
      return ["there is no backup"]
    }
    let tree = FilePath("\(folder)/backups/\(name)")
    let database = tree.appending("databases/growroom.db")
    do {
      try Integrity.check(database)
      let rows = try RowCount.all(in: database)
      if rows < watch.acknowledged(by: Scenario.installed) { return ["the backup lacks rows: \(rows)"] }
    } catch { return ["the backup: \(error)"] }
    guard (try? Marker.read(in: tree))??.backup?.version == Scenario.installed else {
      return ["the backup has no marker"]
    }
    return []
  }

  // MARK: The truth

  private func truthProblems(
    _ result: JobResult?, _ state: Upgrade.State, isNew: Bool, version: String
  ) -> [String] {
    var problems: [String] = []
    func check(_ words: String, _ isSo: Bool) { if !isSo { problems.append(words) } }
    let mark = try? Marks(paths).mark()
    let outcome = result?.outcome
    let said = outcome?.rawValue ?? "staged"
    if state == .staged {
      check("staged, but the new version is installed", !isNew)
      check("staged, and marked", mark == nil)
      check(
        "staged, but the outcome says \(said)",
        outcome == nil || outcome == .deferred || outcome == .interrupted)
      check(
        "staged, but the tree is not there",
        FileManager.default.fileExists(atPath: "\(folder)/.fleet-growroom/tree"))
      return problems
    }
    guard let result, let outcome else { return problems + ["idle, but the outcome says \(said)"] }
    check("the outcome is \(said), and \(version) is installed", isNew == outcome.isCommitted)
    switch outcome {
    case .upgraded, .restored, .rolledBack:
      check("the outcome says that \(result.now ?? "nothing") runs", result.now == version)
      check("the outcome does not say that it is well", result.healthy == true)
    case .refused, .interrupted, .deferred: break
    default: problems.append("the outcome is \(said)")
    }
    check("rolled back, and \(mark == nil ? "not " : "")marked", (mark != nil) == (outcome == .rolledBack))
    check(
      "rolled back or refused without a reason",
      result.reason != nil || ![.rolledBack, .refused].contains(outcome))
    if !powerWasCut, !faulted { check("interrupted, but nothing cut the power", outcome != .interrupted) }
    return problems
  }

  // MARK: Nothing of fleet lies about

  private func leftovers(isStaged: Bool) -> [String] {
    let own = [".fleet-release.json", ".fleet-listing.json"]
    let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    let left = all.filter { path in
      let name = path.split(separator: "/").last.map(String.init) ?? ""
      guard name.hasPrefix(".fleet-") || name.hasSuffix(".fleet-copy") || name.hasPrefix("trash-") else {
        return false
      }
      if isStaged, path == ".fleet-growroom" { return false }
      // Trash that could not be deleted: the next job does it.
      if faulted, path.hasPrefix(".fleet-growroom") || path.hasPrefix("backups/.fleet-trash-") {
        return false
      }
      return !own.contains(name)
    }
    var problems = left.isEmpty ? [] : ["left lying about: \(left.prefix(5))"]
    if isStaged {
      let inside = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/.fleet-growroom")) ?? []
      let strange = inside.filter { $0 != "tree" && $0 != "scratch" && $0 != "reserve" }
      if !strange.isEmpty { problems.append("beside the staged tree: \(strange)") }
    }
    return problems
  }

  // MARK: A second recovery does nothing

  private func secondRecoveryProblems() -> [String] {
    do {
      let before = try inventory()
      for words in [["recover", "growroom"], ["recover", "--boot-files"], ["recover", "--boot-settle"]] {
        let again = try machine.run(["agent/fleet-agent"] + words)
        if again.status != 0 { return ["\(words) ended with \(again.status): \(again.output)"] }
      }
      let after = try inventory()
      let changed = before.symmetricDifference(after)
      return changed.isEmpty ? [] : ["a second recovery changed \(changed.sorted().prefix(4))"]
    } catch { return ["\(error)"] }
  }

  /// Everything that is not the app's own business: names, sizes, times, inodes.
  private func inventory() throws -> Set<String> {
    let text = try Shell.output(
      "/usr/bin/find", folder, "(", "-path", "\(install)/databases", "-o", "-path", "\(install)/cameras",
      "-o", "-name",
      "__pycache__", "-o", "-path", "\(folder)/log", "-o", "-path", "\(folder)/run", "-o", "-name", "lock",
      "-o", "-name",
      "*.log", "-o", "-path", "\(folder)/report", ")", "-prune", "-o", "-mindepth", "1", "-printf",
      "%P %y %s %T@ %i %m %l\\n")
    return Set(text.split(separator: "\n").map(String.init))
  }
}
