import ByteText
import Text

/// What can be pressed: each is a command of fleet's, and is shown as one.
package enum HubAction: Equatable, Sendable {
  /// Nobody named: all.
  case upgrade([String])
  case stage([String])
  case resume
  case pause
  case abort
  /// "I have looked".
  case clear(String)
  case rollback(String)

  /// - Parameters:
  ///   - verb: the command's name.
  ///   - hosts: as they stand in the inventory.
  package init?(verb: String, hosts: [String]) {
    switch (verb, hosts.count) {
    case ("upgrade", _): self = .upgrade(hosts)
    case ("stage", _): self = .stage(hosts)
    case ("resume", 0): self = .resume
    case ("pause", 0): self = .pause
    case ("abort", 0): self = .abort
    case ("clear", 1): self = .clear(hosts[0])
    case ("rollback", 1): self = .rollback(hosts[0])
    default: return nil
    }
  }

  package var verb: String {
    switch self {
    case .upgrade: "upgrade"
    case .stage: "stage"
    case .resume: "resume"
    case .pause: "pause"
    case .abort: "abort"
    case .clear: "clear"
    case .rollback: "rollback"
    }
  }

  package var hosts: [String] {
    switch self {
    case .upgrade(let hosts), .stage(let hosts): hosts
    case .clear(let host), .rollback(let host): [host]
    case .resume, .pause, .abort: []
    }
  }

  package var title: String {
    switch self {
    case .upgrade(let hosts): hosts.isEmpty ? "Upgrade all" : "Upgrade"
    case .stage: "Stage only"
    case .resume: "Go on"
    case .pause: "Pause before the next room"
    case .abort: "Give it up"
    case .clear: "I have looked"
    case .rollback: "Roll back"
    }
  }

  /// The words behind `fleet`. Who presses has said yes.
  package var words: [String] {
    let asks: Bool
    switch self {
    case .clear, .pause: asks = false
    default: asks = true
    }
    return [verb] + (asks ? ["--yes"] : []) + hosts
  }

  /// What is to be read before it is pressed; nil: nothing.
  package var lookFirst: [String]? {
    switch self {
    case .upgrade(let hosts), .stage(let hosts): ["plan", "--notes"] + hosts
    case .rollback(let host): ["backups", host]
    case .clear(let host): ["logs", host]
    case .resume, .pause, .abort: nil
    }
  }

  /// It throws something away, or says that a person has looked: the password is asked for once more.
  package var wantsPassword: Bool {
    switch self {
    case .clear, .rollback: true
    default: false
    }
  }

  /// It stops what is at work, and so may come beside it.
  package var stops: Bool { self == .pause || self == .abort }
}
