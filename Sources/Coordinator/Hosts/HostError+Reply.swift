package import Wire

extension HostError {
  package static func unexpected(_ reply: Reply) -> HostError {
    if case .unsupported(let text) = reply { return .incompatible(text) }
    return .protocolFault("the agent gave an answer that does not fit the question")
  }
}
