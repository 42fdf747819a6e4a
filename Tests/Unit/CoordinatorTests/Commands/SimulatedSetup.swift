import Synchronization

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// A set-up without hosts: what it is to find, and what was asked of it.
final class SimulatedSetup: HostSetup {
  /// What each host comes to; nil: all goes well.
  private let errors: [String: SetupError]
  private let found: [String: [Diagnosis]]
  private let missingKey: SetupError?
  private let trials: [String: Trial]
  private let asked = Mutex<[String]>([])
  private let seen = Mutex<[Host]>([])

  init(
    errors: [String: SetupError] = [:], found: [String: [Diagnosis]] = [:], missingKey: SetupError? = nil,
    trials: [String: Trial] = [:]
  ) {
    self.errors = errors
    self.found = found
    self.missingKey = missingKey
    self.trials = trials
  }

  /// What was asked of it, in order: `key`, `bootstrap veg`.
  var calls: [String] { asked.withLock { $0 } }

  /// The hosts that it was to examine, with the profiles that they had then.
  var examined: [Host] { seen.withLock { $0 } }

  private func note(_ call: String) { asked.withLock { $0.append(call) } }

  func ensureKey(for hosts: [Host], prompter: any Prompter) async throws(SetupError) {
    note("key")
    if let missingKey { throw missingKey }
  }

  func bootstrap(
    _ host: Host, in fleet: Fleet, prompter: any Prompter, note tell: @escaping @Sendable (SetupNote) -> Void
  ) async throws(SetupError) {
    note("bootstrap \(host.name)")
    if let error = errors[host.name] { throw error }
    tell(SetupNote(text: "set up", changed: true))
  }

  func remove(
    _ host: Host, in fleet: Fleet, prompter: any Prompter, note tell: @escaping @Sendable (SetupNote) -> Void
  ) async throws(SetupError) {
    note("remove \(host.name)")
    if let error = errors[host.name] { throw error }
  }

  func trust(
    _ host: Host, in fleet: Fleet, replace: Bool, prompter: any Prompter
  ) async throws(SetupError) -> String {
    note("trust \(host.name)")
    if let error = errors[host.name] { throw error }
    return "SHA256:abc"
  }

  func tryOut(
    _ host: Host, in fleet: Fleet, isListed: Bool, prompter: any Prompter
  ) async throws(SetupError) -> Trial {
    note("try \(host.name)\(isListed ? "" : " of no inventory")")
    if let error = errors[host.name] { throw error }
    return trials[host.name] ?? Trial()
  }

  func examine(_ host: Host, in fleet: Fleet) async -> [Diagnosis] {
    seen.withLock { $0.append(host) }
    return found[host.name] ?? []
  }
}
