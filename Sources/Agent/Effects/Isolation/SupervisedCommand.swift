import ByteText

/// What the supervisor is told: one command, and how it is to run. Travels as JSON through descriptor 3.
struct SupervisedCommand: Codable, Equatable, Sendable {
  /// The descriptors that the supervisor is started with.
  static let specDescriptor: Int32 = 3
  static let reportDescriptor: Int32 = 4

  var words: [String]
  var environment: [String: String]
  var directory: String
  var user: RunUser
  /// The agent's process: without it the supervisor ends what it supervises.
  var parent: Int32
  /// What the command leaves running stays.
  var leaveChildren: Bool
  /// Least processor and disk priority, and the first to go when memory runs out.
  var background: Bool
  var isolation: Isolation?
  /// Of a command that is not isolated.
  var covers: [Cover] = []
}

/// What the supervisor says through descriptor 4: lines, each a word and its value.
struct SupervisorReport: Equatable, Sendable {
  enum Line: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// It was told to end, and has ended the command.
    case terminated
    /// So many processes were still running when the command ended, and were ended.
    case leftovers(Int)
    /// Processes that could not be killed.
    case stuck(String)
    case cannotStart(Int32)
    case noDirectory(Int32)
    case unavailable(String)
    case overlay(String)
    case failed(String)

    var text: String {
      switch self {
      case .exited(let status): "exited \(status)"
      case .signalled(let signal): "signalled \(signal)"
      case .terminated: "terminated 0"
      case .leftovers(let count): "leftovers \(count)"
      case .stuck(let who): "stuck \(who)"
      case .cannotStart(let errno): "cannot-start \(errno)"
      case .noDirectory(let errno): "no-directory \(errno)"
      case .unavailable(let detail): "unavailable \(detail)"
      case .overlay(let detail): "overlay \(detail)"
      case .failed(let detail): "failed \(detail)"
      }
    }

    init?(_ text: Substring) {
      guard let (word, rest) = text.cut(at: " ") else { return nil }
      let value = String(rest)
      let number = Int32(value)
      switch (word, number) {
      case ("exited", let number?): self = .exited(number)
      case ("signalled", let number?): self = .signalled(number)
      case ("terminated", _): self = .terminated
      case ("leftovers", let number?): self = .leftovers(Int(number))
      case ("cannot-start", let number?): self = .cannotStart(number)
      case ("no-directory", let number?): self = .noDirectory(number)
      case ("stuck", _): self = .stuck(value)
      case ("unavailable", _): self = .unavailable(value)
      case ("overlay", _): self = .overlay(value)
      case ("failed", _): self = .failed(value)
      default: return nil
      }
    }
  }

  var lines: [Line]

  init(parsing bytes: some Collection<UInt8>) {
    lines = String(decoding: bytes, as: UTF8.self).pieces(by: "\n").compactMap { Line($0) }
  }
}
