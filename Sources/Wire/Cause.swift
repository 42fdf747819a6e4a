/// Why something did not go as it might have: on a host, on the way to one, or because of the others. For people its
/// text, for programs its code.
package struct Cause: Codable, Equatable, Sendable {
  package var code: Code
  /// Of a job; nil where it was at none.
  package var step: Step?
  /// A sentence for people, bounded and visible.
  package var text: String
  /// The last lines of the step's output.
  package var logTail: [String]
  /// What is to be typed, where that is no command of fleet's.
  package var next: String?

  package init(code: Code, step: Step? = nil, text: String, logTail: [String] = [], next: String? = nil) {
    self.code = code
    self.step = step
    self.text = visible(text)
    self.logTail = logTail.suffix(WireLimits.logTailLines).map { visible($0, limit: 400) }
    self.next = next.map { visible($0, limit: 400) }
  }

  /// Whoever wrote it, it is bounded and visible as one of ours.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let code = try values.decode(Code.self, forKey: .code)
    self.init(
      code: Code(rawValue: visible(code.rawValue, limit: 100)),
      step: try values.decodeIfPresent(Step.self, forKey: .step),
      text: try values.decode(String.self, forKey: .text),
      logTail: try values.decodeIfPresent([String].self, forKey: .logTail) ?? [],
      next: try values.decodeIfPresent(String.self, forKey: .next))
  }

  /// A failure that its own place knows, at the step in which it came.
  package func at(_ step: Step) -> Cause {
    var cause = self
    cause.step = step
    return cause
  }
}

extension Cause {
  /// As it stands in journals, logs, reports and on the wire: a contract. One that is not known here is kept.
  package struct Code: RawRepresentable, Codable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
  }
}

/// What an agent says.
extension Cause.Code {
  /// Marked after an earlier failure: `fleet clear`.
  package static let marked = Cause.Code(rawValue: "marked")
  /// Held back after a rollback by hand.
  package static let held = Cause.Code(rawValue: "held")
  /// Refused before for this very release: `--retry`.
  package static let refusedBefore = Cause.Code(rawValue: "refused_before")
  /// Another coordinator or job has the host.
  package static let claimed = Cause.Code(rawValue: "claimed")
  package static let install = Cause.Code(rawValue: "install")
  package static let space = Cause.Code(rawValue: "space")
  package static let unhealthy = Cause.Code(rawValue: "unhealthy")
  /// Files of the user would be left behind: carry, ignore or `--leave`.
  package static let leftBehind = Cause.Code(rawValue: "left_behind")
  /// The same of what the app lives on, which cannot be meant.
  package static let dataLeftBehind = Cause.Code(rawValue: "data_left_behind")
  package static let artifact = Cause.Code(rawValue: "artifact")
  package static let packages = Cause.Code(rawValue: "packages")
  /// What the app says of itself (`parity:`) cannot be read, so that nothing could prove that it is back.
  package static let parity = Cause.Code(rawValue: "parity")
  package static let prepare = Cause.Code(rawValue: "prepare")
  package static let rehearsal = Cause.Code(rawValue: "rehearsal")
  package static let budget = Cause.Code(rawValue: "budget")
  package static let guardSaidNo = Cause.Code(rawValue: "guard")
  package static let notNow = Cause.Code(rawValue: "not_now")
  package static let orderExpired = Cause.Code(rawValue: "order_expired")
  package static let cancelled = Cause.Code(rawValue: "cancelled")
  package static let stageExpired = Cause.Code(rawValue: "stage_expired")
  package static let stop = Cause.Code(rawValue: "stop")
  package static let holders = Cause.Code(rawValue: "holders")
  package static let carry = Cause.Code(rawValue: "carry")
  package static let migrate = Cause.Code(rawValue: "migrate")
  package static let swap = Cause.Code(rawValue: "swap")
  package static let restart = Cause.Code(rawValue: "restart")
  package static let prove = Cause.Code(rawValue: "prove")
  /// Well, but the coordinator did not come back in to confirm (`undo_unless_reachable`).
  package static let unconfirmed = Cause.Code(rawValue: "unconfirmed")
  package static let undo = Cause.Code(rawValue: "undo")
  package static let shutdown = Cause.Code(rawValue: "shutdown")
  package static let io = Cause.Code(rawValue: "io")
  package static let crashed = Cause.Code(rawValue: "crashed")
  /// A fault of fleet's own.
  package static let fault = Cause.Code(rawValue: "fault")

  /// What a host may say. The others decide what becomes of a rollout, and are the coordinator's to say.
  package static let ofAgents: Set<Cause.Code> = [
    .marked, .held, .refusedBefore, .claimed, .install, .space, .unhealthy, .leftBehind, .dataLeftBehind,
    .artifact, .packages, .parity, .prepare, .rehearsal, .budget, .guardSaidNo, .notNow, .orderExpired,
    .cancelled,
    .stageExpired, .stop, .holders, .carry, .migrate, .swap, .restart, .prove, .unconfirmed, .undo, .shutdown,
    .io, .crashed, .fault,
  ]
  /// Of an agent that says more than is known here.
  package static let other = Cause.Code(rawValue: "other")
}

/// What only the coordinator can know: on the way to a host.
extension Cause.Code {
  package static let unreachable = Cause.Code(rawValue: "unreachable")
  package static let noAgent = Cause.Code(rawValue: "no_agent")
  package static let noPrivilege = Cause.Code(rawValue: "no_privilege")
  /// Its SSH key has changed, or was revoked.
  package static let hostKey = Cause.Code(rawValue: "host_key")
  /// Its SSH key was never seen, which is no sign of anything.
  package static let hostKeyUnknown = Cause.Code(rawValue: "host_key_unknown")
  package static let authentication = Cause.Code(rawValue: "authentication")
  package static let incompatible = Cause.Code(rawValue: "incompatible")
  package static let protocolFault = Cause.Code(rawValue: "protocol")
  /// What its agent says cannot be so, or has no end.
  package static let notBelieved = Cause.Code(rawValue: "not_believed")
  /// It stands in fleet.yaml no more.
  package static let gone = Cause.Code(rawValue: "not_in_inventory")
  /// `hold: true` in fleet.yaml.
  package static let hold = Cause.Code(rawValue: "hold")
  /// Another entry of the inventory leads to the same install, to another one under the same key, or to one that has
  /// something of this one's (`SharedMachines`).
  package static let sameInstall = Cause.Code(rawValue: "same_install")
  package static let sameInstance = Cause.Code(rawValue: "same_instance")
  package static let samePart = Cause.Code(rawValue: "same_part")
}

/// The same: of the releases that there are.
extension Cause.Code {
  /// It has no archive for what the host is.
  package static let architecture = Cause.Code(rawValue: "architecture")
  /// The profile knows that the way there is bad, and says that nobody goes it.
  package static let advisory = Cause.Code(rawValue: "advisory")
  /// It is newer than any release there is.
  package static let ahead = Cause.Code(rawValue: "ahead")
  package static let ambiguous = Cause.Code(rawValue: "ambiguous")
  package static let downgrade = Cause.Code(rawValue: "downgrade")
  /// The way there crosses a major.
  package static let major = Cause.Code(rawValue: "major")
  package static let notFound = Cause.Code(rawValue: "not_found")
  /// A draft, or one that was taken back.
  package static let notOffered = Cause.Code(rawValue: "not_offered")
  /// The host's own track is another one.
  package static let pinned = Cause.Code(rawValue: "pinned")
  package static let sameVersion = Cause.Code(rawValue: "same_version")
  /// Its release is one of those that fleet.yaml passes over.
  package static let skipped = Cause.Code(rawValue: "skipped")
  package static let steppingStone = Cause.Code(rawValue: "stepping_stone")
  /// Which of two versions is the newer one cannot be told.
  package static let unordered = Cause.Code(rawValue: "unordered")
}

/// The same: of the rollout.
extension Cause.Code {
  /// It is outside its window.
  package static let window = Cause.Code(rawValue: "window")
  /// It waits until the canary has run the release long enough.
  package static let canaryFor = Cause.Code(rawValue: "canary_for")
  /// It waits for the canary, which is put off itself.
  package static let canary = Cause.Code(rawValue: "canary")
  /// Its release has failed on another host, and runs nowhere: somebody has to say that it goes here all the same.
  package static let failedElsewhere = Cause.Code(rawValue: "failed_elsewhere")
  /// It waits, staged.
  package static let staged = Cause.Code(rawValue: "staged")
  /// It was in its cutover when the rollout was let go of.
  package static let letGo = Cause.Code(rawValue: "let_go")
  /// It went back with the others.
  package static let onFailure = Cause.Code(rawValue: "on_failure")
  /// Its rollback did not come to its end.
  package static let rollback = Cause.Code(rawValue: "way_back")
  /// Its rollback was not begun.
  package static let notBegun = Cause.Code(rawValue: "not_begun")
  /// It was proved on the new version, and was unwell when it was asked again later.
  package static let turnedUnwell = Cause.Code(rawValue: "turned_unwell")
  /// It has the release, and its app was not well when the host was asked.
  package static let foundUnwell = Cause.Code(rawValue: "unwell")
}
