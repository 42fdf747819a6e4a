import TestSupport
import Glibc
import SystemPackage
import Testing
import Wire

@testable import Effects
@testable import Agent

/// A small web server in Python: /good, /bad (500), /slow.
final class WebServer {
  let process: ChildProcess
  let port: Int

  init(unix: String? = nil) throws {
    let address = unix.map { "'\($0)'" } ?? "('127.0.0.1', 0)"
    let base = unix == nil ? "http.server.HTTPServer" : "Unix"
    let program = """
      import http.server, socket, socketserver
      class Unix(socketserver.UnixStreamServer):
        def get_request(self):
          request, _ = super().get_request(); return request, ('local', 0)
      class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
          code = 500 if self.path == '/bad' else 302 if self.path == '/moved' else 200
          self.send_response(code)
          self.send_header('Location', '/good'); self.end_headers()
          self.wfile.write(('status: GOOD\\nproto: %s\\n' % self.headers.get('X-Forwarded-Proto')).encode())
        def log_message(self, *_): pass
      server = \(base)(\(address), Handler)
      print('ready', 0 if isinstance(server.server_address, str) else server.server_address[1], flush=True)
      server.serve_forever()
      """
    process = try ChildProcess.start(
      ["/usr/bin/python3", "-c", program], environment: ["PATH": StepEnvironment.path])
    var tail = OutputTail()
    let process = process
    let isReady = eventually {
      _ = process.pump(atMost: .milliseconds(50)) { tail.append($0) }
      return tail.text.contains("ready")
    }
    try #require(isReady, "\(tail.text)")
    port = try #require(Int(tail.text.filter(\.isNumber)))
  }

  deinit { process.signal(SIGKILL) }
}

/// Services whose states are said by the test.
final class SaidServices: ServiceControl {
  var said: [[ServiceState]]
  init(_ said: [ServiceState]...) { self.said = said }

  func states() throws(ServiceError) -> [ServiceState] {
    let now = said[0]
    if said.count > 1 { said.removeFirst() }
    return now
  }
  func stop(interruption: InterruptionCheck) throws(ServiceError) {}
  func start(deadline: Duration, interruption: InterruptionCheck) throws(ServiceError) {}
  func processes() throws(ServiceError) -> [ServiceProcess] { [] }
  var knowsItsProcesses: Bool { false }
  var isShuttingDown = false
}

private func up(_ restarts: Int = 0) -> [ServiceState] {
  var state = ServiceState(name: "app.service", activity: .active)
  state.invocation = "a"
  state.restarts = restarts
  return [state]
}

@Suite struct HealthProverTests {
  private func prover(
    _ checks: [HealthCheck], services: SaidServices = SaidServices(up()), healthyFor: Int = 0,
    deadline: Int = 5
  ) throws -> HealthProver {
    HealthProver(
      services: services,
      health: Health(healthyForSeconds: healthyFor, deadlineSeconds: deadline, checks: checks),
      environment: StepEnvironment(app: "a", install: "/", vars: [:]), owner: nil, runner: try builtRunner(),
      http: WebProbe())
  }

  private func problem(_ check: HealthCheck) throws -> String? { try prover([check]).problemNow()?.text }

  @Test func `a web page is asked for`() throws {
    let server = try WebServer()
    let base = "http://127.0.0.1:\(server.port)"
    #expect(try problem(.http(HTTPCheck(url: base + "/good"))) == nil)
    #expect(try problem(.http(HTTPCheck(url: base + "/bad"))) == "\(base)/bad answers 500, not 200")
    #expect(try problem(.http(HTTPCheck(url: base + "/moved", status: 302))) == nil)
    #expect(try problem(.http(HTTPCheck(url: base + "/good", body: "^status: GOOD$"))) == nil)
    #expect(
      try problem(.http(HTTPCheck(url: base + "/good", body: "BAD")))
        == "\(base)/good: nothing in the answer matches `BAD`")
    let headed = HTTPCheck(
      url: base + "/good", headers: ["X-Forwarded-Proto": "https"], body: "proto: https")
    #expect(try problem(.http(headed)) == nil)
    withExtendedLifetime(server) {}
  }

  @Test func `a web server may listen on a unix socket`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path.appending("web.sock").string
    let server = try WebServer(unix: path)
    #expect(try problem(.http(HTTPCheck(url: "http://app/good", unix: path))) == nil)
    #expect(try problem(.http(HTTPCheck(url: "http://app/good", unix: path + "x"))) != nil)
    withExtendedLifetime(server) {}
  }

  @Test func `a port that nobody listens on is a problem`() throws {
    let server = try WebServer()
    let port = server.port
    #expect(try problem(.tcp(host: "127.0.0.1", port: port)) == nil)
    server.process.signal(SIGKILL)
    _ = server.process.pump(atMost: .seconds(10)) { _ in }
    #expect(
      try problem(.tcp(host: "127.0.0.1", port: port))
        == "nothing answers on 127.0.0.1, port \(port): Connection refused")
  }

  @Test func `the app's own words come before a status code`() throws {
    let server = try WebServer()
    let bad = "http://127.0.0.1:\(server.port)/bad"
    let unwell = Run(command: .shell("echo 'Error: the pump'; exit 1"), timeoutSeconds: 20)
    let found = try prover([.http(HTTPCheck(url: bad)), .run(unwell, expect: "GOOD")]).problemNow()
    #expect(found?.text == #""Error: the pump""#)
    // Both are in the log, the page with what it says.
    #expect(found?.detail.contains("\(bad) answers 500, not 200: \"status: GOOD") == true)
    #expect(found?.detail.contains("Error: the pump") == true)
    withExtendedLifetime(server) {}
  }

  @Test func `a command says how it is`() throws {
    #expect(try problem(.run(Run(command: .shell("echo GOOD")), expect: "GOOD")) == nil)
    #expect(try problem(.run(Run(command: .shell("true")), expect: nil)) == nil)
    let error = Run(command: .shell("echo Error: Output controller"))
    #expect(try problem(.run(error, expect: "GOOD")) == "\"Error: Output controller\"")
    #expect(
      try problem(.run(Run(command: .shell("exit 3")), expect: nil)) == "`exit 3`: exit 3, said nothing")
    let slow = Run(command: .shell("sleep 600"), timeoutSeconds: 1)
    #expect(try problem(.run(slow, expect: nil))?.contains("no end after 1 s") == true)
  }

  @Test func `checks are asked side by side, and told in their order`() throws {
    let directory = try TemporaryDirectory()
    func check(_ mine: String, _ other: String, _ says: String) -> HealthCheck {
      let meets =
        "cd \(directory.path) && touch \(mine); until [ -e \(other) ]; do sleep 0.05; done; echo \(says); exit 1"
      return .run(Run(command: .shell(meets), timeoutSeconds: 30), expect: nil)
    }
    let closed = HealthCheck.tcp(host: "127.0.0.1", port: 1)
    let found = try prover([closed, check("a", "b", "first"), check("b", "a", "second")]).problemNow()
    #expect(found?.text == "\"first\"")
    let detail = try #require(found?.detail)
    #expect(detail.hasPrefix("nothing answers on 127.0.0.1, port 1"))
    #expect(detail.hasSuffix("said \"second\""))
  }

  @Test func `a service that is down is said before any check`() throws {
    let down = SaidServices([ServiceState(name: "app.service", activity: .failed)])
    let prover = try prover([.run(Run(command: .shell("exit 1")), expect: nil)], services: down)
    #expect(prover.problemNow()?.text == "app.service is failed")
  }

  @Test func `restarts by the manager break the hold`() throws {
    let services = SaidServices(up(0), up(1), up(2), up(3), up(4), up(5), up(6), up(7), up(8), up(9), up(10))
    let prover = try prover([], services: services, healthyFor: 2, deadline: 3)
    guard case .unhealthy(let problem) = prover.prove(from: Monotonic.now(), interruption: { nil }) else {
      Issue.record("proved")
      return
    }
    #expect(problem.text.contains("was started again"))
  }

  @Test func `a shutdown is no illness`() throws {
    let prover = try prover([], services: SaidServices([ServiceState(name: "a", activity: .inactive)]))
    #expect(prover.prove(from: Monotonic.now(), interruption: { .shutdown }) == .interrupted(.shutdown))
    let stopped = SaidServices([ServiceState(name: "a", activity: .inactive)])
    stopped.isShuttingDown = true
    let later = try self.prover([], services: stopped, deadline: 0)
    #expect(later.prove(from: Monotonic.now(), interruption: { nil }) == .interrupted(.shutdown))
  }

  @Test func `checks that take long on a slow host are no illness of an app that has run all along`() throws {
    var prover = try prover([.run(Run(command: .shell("sleep 4")), expect: nil)], healthyFor: 1, deadline: 3)
    guard case .healthy = prover.prove(from: nil, interruption: { nil }) else {
      Issue.record("not proved")
      return
    }
    // An app that was started needs its time, whatever it is spent on.
    guard case .unhealthy = prover.prove(from: Monotonic.now(), interruption: { nil }) else {
      Issue.record("proved")
      return
    }
    prover.health = Health(
      healthyForSeconds: 1, deadlineSeconds: 3, checks: [.run(Run(command: .shell("exit 1")), expect: nil)])
    guard case .unhealthy = prover.prove(from: nil, interruption: { nil }) else {
      Issue.record("proved")
      return
    }
  }

  @Test func `what comes up late is proved in the end`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path.appending("asked")
    let third = Run(command: .shell("echo x >>\(file); test $(wc -l <\(file)) -ge 3"))
    var prover = try prover([.run(third, expect: nil)], healthyFor: 3, deadline: 30)
    var heard: [Bool] = []
    prover.hears = { heard.append($0.problem == nil) }
    guard case .healthy = prover.prove(from: Monotonic.now(), interruption: { nil }) else {
      Issue.record("not proved")
      return
    }
    #expect(heard == [false, true], "each change once")
  }
}
