import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Effects
@testable import Agent

@Suite struct CommandDeadlineTests {
  @Test func `without extension signs of life do not count`() {
    var deadline = CommandDeadline(start: .seconds(100), timeoutSeconds: 10, extends: false)
    deadline.signOfLife(at: .seconds(109))
    #expect(deadline.end == .seconds(110))
    #expect(!deadline.hasPassed(at: .milliseconds(109_999)))
    #expect(deadline.hasPassed(at: .seconds(110)))
  }

  @Test func `a sign of life starts the time-out again`() {
    var deadline = CommandDeadline(start: .seconds(100), timeoutSeconds: 10, extends: true)
    deadline.signOfLife(at: .seconds(109))
    #expect(deadline.end == .seconds(119))
  }

  @Test func `four times the time-out is the end`() {
    var deadline = CommandDeadline(start: .seconds(100), timeoutSeconds: 10, extends: true)
    for second in 100..<140 { deadline.signOfLife(at: .seconds(second)) }
    #expect(deadline.end == .seconds(140))
  }
}

@Suite struct OutputTailTests {
  @Test func `only the end is kept`() {
    var tail = OutputTail(limitBytes: 8)
    for _ in 0..<100 { tail.append("0123456789".utf8) }
    tail.append("abc".utf8)
    #expect(tail.text == "56789abc")
    #expect(tail.totalBytes == 1003)
  }

  @Test func `lines are made safe to show`() {
    var tail = OutputTail()
    tail.append("10%\r20%\n\n\u{1B}[31mred\n".utf8)
    #expect(tail.lines() == ["10%", "20%", "\\u{1b}[31mred"])
  }
}

@Suite struct StepLogTests {
  @Test func `a full log says so and still takes notes`() throws {
    let directory = try TemporaryDirectory()
    let log = try StepLog.open(directory.path.appending("log"), limitBytes: 10)
    log.append("12345678".utf8)
    log.append("9abcdef".utf8)
    log.append("never seen".utf8)
    log.note("the end")
    #expect(
      contents(of: log.path) == """
        123456789a
        [the log is full at 10 bytes; what steps print from here on is not kept]
        == the end

        """)
  }

  @Test func `what was in it counts`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("0123456789", to: "log")
    let log = try StepLog.open(directory.path.appending("log"), limitBytes: 12)
    log.append("abc".utf8)
    #expect(directory.read("log")?.hasPrefix("0123456789ab\n[the log is full") == true)
  }

  @Test func `a disk that is full stops nobody`() throws {
    let log = try StepLog.open("/dev/full")
    log.append("text".utf8)
    log.note("more")
    #expect(log.failure == .noSpace)
  }
}

@Suite struct ProcessTreeTests {
  @Test func `a name may contain parentheses and blanks`() {
    let line = "42 (a) b (c) S 7 42 42 0 -1 4194304 99 0 0 0 11 22 33 44 20 0 1 0 5 6 7"
    #expect(
      ProcessTree.parse(Array(line.utf8))
        == ProcessTree.Entry(
          pid: 42, parent: 7, state: UInt8(ascii: "S"), name: "a) b (c", ticks: 110))
  }

  @Test(arguments: ["", "42", "42 (x", "42 (x) S", "x (x) S 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5"])
  func `what is cut short is no process`(_ line: String) {
    #expect(ProcessTree.parse(Array(line.utf8)) == nil)
  }

  @Test func `descendants are found at any depth without the dead`() {
    func entry(_ pid: Int32, _ parent: Int32, _ state: Character = "S") -> ProcessTree.Entry {
      .init(pid: pid, parent: parent, state: state.asciiValue ?? 0, name: "", ticks: 0)
    }
    let all = [
      entry(1, 0), entry(2, 1), entry(3, 2), entry(4, 3, "Z"), entry(5, 4), entry(6, 1), entry(7, 7),
    ]
    #expect(ProcessTree.descendants(of: 2, in: all).map(\.pid).sorted() == [3, 5])
  }
}

@Suite struct StepEnvironmentTests {
  @Test func `everything is fixed and named`() throws {
    let scratch = ScratchSpace(path: "/srv/.fleet-app/scratch")
    let environment = StepEnvironment(
      app: "growroom", from: "4.0.26", to: "4.1.0", install: "/srv/app", old: "/srv/.fleet-app/scratch/old",
      vars: ["tent-name": "veg 1"], scratch: scratch)
    let user = RunUser(name: "grow", uid: 7, gid: 7, groups: [7], home: "/home/grow")
    let variables = environment.variables(for: user)
    #expect(variables["FLEET_APP"] == "growroom")
    #expect(variables["FLEET_FROM"] == "4.0.26")
    #expect(variables["FLEET_TO"] == "4.1.0")
    #expect(variables["FLEET_INSTALL"] == "/srv/app")
    #expect(variables["FLEET_OLD"] == "/srv/.fleet-app/scratch/old")
    #expect(variables["FLEET_VAR_TENT_NAME"] == "veg 1")
    #expect(variables["HOME"] == "/srv/.fleet-app/scratch/home")
    #expect(variables["TMPDIR"] == "/srv/.fleet-app/scratch/tmp")
    #expect(variables["XDG_CACHE_HOME"] == "/srv/.fleet-app/scratch/cache")
    #expect(variables["PIP_CACHE_DIR"] == "/srv/.fleet-app/scratch/cache/pip")
    #expect(variables["LANG"] == "C.UTF-8")
    #expect(variables["PATH"] == StepEnvironment.path)
  }

  @Test func `without scratch the user is at home`() {
    let environment = StepEnvironment(app: "a", install: "/srv/app", vars: [:])
    let user = RunUser(name: "grow", uid: 7, gid: 7, groups: [7], home: "/home/grow")
    #expect(environment.variables(for: user)["HOME"] == "/home/grow")
    #expect(environment.variables(for: user)["TMPDIR"] == nil)
  }

  @Test(.asRoot) func `a run of the profile becomes a command in the install`() throws {
    let environment = StepEnvironment(app: "a", install: "/srv/app", vars: [:])
    let run = Run(
      command: .arguments(["env/bin/alembic", "upgrade"]), directory: "alembic_db", timeoutSeconds: 7)
    let command = try StepCommand(run, environment: environment, owner: "nobody")
    #expect(command.words == ["env/bin/alembic", "upgrade"])
    #expect(command.directory == "/srv/app/alembic_db")
    #expect(command.user.name == "nobody")
    #expect(command.timeoutSeconds == 7)
    let asRoot = Run(command: .shell("true"), user: "root")
    #expect(try StepCommand(asRoot, environment: environment, owner: "nobody").user.uid == 0)
  }
}

@Suite struct ReasonLineTests {
  @Test(arguments: [
    (
      ["collecting", "NameError: name 'LONGTEXT' is not defined"], "NameError: name 'LONGTEXT' is not defined"
    ),
    (
      [
        "sqlalchemy.exc.OperationalError: readonly database", "[SQL: ALTER TABLE]",
        "(Background on this error at: …)",
      ],
      "sqlalchemy.exc.OperationalError: readonly database"
    ),
    (
      ["ERROR: no matching distribution", "[notice] a new release of pip"], "ERROR: no matching distribution"
    ),
    (["it did not work", "  "], "it did not work"), ([], nil),
  ])
  func `what speaks of an error is the reason`(tail: [String], reason: String?) {
    let result = CommandResult(end: .exited(1), milliseconds: 1, output: "", tail: tail)
    #expect(result.reasonLine == reason)
  }
}
