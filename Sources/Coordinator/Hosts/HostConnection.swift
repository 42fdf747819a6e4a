package import Inventory
package import SystemPackage
package import Wire

/// What can go wrong between the coordinator and one host. A host that fails is a result, not a
/// throw; these are the troubles of the way there.
package enum HostError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No way to it: the network's own words.
  case unreachable(String)
  /// Its key was never seen: `fleet bootstrap HOST` shows and records it.
  case hostKeyUnknown(String)
  /// Its key is not the one recorded, or revoked. The text shows the fingerprints and the next command.
  case hostKey(String)
  case authentication(String)
  /// The same, since the key has a passphrase and no ssh-agent holds it; with the command that gives it to one.
  case keyLocked(String, add: String)
  /// It answers, but no agent does: `fleet bootstrap HOST`.
  case noAgent(String)
  /// sudo asked for a password, or is not allowed.
  case noPrivilege(String)
  /// The agent's wire is too far from ours.
  case incompatible(String)
  /// The connection broke while something was under way.
  case lost(String)
  case protocolFault(String)
  /// Its agent said no to what was asked, and why.
  case refused(Cause)
  /// What its agent says cannot be so, or has no end: nothing that it says counts any more.
  case notBelieved(String)

  package var description: String {
    switch self {
    case .keyLocked(let text, let add): visible("\(text). Next: \(add)")
    case .refused(let cause): visible(cause.text)
    case .unreachable(let text), .hostKeyUnknown(let text), .hostKey(let text), .authentication(let text),
      .noAgent(let text), .noPrivilege(let text), .incompatible(let text), .lost(let text),
      .protocolFault(let text), .notBelieved(let text):
      visible(text)
    }
  }

  /// Whether none of the keys was taken.
  var isOfLogin: Bool {
    switch self {
    case .authentication, .keyLocked: true
    default: false
    }
  }

  /// Whether the host may simply be off or away: unreachable, not failed.
  package var isAway: Bool {
    switch self {
    case .unreachable, .lost: true
    case .hostKeyUnknown, .hostKey, .authentication, .keyLocked, .noAgent, .noPrivilege, .incompatible,
      .protocolFault, .refused, .notBelieved:
      false
    }
  }
}

/// A conversation with the agent on one host. One owner, one thread: calls are made one after the
/// other.
package protocol HostConnection: Actor {
  /// Said by the agent when the conversation began.
  var hello: HostHello { get }
  func ask(_ request: Request) async throws(HostError) -> Reply
  /// Announces and sends a file of the coordinator, from where the host already has it.
  func upload(
    app: String, file: FilePath, sha256: String, size: Int64,
    progress: @Sendable (Int64) -> Void
  ) async throws(HostError)
  /// Replays and follows a job until it rests, or for so long; then `notBelieved`.
  func follow(
    app: String, job: String, after: Int, withinSeconds: Double, event: @Sendable (JobEvent) -> Void
  ) async throws(HostError) -> JobResult
  func close() async
  /// What carries the conversation, where that is worth a word: "your own ssh, for KnownHostsCommand".
  var carrier: String? { get }
}

extension HostConnection {
  package var carrier: String? { nil }
}

/// Opens conversations: over SSH, on this very machine, or (in tests) with a simulated host.
package protocol HostConnector: Sendable {
  func connect(to host: Host) async throws(HostError) -> any HostConnection
}

extension HostConnector {
  /// Connects for a few questions, and closes however they end.
  package func visit<Answer>(
    _ host: Host, _ questions: (any HostConnection) async throws(HostError) -> Answer
  ) async throws(HostError) -> Answer {
    let connection = try await connect(to: host)
    let answer: Result<Answer, HostError>
    do throws(HostError) { answer = .success(try await questions(connection)) } catch {
      answer = .failure(error)
    }
    await connection.close()
    return try answer.get()
  }
}
