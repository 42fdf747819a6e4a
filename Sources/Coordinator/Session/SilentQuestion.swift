import Glibc
import Synchronization

/// A terminal without echo, for as long as a question for a password stands. However fleet ends meanwhile, the echo is
/// there again: what started fleet may be a program that does not put it right, as a shell does. One question stands at
/// a time.
enum SilentQuestion {
  private static let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]

  /// What a handler of signals reaches without taking a lock or memory: signal-safety(7).
  private struct Standing: @unchecked Sendable {
    // Unchecked: written before the handlers are there and after they are gone.
    let shown = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    let silent = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    let before = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
    let question = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 4096)
    let lineEnd = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    let length = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    let errors = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  }

  private static let standing = Standing()
  /// The terminal that is without echo; -1: none.
  private static let input = Atomic<Int32>(-1)
  private static let isWatched: Void = { _ = atexit { SilentQuestion.showEcho() } }()

  /// - Parameter answer: reads it.
  /// - Returns: nil where `input` is no terminal.
  static func ask(
    _ question: String, input: Int32, errors: Int32, answer: () -> String?
  ) -> String? {
    var found = termios()
    guard tcgetattr(input, &found) == 0 else { return nil }
    _ = isWatched
    standing.shown.initialize(to: found)
    found.c_lflag &= ~tcflag_t(ECHO)
    standing.silent.initialize(to: found)
    standing.length.initialize(to: standing.question.update(fromContentsOf: question.utf8.prefix(4096)))
    standing.lineEnd.initialize(to: UInt8(ascii: "\n"))
    standing.errors.initialize(to: errors)
    let taken = numbers.filter { take($0) }
    Self.input.store(input, ordering: .sequentiallyConsistent)
    putQuestion()
    hideEcho()
    defer {
      showEcho()
      for number in taken { sigaction(number, standing.before + Int(number), nil) }
    }
    return answer()
  }

  /// - Returns: false for what is ignored, or listened for: that ends nothing here.
  private static func take(_ number: Int32) -> Bool {
    let before = standing.before + Int(number)
    let isHeard = Signals.isListening && [SIGINT, SIGTERM, SIGHUP].contains(number)
    guard sigaction(number, nil, before) == 0, !isHeard else { return false }
    let handler = before.pointee.__sigaction_handler.sa_handler
    guard unsafeBitCast(handler, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self) else { return false }
    return handle(number)
  }

  private static func handle(_ number: Int32) -> Bool {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { SilentQuestion.passOn($0) }
    action.sa_flags = SA_RESTART
    return sigaction(number, &action, nil) == 0
  }

  /// In a handler. Whoever goes on after it, as one that was stopped does, is asked again.
  private static func passOn(_ number: Int32) {
    let saved = errno
    let asked = input.load(ordering: .sequentiallyConsistent)
    showEcho()
    // Without echo the terminal does not show ^C, nor what comes after it on a line of its own.
    if asked >= 0 { _ = Glibc.write(standing.errors.pointee, standing.lineEnd, 1) }
    sigaction(number, standing.before + Int(number), nil)
    var this = sigset_t()
    sigemptyset(&this)
    sigaddset(&this, number)
    pthread_sigmask(SIG_UNBLOCK, &this, nil)
    raise(number)
    _ = handle(number)
    if asked >= 0 {
      input.store(asked, ordering: .sequentiallyConsistent)
      putQuestion()
      hideEcho()
    }
    errno = saved
  }

  private static func putQuestion() {
    _ = Glibc.write(standing.errors.pointee, standing.question.baseAddress, standing.length.pointee)
  }

  private static func hideEcho() {
    tcsetattr(input.load(ordering: .sequentiallyConsistent), TCSAFLUSH, standing.silent)
  }

  private static func showEcho() {
    let input = input.exchange(-1, ordering: .sequentiallyConsistent)
    if input >= 0 { tcsetattr(input, TCSAFLUSH, standing.shown) }
  }
}
