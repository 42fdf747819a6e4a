import Text
import Dispatch
import Glibc
import Synchronization

extension Terminal {
  /// Over these streams; those of this process where nothing else is said. Answers are always read from its
  /// standard input.
  static func system(
    environment: [String: String], input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO,
    errors: Int32 = STDERR_FILENO
  ) -> Terminal {
    let isDumb = ["", "dumb"].contains(environment["TERM"] ?? "")
    let canDraw = isatty(output) == 1 && !isDumb
    let hasReader = isatty(errors) == 1
    @Sendable func folded(_ text: String) -> String {
      hasReader ? Columns.folded(text, to: windowSize(of: errors).width) : text
    }
    let line = StatusLine(width: { windowSize(of: output).width }) { put($0, to: output) }
    return Terminal(
      canAsk: isatty(input) == 1 && hasReader,
      canDraw: canDraw,
      size: { windowSize(of: output) },
      write: { text in line.giveWay { put(text, to: output) } },
      writeError: { text in line.giveWay { put(folded(text), to: errors) } },
      ask: { question in
        line.stayAway {
          put(folded(question), to: errors)
          return readLine(strippingNewline: true)
        }
      },
      askSecret: { question in line.stayAway { askSilently(folded(question)) } },
      waits: { if canDraw { line.show($0) } })
  }

  /// ioctl_tty(2), TIOCGWINSZ; 80 by 24 where nobody knows.
  private static func windowSize(of output: Int32) -> (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// What cannot be written (a closed pipe) is dropped: a rollout does not end because nobody reads.
  private static func put(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else {
        if count < 0, errno == EINTR { continue }
        return
      }
      bytes = bytes.dropFirst(count)
    }
  }

  private static func askSilently(_ question: String) -> String? {
    defer { put("\n", to: STDERR_FILENO) }
    return SilentQuestion.ask(question, input: STDIN_FILENO, errors: STDERR_FILENO) {
      readLine(strippingNewline: true)
    }
  }
}

/// Signals as a stream: SIGINT is one Ctrl-C, SIGTERM and SIGHUP are two, since whoever sends them
/// does not wait.
package enum Signals {
  /// The sources live as long as the stream is read: for the run of a command.
  private struct Sources: @unchecked Sendable {
    // Unchecked: a dispatch source is safe to use from any thread, and is only cancelled here.
    var list: [any DispatchSourceSignal]
  }

  private static let listeners = Atomic<Int>(0)

  static var isListening: Bool { listeners.load(ordering: .sequentiallyConsistent) > 0 }

  package static func interrupts() -> AsyncStream<Void> {
    listeners.add(1, ordering: .sequentiallyConsistent)
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let sources = Sources(
      list: [SIGINT, SIGTERM, SIGHUP].map { number in
        // Ignored as a disposition; the source still hears of it (signalfd(2)).
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
          continuation.yield()
          if number != SIGINT { continuation.yield() }
        }
        source.resume()
        return source
      })
    continuation.onTermination = { _ in
      for source in sources.list { source.cancel() }
      for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
      listeners.subtract(1, ordering: .sequentiallyConsistent)
    }
    return stream
  }
}
