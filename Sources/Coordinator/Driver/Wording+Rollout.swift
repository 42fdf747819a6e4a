package import Inventory
import Text
package import Wire

extension Wording {
  /// The cause with its step, unless it names that itself.
  package static func sentence(_ cause: Cause) -> String {
    switch cause.step {
    case _ where cause.code == .refusedBefore: cause.text
    case _ where cause.code == .turnedUnwell: "turned unwell: \(cause.text)"
    case .prove: "health: \(cause.text)"
    case .ask: cause.text
    case let step? where !cause.text.lowercased().hasPrefix(step.rawValue): "\(step.rawValue): \(cause.text)"
    case _: cause.text
    }
  }

  /// What is said of a host where it is told elsewhere why its canary does not go.
  package static let waitsForCanary = "waits for the canary"

  /// Where the data is that a rollback does not bring along.
  package static func leftIn(_ backup: String, from version: String?) -> String {
    let writer = version.map { visible($0, limit: 40) } ?? "the version that was left"
    return
      "what \(writer) wrote into the install lies in \(visible(backup, limit: 300)), and the running app does not "
      + "have it"
  }

  /// What `skip` in fleet.yaml means for a rollout that is open.
  package static func skipped(_ header: RolloutHeader, _ typed: TypedFleet) -> String {
    "\(visible(header.tag, limit: 80)) is in skip of fleet.yaml, so nothing new of it is begun; "
      + "\(typed.command("abort")) gives \(header.rollout) up"
  }
}
