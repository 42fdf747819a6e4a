import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Coordinator

/// What a signal would have done: it finds the echo as it is told here.
private let seen = Atomic<Int>(-1)
private let terminal = Atomic<Int32>(-1)

private func hasEcho(_ descriptor: Int32) -> Bool {
  var state = termios()
  return tcgetattr(descriptor, &state) == 0 && state.c_lflag & tcflag_t(ECHO) != 0
}

/// On a real pty, with real signals; in the place of the end that each makes by itself stands a look at the echo.
@Suite(.serialized) struct SilentQuestionTests {
  private final class Pty {
    let slave: Int32
    private let master: Int32

    init() throws {
      var (master, slave) = (Int32(-1), Int32(-1))
      try #require(openpty(&master, &slave, nil, nil, nil) == 0)
      _ = fcntl(master, F_SETFL, O_NONBLOCK)
      (self.master, self.slave) = (master, slave)
    }

    deinit {
      close(master)
      close(slave)
    }

    func read() -> String {
      var text = [UInt8](repeating: 0, count: 4096)
      let count = Glibc.read(master, &text, text.count)
      return String(decoding: text.prefix(max(0, count)), as: UTF8.self)
    }
  }

  private func ask(_ pty: Pty, answer: () -> String?) -> String? {
    SilentQuestion.ask("Password: ", input: pty.slave, errors: pty.slave, answer: answer)
  }

  @Test func `while it stands there is no echo, and after it there is`() throws {
    let pty = try Pty()
    let answer = ask(pty) { hasEcho(pty.slave) ? nil : "secret" }
    #expect(answer == "secret" && hasEcho(pty.slave))
    #expect(pty.read() == "Password: ")
    #expect(SilentQuestion.ask("", input: -1, errors: -1, answer: { "" }) == nil)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP])
  func `a signal finds the echo switched on, and who goes on after it is asked again`(number: Int32) throws {
    let pty = try Pty()
    terminal.store(pty.slave, ordering: .sequentiallyConsistent)
    seen.store(-1, ordering: .sequentiallyConsistent)
    var before = sigaction()
    var look = sigaction()
    look.__sigaction_handler.sa_handler = { _ in
      let isShown = hasEcho(terminal.load(ordering: .sequentiallyConsistent))
      seen.store(isShown ? 1 : 0, ordering: .sequentiallyConsistent)
    }
    #expect(sigaction(number, &look, &before) == 0)
    defer { sigaction(number, &before, nil) }
    // Another thread takes it: those of the pool block signals.
    var shown = ""
    let answer = ask(pty) {
      kill(getpid(), number)
      let isAsked = eventually {
        shown += pty.read()
        return shown == "Password: \r\nPassword: "
      }
      return isAsked && eventually { !hasEcho(pty.slave) } ? "secret" : nil
    }
    #expect(seen.load(ordering: .sequentiallyConsistent) == 1)
    #expect(answer == "secret" && hasEcho(pty.slave))
  }
}
