import Rollout
import ByteText
import Wire

extension Cause {
  package init(_ error: HostError, at host: String) {
    let code: Code =
      switch error {
      case .unreachable, .lost: .unreachable
      case .hostKeyUnknown: .hostKeyUnknown
      case .hostKey: .hostKey
      case .authentication, .keyLocked: .authentication
      case .noAgent: .noAgent
      case .noPrivilege: .noPrivilege
      case .incompatible: .incompatible
      case .protocolFault: .protocolFault
      case .refused(let cause): cause.code
      case .notBelieved: .notBelieved
      }
    switch error {
    case .refused(let cause): self = cause
    case .keyLocked(let text, let add):
      self.init(
        code: code, text: text.without(prefix: "\(host): ").map { String($0) } ?? text, next: add)
    default: self.init(code: code, text: error.text(at: host))
    }
  }
}

extension HostError {
  /// The text without the host's name in front, for where the name stands anyhow.
  package func text(at host: String) -> String {
    description.without(prefix: "\(host): ").map { String($0) } ?? description
  }
}
