import Archive
import Files
package import Wire

/// How a step ends when it does not succeed.
package enum StepFailure: Error, Sendable, CustomStringConvertible {
  case failed(Cause)
  /// The machine goes down, or somebody ended us: act no more.
  case shutdown

  package var description: String {
    switch self {
    case .failed(let reason): reason.text
    case .shutdown: "the machine is shutting down"
    }
  }

  /// What leaves the agent: always at a step, since coordinators read no other. This one, where it does not say.
  func cause(at step: Step) -> Cause {
    switch self {
    case .failed(let cause): cause.step == nil ? cause.at(step) : cause
    case .shutdown: Cause(code: .shutdown, step: step, text: description)
    }
  }

  /// At which step that is, who runs the step knows.
  static func because(_ code: Cause.Code, _ text: String, tail: [String] = []) -> StepFailure {
    .failed(Cause(code: code, text: text, logTail: tail))
  }

  static func io(_ error: FileError) -> StepFailure {
    because(error.isFull ? .space : .io, "\(error)")
  }

  /// Whatever a call of another module threw, with `code` for what has none of its own.
  static func from(_ error: any Error, _ code: Cause.Code = .fault) -> StepFailure {
    switch error {
    case let failure as StepFailure: failure
    case let error as FileError: io(error)
    case ArchiveError.file(let error): io(error)
    default: because(code, "\(error)")
    }
  }

  static func fault(_ text: String) -> StepFailure { because(.fault, text) }
}

/// Runs a call of ours whose typed error is a `FileError`, as a step.
func files<T>(_ body: () throws(FileError) -> T) throws(StepFailure) -> T {
  do { return try body() } catch { throw .io(error) }
}
