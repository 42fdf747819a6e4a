import Rollout
package import Inventory
package import Wire

/// Which of the hosts are one machine, as their agents say: an entry of the inventory is one install. Pure.
package struct SharedMachines {
  private let members: [(host: Host, place: InstallPlace)]

  package init(_ members: [(host: Host, place: InstallPlace)]) { self.members = members }

  package init(_ answers: [(host: Host, answer: SurveyAnswer)]) {
    self.init(
      answers.compactMap { host, answer in
        guard case .probe(let probe, _) = answer, let place = probe.place else { return nil }
        return (host, place)
      })
  }

  /// The names on each machine that has more than one.
  package var sets: [[String]] {
    var machines: [(place: InstallPlace, names: [String])] = []
    for (host, place) in members {
      if let index = machines.firstIndex(where: { $0.place.isOnOneMachine(with: place) }) {
        machines[index].names.append(host.name)
      } else {
        machines.append((place, [host.name]))
      }
    }
    return machines.map(\.names).filter { $0.count > 1 }
  }

  /// Why nothing may be ordered of this host: another entry has something that only one can have. Both are told; which
  /// of them is meant nobody can say.
  package func objection(to host: Host) -> Cause? {
    guard let own = members.first(where: { $0.host.name == host.name }) else { return nil }
    for other in members where other.host.name != host.name && other.place.bootID == own.place.bootID {
      if let cause = Self.objection(own, beside: other) { return cause }
    }
    return nil
  }

  private static func objection(
    _ own: (host: Host, place: InstallPlace), beside other: (host: Host, place: InstallPlace)
  ) -> Cause? {
    let name = other.host.name
    if own.place.install == other.place.install {
      return Cause(
        code: .sameInstall,
        text:
          "it is the same install as \(name) (\(own.place.path) on \(own.place.hostname)): take one of the two "
          + "out of fleet.yaml, or mend its address")
    }
    if own.place.state == other.place.state {
      return Cause(
        code: .sameInstance,
        text:
          "it is on one machine with \(name) (\(own.place.hostname)), as another install: give one of the two an "
          + "instance: NAME in fleet.yaml")
    }
    guard own.place.isOnOneMachine(with: other.place) else { return nil }
    guard let mine = own.host.profiles.first?.agent, let theirs = other.host.profiles.first?.agent else {
      return nil
    }
    guard let shared = mine.parts.first(where: { theirs.parts.contains($0) }) else { return nil }
    return Cause(
      code: .samePart,
      text:
        "\(shared.what) \(shared.name) is also \(name)'s, which is on the same machine (\(own.place.hostname)): "
        + "give each its own, in fleet.yaml under profile:")
  }
}

extension InstallPlace {
  /// Not where each is in a container of its own.
  fileprivate func isOnOneMachine(with other: InstallPlace) -> Bool {
    bootID == other.bootID && root == other.root
  }
}

extension AppProfile {
  struct Part: Equatable {
    var what: String
    var name: String
  }

  /// What of the machine one install alone can have: fleet stops it, replaces it, or counts what lies in it.
  fileprivate var parts: [Part] {
    var parts: [Part] = []
    if case .units(let names) = services { parts += names.map { Part(what: "the service", name: $0) } }
    parts += units.map { Part(what: "the service", name: $0.unit) }
    parts += outside.map { Part(what: "the path", name: $0) }
    return parts + [Part(what: "the folder for backups", name: backups)]
  }
}
