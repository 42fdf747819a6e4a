import TestSupport
import Glibc
import SystemPackage
import Testing
import Wire

@testable import Effects
@testable import Agent

@Suite struct CommandRunnerTests {
  let runner: CommandRunner
  let directory: TemporaryDirectory

  init() throws {
    runner = try builtRunner()
    directory = try TemporaryDirectory()
  }

  @Test func `output and exit status come back`() throws {
    let result = try runner.run(shell("echo out; echo err >&2; exit 3"))
    #expect(result.end == .exited(3))
    #expect(result.tail == ["out", "err"])
    #expect(!result.succeeded)
  }

  /// Ends once what another command makes is there.
  private func meeting(_ mine: String, _ other: String, _ more: String = "") throws -> StepCommand {
    try shell(
      "touch \(mine); until [ -e \(other) ]; do sleep 0.05; done; \(more)", in: directory.path.string)
  }

  @Test func `what is run together runs side by side, and each has its own end`() throws {
    // More than a pipe holds, printed while the first is still waited for.
    let much = "head -c 300000 /dev/zero | tr '\\0' x; touch printed; exit 3"
    let results = runner.runTogether(
      [
        try meeting("a", "printed", "echo met"), try meeting("b", "a", much),
        StepCommand(
          words: ["/nowhere"], environment: [:], directory: "/", user: try RunUser.current(),
          timeoutSeconds: 10),
        try shell("sleep 60", seconds: 1),
      ]) { nil }
    try #require(results.count == 4)
    #expect(try results[0].get().end == .exited(0) && results[0].get().tail == ["met"])
    #expect(try results[1].get().end == .exited(3) && !results[1].get().isWhole)
    #expect(throws: CommandError.cannotStart(program: "/nowhere", .noSuchFileOrDirectory)) {
      try results[2].get()
    }
    #expect(try results[3].get().end == .timedOut(afterSeconds: 1))
    #expect(runner.runTogether([]) { nil }.isEmpty)
  }

  @Test func `an interruption ends all that is run together`() throws {
    var looks = 0
    let results = runner.runTogether(try ["sleep 60", "sleep 61"].map { try shell($0) }) {
      looks += 1
      return looks > 3 ? .cancelled : nil
    }
    #expect(try results.map { try $0.get().end } == [.interrupted(.cancelled), .interrupted(.cancelled)])
  }

  @Test func `the lock stays taken until the supervisor has ended`() throws {
    let file = try directory.write("", to: "lock")
    let ours = try FileDescriptor.open(file, .readWrite)
    try #require(flock(ours.rawValue, LOCK_EX | LOCK_NB) == 0)
    var holding = runner
    holding.lock = ours
    let other = try FileDescriptor.open(file, .readWrite)
    defer { try? other.close() }
    var isFree: Bool?
    // As if the agent were gone: its own descriptor is closed while the command runs.
    _ = try holding.run(shell("sleep 1"), log: nil) {
      if isFree == nil {
        try? ours.close()
        isFree = flock(other.rawValue, LOCK_EX | LOCK_NB) == 0
      }
      return nil
    }
    #expect(isFree == false)
    #expect(flock(other.rawValue, LOCK_EX | LOCK_NB) == 0)
  }

  @Test func `what stays is started also where its output cannot be kept`() throws {
    var command = try shell("echo lost")
    command.children = .stay(output: directory.path.appending("missing/output"))
    #expect(try runner.run(command).end == .exited(0))
  }

  @Test func `beside the old version a command takes the least of the machine`() throws {
    let look = "nice; ionice; cat /proc/self/oom_score_adj"
    var command = try shell(look)
    #expect(try runner.run(command).tail.first == "0")
    command.background = true
    #expect(try runner.run(command).tail == ["19", "idle", "900"])
    // The job is spared when memory runs out; the app that it starts is not.
    let score = "/proc/self/oom_score_adj"
    let before = try #require(contents(of: FilePath(score)))
    defer {
      _ = try? Tool.run(["sh", "-c", "echo \(before) >/proc/\(getpid())/oom_score_adj"], timeoutSeconds: 5)
    }
    _ = try Tool.run(["sh", "-c", "echo 100 >/proc/\(getpid())/oom_score_adj"], timeoutSeconds: 5)
    command.background = false
    #expect(try runner.run(command).tail.last == "100")
    let output = directory.path.appending("output")
    command.children = .stay(output: output)
    _ = try runner.run(command)
    #expect(contents(of: output)?.hasSuffix("\n0\n") == true)
  }

  @Test func `a child is ended at its deadline`() throws {
    #expect(Detach.wait(for: try Detach.spawn(["/bin/sh", "-c", "exit 3"]), atMostSeconds: 60) == 3)
    #expect(Detach.wait(for: try Detach.spawn(["/bin/sleep", "600"]), atMostSeconds: 1) == 128 + SIGKILL)
  }

  @Test func `exit 75 says not now`() throws {
    #expect(try runner.run(shell("exit 75")).saysNotNow)
    #expect(try !runner.run(shell("exit 74")).saysNotNow)
  }

  @Test func `a signal is told apart from an exit`() throws {
    #expect(try runner.run(shell("kill -SEGV $$")).end == .signalled(SIGSEGV))
  }

  @Test func `it runs in its directory with nothing but its environment`() throws {
    let place = try directory.makeDirectory("here")
    let result = try runner.run(
      shell("pwd; env | sort; umask; read x || echo no input", in: place.string, environment: ["A": "b c"]))
    #expect(
      result.tail == [
        place.string, "A=b c", "PATH=\(StepEnvironment.path)", "PWD=\(place)", "0022", "no input",
      ])
  }

  @Test func `it leads a session of its own`() throws {
    #expect(try runner.run(shell("test $(ps -o sid= -p $$) -eq $$")).succeeded)
  }

  @Test func `no descriptor is inherited`() throws {
    let result = try runner.run(shell("ls /proc/self/fd | tr '\\n' ' '"))
    #expect(result.tail == ["0 1 2 3 "])  // 3 is the listing itself
  }

  @Test func `a program that is missing is an error`() throws {
    var command = try shell("")
    command.words = ["/nonexistent/program"]
    #expect(throws: CommandError.cannotStart(program: "/nonexistent/program", .noSuchFileOrDirectory)) {
      try runner.run(command)
    }
    command.words = []
    #expect(throws: CommandError.self) { try runner.run(command) }
  }

  @Test func `a directory that is missing is an error`() throws {
    #expect(throws: CommandError.noSuchDirectory("/nonexistent", .noSuchFileOrDirectory)) {
      try runner.run(shell("true", in: "/nonexistent"))
    }
  }

  @Test func `a word is searched in its own path`() throws {
    try directory.write("#!/bin/sh\necho found\n", to: "hello", mode: 0o755)
    var command = try shell("", environment: ["PATH": directory.path.string])
    command.words = ["hello"]
    #expect(try runner.run(command).tail == ["found"])
  }

  @Test func `output is logged and only its end is kept`() throws {
    let log = try StepLog.open(directory.path.appending("log"))
    let result = try runner.run(shell("seq 1 100000"), log: log)
    #expect(result.output.utf8.count == EffectLimits.keptOutputBytes)
    #expect(result.tail.count == 40)
    #expect(result.tail.last == "100000")
    let logged = try #require(contents(of: log.path))
    #expect(logged.hasPrefix("== seq 1 100000  (as root, in /)\n1\n2\n"))
    #expect(logged.contains("\n100000\n== it went well, "))
  }
}

@Suite struct CommandEndTests {
  let runner: CommandRunner
  let directory: TemporaryDirectory

  init() throws {
    runner = try builtRunner()
    directory = try TemporaryDirectory()
  }

  /// Forks twice, each time into a session of its own, ignores SIGTERM, and writes down its id.
  private func daemonize(_ name: String) -> String {
    let file = directory.path.appending(name)
    return """
      setsid sh -c 'setsid sh -c "trap \\"\\" TERM HUP; echo \\$\\$ >\(file).new; mv \(file).new \(file); \
      while :; do sleep 1; done" </dev/null >/dev/null 2>&1 &' & wait $!
      while [ ! -e \(file) ]; do sleep 0.05; done;
      """
  }

  private func pid(_ name: String) throws -> Int32 {
    let text = try #require(directory.read(name))
    return try #require(Int32(text.filter(\.isNumber)))
  }

  @Test func `a time-out ends what daemonised itself`() throws {
    let result = try runner.run(shell(daemonize("daemon") + "sleep 600", seconds: 6))
    #expect(result.end == .timedOut(afterSeconds: 6))
    #expect(try !isAlive(pid("daemon")))
  }

  @Test func `a time-out ends a command that ignores SIGTERM`() throws {
    let result = try runner.run(shell("trap '' TERM; echo $$; while :; do sleep 1; done", seconds: 4))
    guard case .timedOut = result.end else {
      Issue.record("\(result.end)")
      return
    }
    #expect(!isAlive(try #require(result.tail.first.flatMap { Int32($0) })))
  }

  @Test func `what is left running ends with the command`() throws {
    let result = try runner.run(shell(daemonize("daemon") + "exit 0"))
    #expect(result.succeeded)
    #expect(result.leftovers > 0)
    #expect(try !isAlive(pid("daemon")))
  }

  @Test func `what starts the app leaves it running`() throws {
    let output = directory.path.appending("app.out")
    var command = try shell("echo starting; (while :; do echo tick; sleep 0.1; done) & echo $!")
    command.children = .stay(output: output)
    let result = try runner.run(command)
    #expect(result.succeeded)
    let pid = try #require(result.tail.lazy.compactMap { Int32($0) }.first)
    defer { kill(pid, SIGKILL) }
    #expect(result.tail.contains("starting"))
    let size = try #require(contents(of: output)?.count)
    // It prints on: nobody has closed what it prints into.
    #expect(eventually { (contents(of: output)?.count ?? 0) > size + 20 })
    #expect(isAlive(pid))
  }

  @Test func `an interruption ends it`() throws {
    let start = Monotonic.now()
    let result = try runner.run(shell("sleep 600"), log: nil) {
      Monotonic.now() - start > .milliseconds(300) ? .shutdown : nil
    }
    #expect(result.end == .interrupted(.shutdown))
  }

  @Test func `a step that a shutdown ended did not fail`() throws {
    // systemd signals every process of the unit: here the step first, and the agent's flag last.
    let start = Monotonic.now()
    let result = try runner.run(shell("kill -TERM $$; sleep 600"), log: nil) {
      Monotonic.now() - start > .milliseconds(150) ? .shutdown : nil
    }
    #expect(result.end == .interrupted(.shutdown))
  }

  @Test func `a supervisor that is told to end ends the step`() throws {
    let result = try runner.run(shell("echo $$; kill -TERM $PPID; sleep 600"))
    #expect(result.end == .signalled(SIGTERM))
    #expect(!isAlive(try #require(result.tail.first.flatMap { Int32($0) })))
  }

  @Test func `output extends a time-out that may be extended`() throws {
    var command = try shell("for i in 1 2 3 4 5 6; do echo $i; sleep 1; done", seconds: 3)
    #expect(try runner.run(command).end == .timedOut(afterSeconds: 3))
    command.extendsTimeout = true
    #expect(try runner.run(command).succeeded)
  }

  @Test func `processor time extends it`() throws {
    var command = try shell("timeout 4 sh -c 'while :; do :; done'; exit 0", seconds: 2)
    command.extendsTimeout = true
    #expect(try runner.run(command).succeeded)
    command = try shell("sleep 600", seconds: 2)
    command.extendsTimeout = true
    #expect(try runner.run(command).end == .timedOut(afterSeconds: 2))
  }

  @Test func `who minds a command ends it when the agent dies`() throws {
    // A shell stands for the agent: it starts the supervisor as its child, and is killed.
    let spec = SupervisedCommand(
      words: ["/bin/sh", "-c", "echo $$ >\(directory.path)/step; sleep 600"],
      environment: ["PATH": StepEnvironment.path], directory: "/", user: try RunUser.current(),
      parent: 0, leaveChildren: false, background: false, isolation: nil)
    let text = String(decoding: try JSON.encode(spec), as: UTF8.self)
    try directory.write(text, to: "spec")
    let script = """
      cd \(directory.path); sed "s/\\"parent\\":0/\\"parent\\":$$/" spec >own
      '\(runner.program)' isolate 3<own 4>report & wait
      """
    let agent = try ChildProcess.start(
      ["/bin/sh", "-c", script], environment: ["PATH": StepEnvironment.path])
    #expect(eventually { (directory.read("step") ?? "").hasSuffix("\n") })
    let step = try pid("step")
    #expect(isAlive(step))
    agent.signal(SIGKILL)
    #expect(eventually { !isAlive(step) })
  }

  @Test func `the hidden verb is of no use to anybody else`() throws {
    let result = try Tool.run([runner.program, "isolate"], timeoutSeconds: 20)
    #expect(result.status == 64)
  }
}

@Suite struct CommandUserTests {
  @Test func `root runs it as somebody else with their groups and no way back`() throws {
    let result = try builtRunner().run(
      shell(
        "id -u; id -g; id -G; grep NoNewPrivs /proc/self/status; grep CapEff /proc/self/status",
        user: "nobody"))
    let groups = try Tool.run(["id", "-G", "nobody"], timeoutSeconds: 20).output
    #expect(
      result.tail == [
        "65534", "65534", String(groups.dropLast()), "NoNewPrivs:\t1", "CapEff:\t0000000000000000",
      ])
  }

  @Test func `an unknown user is an error`() {
    #expect(throws: CommandError.noSuchUser("nobody-here")) { try RunUser.named("nobody-here") }
  }
}
