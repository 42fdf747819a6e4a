package import Inventory
package import Wire

/// Why a question to the person got no answer.
package enum PromptError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no terminal and no `--yes`: fleet does not guess. Exit code 64.
  case nobody(question: String)
  /// Ctrl-C or the end of input. Exit code 130.
  case interrupted

  package var description: String {
    switch self {
    case .nobody(let question):
      "there is no terminal to ask: \"\(question)\". Say it with --yes, or run this in a terminal."
    case .interrupted: "interrupted"
    }
  }
}

/// The person at the terminal.
package protocol Prompter: Sendable {
  /// A line of what is going on.
  func say(_ line: String)
  /// What is waited for, until something else is said or asked; nil: nothing any more.
  func wait(_ text: String?)
  /// Yes or no; what is neither is asked again. `--yes` answers it without asking, and shows it.
  func confirm(_ question: String) async throws(PromptError) -> Bool
  /// A password: not echoed, never stored, never answered by `--yes`. Empty is an answer.
  func secret(_ question: String) async throws(PromptError) -> String
}

extension Prompter {
  package func wait(_ text: String?) {}
}

/// Why the set-up of a host did not succeed.
package enum SetupError: Error, Equatable, Sendable, CustomStringConvertible {
  case host(HostError)
  case prompt(PromptError)
  /// The person said no, for instance to a host's key.
  case declined(String)
  /// The host is reached, and cannot be set up: no sudo, no room, a wrong architecture, no systemd
  /// where it is asked for. The text names the next step.
  case failed(String)
  /// Something on the coordinator: the agent's binary or known_hosts.
  case local(String)
  /// What the inventory says of the host cannot be.
  case inventory(String)

  package var isDeclined: Bool { if case .declined = self { true } else { false } }

  package var description: String {
    switch self {
    case .host(let error): error.description
    case .prompt(let error): error.description
    case .declined(let text), .failed(let text), .local(let text), .inventory(let text):
      visible(text, lines: true)
    }
  }
}

/// What a step of the set-up found or did, for people: `changed` is false where it was right already.
package struct SetupNote: Equatable, Sendable {
  package var text: String
  package var changed: Bool

  package init(text: String, changed: Bool) {
    self.text = text
    self.changed = changed
  }
}

/// One thing that `doctor` looked at.
package struct Diagnosis: Equatable, Sendable {
  package enum Verdict: String, Sendable, Codable { case good, warning, bad }
  package var verdict: Verdict
  /// "SSH", "host key", "agent", "sudo", "space": the same words for every host.
  package var subject: String
  package var text: String
  /// The command or the change that mends it.
  package var next: String?
  /// Which install it is, where that was asked.
  package var place: InstallPlace?

  package init(verdict: Verdict, subject: String, text: String, next: String? = nil) {
    self.verdict = verdict
    self.subject = subject
    self.text = text
    self.next = next
  }
}

/// What came of trying a host.
package struct Trial: Equatable, Sendable {
  package var found: [Diagnosis] = []
  /// It was not reached: it may simply be off.
  package var isAway = false
  /// One was set up there before.
  package var hasAgent = false

  package init(found: [Diagnosis] = []) { self.found = found }
}

/// Sets hosts up and takes fleet away again. One per inventory: it owns its known_hosts.
package protocol HostSetup: Sendable {
  /// Looks whether there is a key of the person's to log in with, and offers to make one.
  func ensureKey(for hosts: [Host], prompter: any Prompter) async throws(SetupError)

  /// The whole set-up, repeatable: key shown and recorded, login, agent, units, sudoers rule. Asks
  /// through `prompter` for what is missing: whether a new host key is right, a login password to
  /// install the user's key, a sudo password. `note` hears of each step as it is done.
  func bootstrap(
    _ host: Host, in fleet: Fleet, prompter: any Prompter,
    note: @escaping @Sendable (SetupNote) -> Void
  ) async throws(SetupError)

  /// Takes all of that away again; the app and its backups stay. Refused while a job is open.
  func remove(
    _ host: Host, in fleet: Fleet, prompter: any Prompter,
    note: @escaping @Sendable (SetupNote) -> Void
  ) async throws(SetupError)

  /// Records the key that the host shows. With `replace` also over another one: both fingerprints
  /// are shown and asked about. Returns what stands in known_hosts now, as a fingerprint.
  func trust(
    _ host: Host, in fleet: Fleet, replace: Bool, prompter: any Prompter
  ) async throws(SetupError) -> String

  /// Looks whether a host could be upgraded as a plain user, with an agent that is there for this once: it installs
  /// nothing and leaves nothing there, and nothing on this machine. Asks as `bootstrap` does.
  ///
  /// - Parameter isListed: whether it is a host of the inventory, so that what was recorded of its key counts.
  /// - Throws: what the person or this machine keeps it from; what the host does is found.
  func tryOut(
    _ host: Host, in fleet: Fleet, isListed: Bool, prompter: any Prompter
  ) async throws(SetupError) -> Trial

  /// Looks at everything that an upgrade will need, and changes nothing.
  func examine(_ host: Host, in fleet: Fleet) async -> [Diagnosis]
}
