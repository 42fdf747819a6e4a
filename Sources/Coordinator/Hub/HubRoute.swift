import ByteText
import Driver
import Web

/// The addresses of the page.
package enum HubRoute: Equatable, Sendable {
  case page
  case style
  case script
  /// What changes, for as long as the page is open.
  case events
  /// Where something is pressed: what it would do first.
  case act(HubAction)
  case rollouts
  case rollout(String)
  case login
  case setUp
  case logout
  /// Ask the rooms now.
  case look

  /// - Parameter fields: of the query, or of the form.
  /// - Returns: nil where there is nothing.
  package init?(_ path: String, fields: [String: String]) {
    switch path {
    case "/": self = .page
    case "/style.css": self = .style
    case "/script.js": self = .script
    case "/events": self = .events
    case "/login": self = .login
    case "/setup": self = .setUp
    case "/logout": self = .logout
    case "/look": self = .look
    case "/rollouts": self = .rollouts
    case "/act":
      let hosts = (fields["hosts"] ?? "").words.map { String($0) }
      guard let action = HubAction(verb: fields["verb"] ?? "", hosts: hosts) else { return nil }
      self = .act(action)
    default:
      // What a person types is held to the form of ids before it is looked up.
      guard let id = path.without(prefix: "/rollouts/"), RolloutStore.isID(String(id)) else { return nil }
      self = .rollout(String(id))
    }
  }

  package var text: String {
    switch self {
    case .page: "/"
    case .style: "/style.css"
    case .script: "/script.js"
    case .events: "/events"
    case .login: "/login"
    case .setUp: "/setup"
    case .logout: "/logout"
    case .look: "/look"
    case .rollouts: "/rollouts"
    case .rollout(let id): "/rollouts/\(WebForm.encoded(id))"
    case .act(let action):
      "/act?verb=\(action.verb)"
        + (action.hosts.isEmpty ? "" : "&hosts=\(WebForm.encoded(action.hosts.joined(separator: " ")))")
    }
  }
}
