import TestSupport
import Glibc
import SystemPackage
import Testing
import Wire

@testable import Effects
@testable import Agent

/// An app without systemd: a start script that puts it into the background, with a pid file.
@Suite struct CommandServicesTests {
  let place: TemporaryDirectory
  let runner: CommandRunner

  init() throws {
    place = try TemporaryDirectory()
    runner = try builtRunner()
    try place.write(
      """
      echo app starts
      trap 'rm -f pid; exit 0' TERM
      echo $$ >pid
      while :; do echo tick; sleep 0.1; done
      """, to: "app.sh")
  }

  private func services(
    start: String = "sh app.sh & exit 0", stop: String = "kill $(cat pid)", stopTimeoutSeconds: Int = 10
  ) -> CommandServices {
    CommandServices(
      start: Run(command: .shell(start)), stop: Run(command: .shell(stop)),
      status: Run(command: .shell("test -e pid && kill -0 $(cat pid)")), owner: nil,
      environment: StepEnvironment(app: "a", install: place.path.string, vars: [:]),
      stopTimeoutSeconds: stopTimeoutSeconds, output: place.path.appending("service.out"), runner: runner)
  }

  private var deadline: Duration { Monotonic.now() + .seconds(30) }

  @Test func `the app runs on after its start and is gone after its stop`() throws {
    let services = services()
    #expect(try services.states().map(\.isUp) == [false])
    try services.start(deadline: deadline) { nil }
    #expect(try services.states().map(\.isUp) == [true])
    let pid = try #require(Int32((place.read("pid") ?? "").filter(\.isNumber)))
    #expect(isAlive(pid))
    try services.stop { nil }
    #expect(eventually { !isAlive(pid) })
    #expect(try services.states().map(\.isDown) == [true])
    #expect(place.read("service.out")?.hasPrefix("app starts\ntick\n") == true)
  }

  @Test func `a start that fails says why`() throws {
    #expect(
      throws: ServiceError.cannotStart(CommandServices.name, "the start command: exit 1: no such database")
    ) {
      try services(start: "echo no such database; exit 1").start(deadline: deadline) { nil }
    }
  }

  @Test func `what the status command says of an app that is down is told, its end and bounded`() throws {
    let said: [(String, String)] = [
      (
        "echo first; echo 'no pid file'; echo 'port 8080 is taken' >&2; exit 3",
        "inactive (status: exit 3: no pid file / port 8080 is taken)"
      ),
      ("exit 4", "inactive (status: exit 4)"),
      ("printf 'a\\033[2J'; exit 1", "inactive (status: exit 1: a\\u{1b}[2J)"),
    ]
    for (status, words) in said {
      var services = services()
      services.status = Run(command: .shell(status))
      #expect(try services.states().map(\.words) == [words])
      #expect(throws: ServiceError.cannotStart(CommandServices.name, words)) {
        try services.start(deadline: Monotonic.now()) { nil }
      }
      services.stop = Run(command: .shell("true"))
      let health = HealthProver(
        services: services, health: Health(), environment: services.environment, owner: nil, runner: runner,
        http: WebProbe())
      #expect(health.problemNow()?.text == "the app is \(words)")
    }
    var endless = services()
    endless.status = Run(command: .shell("head -c 100000 /dev/zero | tr '\\0' x; exit 1"))
    #expect(try endless.states()[0].words.utf8.count < 300)
  }

  @Test func `an app that does not come up is an error`() throws {
    #expect(throws: ServiceError.self) {
      try services(start: "true").start(deadline: Monotonic.now() + .seconds(1)) { nil }
    }
  }

  @Test func `an app that does not stop is an error`() throws {
    let services = services(stop: "true", stopTimeoutSeconds: 1)
    try services.start(deadline: deadline) { nil }
    #expect(throws: ServiceError.self) { try services.stop { nil } }
    let pid = try #require(Int32((place.read("pid") ?? "").filter(\.isNumber)))
    kill(pid, SIGKILL)
  }

  @Test func `who still uses the tree is named`() throws {
    let install = try place.makeDirectory("install")
    let user = try ChildProcess.start(["sleep", "600"], environment: [:], directory: install.string)
    let left = try TreeUse.remaining(services(), install: install)
    #expect(left == ["sleep (pid \(user.pid)) works in \(install)"])
  }
}
