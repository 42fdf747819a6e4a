import ByteText
import Hub
import Synchronization
import Text
import Wire

/// A command of fleet's that was pressed on the page, run as it would be from a terminal without anybody at it.
final class PressedCommand: Sendable {
  private struct State {
    var output = ""
    var result = ""
    var interruptions: [AsyncStream<Void>.Continuation] = []
    var isInterrupted = false
  }

  /// The words behind `fleet`, with the inventory's.
  let words: [String]
  private let state = Mutex(State())
  private let said: @Sendable (String) -> Void

  /// - Parameter said: hears what is printed.
  init(_ words: [String], said: @escaping @Sendable (String) -> Void = { _ in }) {
    self.words = words
    self.said = said
  }

  /// The end of what was printed, beside the result too.
  var output: String { state.withLock { $0.output } }
  /// The end of what went to standard output.
  var result: String { state.withLock { $0.result } }

  /// - Returns: its exit code.
  func run(on context: CommandContext) async -> Int32 {
    var context = context
    context.terminal = terminal
    context.interrupts = { [self] in
      let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
      state.withLock { state in
        state.interruptions.append(continuation)
        if state.isInterrupted { continuation.yield() }
      }
      return stream
    }
    let code = await FleetProgram.run(words, on: context)
    state.withLock { state in
      state.interruptions.forEach { $0.finish() }
      state.interruptions = []
    }
    return code
  }

  /// What somebody else has to say of it.
  func note(_ text: String) { put(text, isResult: false) }

  /// As Ctrl-C.
  func interrupt() {
    state.withLock { state in
      state.isInterrupted = true
      state.interruptions.forEach { $0.yield() }
    }
  }

  private var terminal: Terminal {
    Terminal(
      canAsk: false, canDraw: false, size: { (100, 24) }, write: { [self] in put($0, isResult: true) },
      writeError: { [self] in put($0, isResult: false) }, ask: { _ in nil }, askSecret: { _ in nil },
      waits: { _ in })
  }

  private func put(_ text: String, isResult: Bool) {
    state.withLock { state in
      state.output = Self.end(of: state.output + text)
      if isResult { state.result = Self.end(of: state.result + text) }
    }
    said(text)
  }

  /// Cut now and then, at a line's end.
  private static func end(of text: String) -> String {
    guard text.utf8.count > 2 * HubLimits.outputBytes else { return text }
    let end = String(text.trailing(scalars: HubLimits.outputBytes))
    return end.cut(at: "\n").map { String($0.after) } ?? end
  }
}
