import SystemPackage

/// The passphrases of key files, each asked for once in the life of this process, however many hosts want
/// it at the same time. In memory only.
actor Passphrases {
  typealias Ask = @Sendable (FilePath) async -> String?

  private let ask: Ask?
  private var answers: [FilePath: Task<String?, Never>] = [:]
  private var wrongAnswers: [FilePath: Int] = [:]

  /// - Parameter ask: nil where nobody can be asked; then encrypted keys are not used.
  init(ask: Ask?) { self.ask = ask }

  /// nil: there is nobody to ask, or the person gave none.
  func passphrase(of key: FilePath) async -> String? {
    if let answer = answers[key] { return await answer.value }
    guard let ask, wrongAnswers[key, default: 0] < HostLimits.secretTries else { return nil }
    let answer = Task { await ask(key) }
    answers[key] = answer
    return await answer.value
  }

  /// What was given for the key did not open it: the next who needs it asks again.
  func wasWrong(_ passphrase: String, for key: FilePath) async {
    guard let answer = answers[key], await answer.value == passphrase else { return }
    if answers[key] == answer {
      answers[key] = nil
      wrongAnswers[key, default: 0] += 1
    }
  }
}
