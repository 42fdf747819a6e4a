import Rollout
import ByteText
import Wire

extension Rollout.Cause {
  package init(_ error: HostError, at host: String) {
    let code =
      switch error {
      case .unreachable, .lost: "unreachable"
      case .hostKeyUnknown: Self.hostKeyUnknown
      case .hostKey: "host_key"
      case .authentication, .keyLocked: "authentication"
      case .noAgent: "no_agent"
      case .noPrivilege: "no_privilege"
      case .incompatible: "incompatible"
      case .protocolFault: "protocol"
      case .notBelieved: Self.notBelieved
      }
    guard case .keyLocked(let text, let add) = error else {
      self.init(code: code, text: error.text(at: host))
      return
    }
    self.init(code: code, text: text.without(prefix: "\(host): ").map { String($0) } ?? text)
    next = visible(add, limit: 400)
  }
}

extension HostError {
  /// The text without the host's name in front, for where the name stands anyhow.
  package func text(at host: String) -> String {
    description.without(prefix: "\(host): ").map { String($0) } ?? description
  }
}
