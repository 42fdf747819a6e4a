import ByteText
package import Inventory
import Release
import Text
import Wire

/// What is right in a profile, and what a careful person would still say in it. Pure.
package enum ProfileAdvice {
  package struct Line: Equatable, Encodable, Sendable {
    /// The key that it is about: "health", "carry".
    package var key: String
    package var text: String
  }

  /// In the order of the keys of docs/profile.md.
  package static func lines(_ profile: Profile, untimed: [ProfileSheet.UntimedStep] = []) -> [Line] {
    let agent = profile.agent
    return verify(profile) + owner(agent) + services(agent) + carry(agent) + steps(agent, untimed)
      + health(agent.health)
  }

  private static func verify(_ profile: Profile) -> [Line] {
    let policy = profile.verify
    let unproved = policy.require.subtracting(profile.source.provable.map(\.rawValue)).sorted()
    if !unproved.isEmpty {
      return [
        Line(
          key: "verify",
          text:
            "\(Wording.list(unproved)) cannot be proved of this source, so that every release would be refused"
        )
      ]
    }
    guard policy.require.isEmpty else { return [] }
    return [Line(key: "verify", text: "nothing has to be proved of a release before it runs on the hosts")]
  }

  private static func owner(_ agent: AppProfile) -> [Line] {
    guard let owner = agent.owner, owner.user.isSpelled("root") else { return [] }
    return [Line(key: "owner", text: "all of the app's commands run as root; a user of its own is safer")]
  }

  private static func services(_ agent: AppProfile) -> [Line] {
    guard case .units(let units) = agent.services, units.isEmpty else { return [] }
    return [
      Line(
        key: "services",
        text:
          "none: what runs is neither stopped while its files and databases are exchanged, nor started again")
    ]
  }

  private static func carry(_ agent: AppProfile) -> [Line] {
    let databases = agent.carry.filter { $0.kind == .sqlite }
    var lines: [Line] = []
    if databases.isEmpty {
      lines.append(
        Line(
          key: "carry",
          text: "no database (sqlite): one in the install has to be named there, one elsewhere under outside:"
        ))
    }
    for one in databases {
      let path = ProfileText.shown(one.path)
      if !one.required {
        lines.append(
          Line(
            key: "carry",
            text: "\(path) is not required: where there is none, the new version begins with nothing"))
      }
      if one.revision == nil {
        lines.append(
          Line(
            key: "carry",
            text:
              "\(path) has no revision: a migration that did not come through is not noticed before it starts"
          ))
      } else if agent.steps.migrate.isEmpty {
        lines.append(
          Line(
            key: "steps",
            text: "no migrate, and \(path) has a revision: a release that wants another one is always refused"
          ))
      }
    }
    for one in agent.carry where one.kind != .sqlite {
      guard ["db", "sqlite", "sqlite3"].contains(where: { one.path.ends(with: ".\($0)") }) else { continue }
      lines.append(
        Line(
          key: "carry",
          text:
            "\(ProfileText.shown(one.path)) is carried as a file (\(one.kind.rawValue)); a database is sqlite, so "
            + "that it is whole, rehearsed and migrated"))
    }
    return lines
  }

  private static func steps(_ agent: AppProfile, _ untimed: [ProfileSheet.UntimedStep]) -> [Line] {
    var lines: [Line] = []
    let steps = agent.steps
    if steps.prepare.isEmpty {
      lines.append(
        Line(
          key: "steps",
          text: "no prepare: right where a release runs as it is unpacked, without an environment"))
    }
    if !steps.migrate.isEmpty, agent.outside.isEmpty, !agent.carry.contains(where: { $0.kind == .sqlite }) {
      lines.append(
        Line(
          key: "steps",
          text: "migrate is not rehearsed, since neither a database (carry) nor outside: says what it changes"
        ))
    }
    for step in steps.finish where step.undo == nil {
      let command = ProfileText.shown(step.command)
      lines.append(Line(key: "steps", text: "finish has no undo, so that what it does stays: \(command)"))
    }
    if !untimed.isEmpty {
      let places = untimed.map { "line \($0.line) (\($0.list))" }
      lines.append(
        Line(
          key: "steps",
          text: "no timeout at \(Wording.list(places)): the default of 10 min may be short on a slow host"))
    }
    return lines
  }

  private static func health(_ health: Health) -> [Line] {
    var lines: [Line] = []
    if health.checks.isEmpty {
      lines.append(
        Line(
          key: "health",
          text: "no checks: a version that starts and does not do its work would pass for well"))
    }
    if health.healthyForSeconds == 0 {
      lines.append(Line(key: "health", text: "healthy_for is 0 s: one good moment is proof enough"))
    }
    return lines
  }
}
