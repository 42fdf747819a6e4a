import CoordinatorSupport
import Glibc
import Synchronization
import Testing
import Wire

@testable import Rollout
@testable import Text
@testable import Report
@testable import Driver
@testable import Coordinator

/// On a real pty: what is written goes through the kernel's line discipline, and the size is the kernel's.
@Suite struct TerminalDisplayTests {
  private final class Pty: Sendable {
    let terminal: Terminal
    private let master: Int32
    private let slave: Int32

    init(columns: UInt16, rows: UInt16) throws {
      var (master, slave) = (Int32(-1), Int32(-1))
      var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
      try #require(openpty(&master, &slave, nil, nil, &size) == 0)
      _ = fcntl(master, F_SETFL, O_NONBLOCK)
      (self.master, self.slave) = (master, slave)
      terminal = Terminal.system(
        environment: ["TERM": "xterm-256color"], input: slave, output: slave, errors: slave)
    }

    deinit {
      close(master)
      close(slave)
    }

    func resize(columns: UInt16, rows: UInt16) {
      var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
      _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
    }

    /// All that has come so far.
    func read() -> String {
      var text: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = Glibc.read(master, &piece, piece.count)
        guard count > 0 else { return String(decoding: text, as: UTF8.self) }
        text += piece.prefix(count)
      }
    }
  }

  /// A clock that stands until it is moved on.
  private final class Clock: Sendable {
    private let now = Mutex<Int64>(0)

    func pass(_ milliseconds: Int64) { now.withLock { $0 += milliseconds } }

    var time: TimeSource {
      TimeSource(
        nowMilliseconds: { [self] in now.withLock { $0 } },
        monotonicMilliseconds: { [self] in now.withLock { $0 } },
        sleep: { _ in try await Task.sleep(for: .seconds(3600)) })
    }
  }

  private let hosts = (1...60).map { "room-\($0)" }

  private func display(_ pty: Pty, _ clock: Clock) -> TerminalDisplay {
    TerminalDisplay(
      style: LiveStyle(color: true, unicode: true), size: pty.terminal.size, time: clock.time,
      write: pty.terminal.write)
  }

  @Test func `errors and results on a terminal are broken between words, and not in a pipe`() throws {
    let pty = try Pty(columns: 20, rows: 24)
    pty.terminal.writeError("fleet: the host veg is not there\n")
    pty.terminal.tell("Not everywhere yet: look whether it is on.")
    #expect(
      pty.read()
        == "fleet: the host veg\r\nis not there\r\nNot everywhere yet:\r\nlook whether it is\r\non.\r\n")
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { ends.forEach { close($0) } }
    let line = "fleet: " + String(repeating: "word ", count: 40)
    Terminal.system(environment: ["TERM": "xterm"], output: ends[1], errors: ends[1]).writeError(line)
    var text = [UInt8](repeating: 0, count: 400)
    let count = Glibc.read(ends[0], &text, text.count)
    #expect(String(decoding: text.prefix(max(0, count)), as: UTF8.self) == line)
  }

  @Test func `60 hosts on a real terminal: in place, also when it is resized, and gone at the end`() throws {
    let (pty, clock) = (try Pty(columns: 80, rows: 24), Clock())
    #expect(pty.terminal.canDraw && pty.terminal.canAsk)
    let display = display(pty, clock)
    var screen = ScreenDouble(width: 80, height: 24)
    pty.terminal.write("$ fleet upgrade\n")
    display.show(EventLine(SampleRecord.header(hosts)))
    for host in hosts {
      clock.pass(200)
      display.show(EventLine(name: .stageBegan, host: host))
      screen.take(pty.read())
    }
    #expect(screen.lines.count == 23)
    #expect(screen.lines[0].hasPrefix("Mycodo v4.2.0 (track v4)   0 of 60 done"))
    #expect(screen.lines.filter { $0.contains("connecting") }.count > 20)

    pty.resize(columns: 40, rows: 24)
    screen.resize(width: 40)
    clock.pass(200)
    display.show(EventLine(JobEvent(event: .down), host: "room-3"))
    #expect(pty.read() == "", "nothing is drawn before it stays as it is")
    clock.pass(600)
    display.show(EventLine(JobEvent(event: .down), host: "room-3"))
    screen.take(pty.read())
    #expect(screen.lines.count == 23)
    #expect(screen.lines.contains { $0.contains("room-3 ") && $0.contains("down 0.0 s") })
    #expect(screen.lines.allSatisfy { Columns.count($0) <= 40 })

    display.end()
    screen.take(pty.read())
    #expect(screen.lines.allSatisfy { !$0.contains("room-") && !$0.contains("Mycodo") })
    #expect(screen.isCursorShown)
    #expect(screen.faults.isEmpty)
  }

  /// As tmux does, the kernel is told a while after the terminal has wrapped its lines.
  @Test(arguments: [ScreenDouble.Kind.wraps, .tmux])
  func `a window that is dragged narrower leaves nothing behind`(kind: ScreenDouble.Kind) throws {
    let (pty, clock) = (try Pty(columns: 80, rows: 24), Clock())
    let display = display(pty, clock)
    var screen = ScreenDouble(width: 80, height: 24, kind: kind)
    pty.terminal.write((1...8).map { "line \($0)\n" }.joined())
    display.show(EventLine(SampleRecord.header(["veg", "flower"])))
    let events: [Rollout.Event] = [
      .begun, .hostProbed("veg", .goes(from: "4.1.16")), .hostProbed("flower", .goes(from: "4.1.16")),
      .planApproved,
    ]
    events.forEach { display.show(EventLine($0)) }
    func pass(_ milliseconds: Int64) {
      clock.pass(milliseconds)
      display.show(EventLine(name: .stageBegan, host: "veg"))
      screen.take(pty.read())
    }
    pass(200)
    // The first time it is told at once.
    pty.resize(columns: 60, rows: 24)
    screen.resize(width: 60)
    pass(130)
    for columns in stride(from: 56, through: 24, by: -4) {
      screen.resize(width: columns)
      pass(130)
      pty.resize(columns: UInt16(columns), rows: 24)
      pass(130)
    }
    pass(600)
    #expect(screen.lines.last?.hasPrefix("nothing is down") == true, "its last line is a long one")
    // What tmux has pushed into its history is there, and nothing else.
    let above = (1...8).map { "line \($0)" }
    #expect((screen.scrolledOff + screen.lines).prefix(9).dropLast() == above[...])
    #expect(screen.lines.count(where: { $0.hasPrefix("Mycodo") }) == 1, "\(screen.lines)")
    #expect(screen.lines.count(where: { $0.contains("veg") }) == 1, "\(screen.lines)")
    display.end()
    screen.take(pty.read())
    #expect(screen.scrolledOff + screen.lines == above)
  }

  @Test func `what is said meanwhile stands above, whole`() throws {
    let (pty, clock) = (try Pty(columns: 80, rows: 24), Clock())
    let display = display(pty, clock)
    var screen = ScreenDouble(width: 80, height: 24)
    display.show(EventLine(SampleRecord.header(["veg"])))
    display.besides { pty.terminal.writeError("the event log fails\n") }
    display.note("bell \u{7}")
    screen.take(pty.read())
    #expect(screen.lines.prefix(2) == ["the event log fails", "bell \\u{7}"])
    #expect(screen.lines[2].hasPrefix("Mycodo v4.2.0"))
    #expect(screen.lines.count == 4)
  }

  @Test func `drawing 60 hosts sends little, and takes little of a core`() throws {
    let (pty, clock) = (try Pty(columns: 200, rows: 80), Clock())
    let display = display(pty, clock)
    display.show(EventLine(SampleRecord.header(hosts)))
    for host in hosts { display.show(EventLine(name: .stageBegan, host: host)) }
    _ = pty.read()
    let before = processorTime()
    let seconds = 30
    var bytes = 0
    for tick in 0..<(seconds * 8) {
      clock.pass(125)
      var line = EventLine(name: .uploading, host: hosts[tick % 60])
      (line.done, line.total) = (Int64(tick) * 10_000, 6_800_000)
      display.show(line)
      bytes += pty.read().utf8.count
    }
    let used = Double(processorTime() - before) / Double(CLOCKS_PER_SEC)
    // Said, not asserted: a machine that is busy makes no test fail.
    print(
      "60 hosts drawn 8 times a second: \(used / Double(seconds) * 100) % of a core, \(bytes / seconds) B/s")
    #expect(bytes / seconds < 60_000)
    display.end()
  }

  /// clock(3): processor time of this process.
  private func processorTime() -> Int { Glibc.clock() }
}
