import TestSupport
import Glibc
import SystemPackage
import Testing

@testable import Effects
@testable import Agent

/// A Python program that listens, on a unix socket or on loopback, until the test is over.
final class Listener: @unchecked Sendable {
  // Used by one test at a time.
  private let process: ChildProcess
  let port: Int

  init(unix path: String) throws {
    process = try Self.start(
      """
      import socket, time
      s = socket.socket(socket.AF_UNIX); s.bind('\(path)'); s.listen(9)
      import os; os.chmod('\(path)', 0o777)
      print('ready 0', flush=True); time.sleep(600)
      """)
    port = try Self.ready(process)
  }

  init() throws {
    process = try Self.start(
      """
      import socket, time
      s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(9)
      print('ready', s.getsockname()[1], flush=True); time.sleep(600)
      """)
    port = try Self.ready(process)
  }

  deinit { process.signal(SIGKILL) }

  private static func start(_ program: String) throws -> ChildProcess {
    try ChildProcess.start(["/usr/bin/python3", "-c", program], environment: ["PATH": StepEnvironment.path])
  }

  private static func ready(_ process: ChildProcess) throws -> Int {
    var tail = OutputTail()
    let isReady = eventually {
      _ = process.pump(atMost: .milliseconds(50)) { tail.append($0) }
      return tail.text.contains("ready")
    }
    try #require(isReady, "\(tail.text)")
    return try #require(Int(tail.text.filter(\.isNumber)))
  }
}

/// Says "reached" or why not.
func reach(unix path: String) -> String {
  """
  /usr/bin/python3 -c "
  import socket
  s = socket.socket(socket.AF_UNIX)
  try: s.connect('\(path)'); print('reached')
  except OSError as e: print(e.strerror)"
  """
}

func reach(port: Int) -> String {
  """
  /usr/bin/python3 -c "
  import socket
  try: socket.create_connection(('127.0.0.1', \(port)), 5); print('reached')
  except OSError as e: print(e.strerror)"
  """
}

@Suite struct IsolationReachTests {
  let runner: CommandRunner

  init() throws { runner = try builtRunner() }

  @Test(arguments: [false, true])
  func `no live socket is reached wherever it lies`(_ network: Bool) throws {
    let site = try Site()
    let names = ["/srv", "/tmp", "/run"]
    let places = try names.map { try TemporaryDirectory(in: FilePath($0)) }
    let paths = places.map { $0.path.appending("live.sock").string }
    let listeners = try paths.map { try Listener(unix: $0) }
    for path in paths {
      #expect(try runner.run(shell(reach(unix: path))).tail == ["reached"])
      let result = try runner.run(
        site.command(reach(unix: path), isolation: site.isolation(network: network)))
      #expect(["Connection refused", "No such file or directory"].contains(result.tail.first))
    }
    withExtendedLifetime(listeners) {}
  }

  @Test func `the running app's own socket is not reached`() throws {
    let site = try Site()
    let path = site.install.appending("app.sock").string
    let listener = try Listener(unix: path)
    #expect(try runner.run(shell(reach(unix: path))).tail == ["reached"])
    for inside in [path, site.scratch.old.appending("app.sock").string] {
      let result = try runner.run(site.command(reach(unix: inside)))
      #expect(["Connection refused", "No such file or directory"].contains(result.tail.first))
    }
    withExtendedLifetime(listener) {}
  }

  @Test func `a socket made in the old tree while the step runs is not reached either`() throws {
    let site = try Site()
    let path = site.install.appending("late.sock").string
    let inside = site.scratch.old.appending("late.sock").string
    let text = """
      touch began; while [ ! -e listening ]; do sleep 0.05; done
      \(reach(unix: inside))
      """
    let starter = Starter(path: path, site.staged)
    let result = try runner.run(site.command(text), log: nil) { starter.look() }
    #expect(result.tail == ["Connection refused"])
  }

  @Test func `without the network loopback is empty`() throws {
    let site = try Site()
    let listener = try Listener()
    let text = reach(port: listener.port)
    #expect(try runner.run(shell(text)).tail == ["reached"])
    #expect(try runner.run(site.command(text)).tail == ["Connection refused"])
    #expect(try runner.run(site.command(text, isolation: site.isolation(network: true))).tail == ["reached"])
    withExtendedLifetime(listener) {}
  }

  @Test func `sockets of its own work`() throws {
    let site = try Site()
    let own = """
      /usr/bin/python3 -c "
      import socket
      a = socket.socket(socket.AF_UNIX); a.bind('/tmp/own'); a.listen(1)
      socket.socket(socket.AF_UNIX).connect('/tmp/own'); a.accept()
      b = socket.socket(); b.bind(('127.0.0.1', 0)); b.listen(1)
      socket.create_connection(b.getsockname()); print('reached')"
      """
    #expect(try runner.run(site.command(own)).tail == ["reached"])
  }
}

/// Starts a listener once the step has begun, and tells it.
final class Starter {
  private let path: String
  private let tree: FilePath
  private var listener: Listener?

  init(path: String, _ tree: FilePath) {
    self.path = path
    self.tree = tree
  }

  func look() -> Interruption? {
    if listener == nil, access(tree.appending("began").string, F_OK) == 0 {
      listener = try? Listener(unix: path)
      if listener != nil { mkdir(tree.appending("listening").string, 0o755) }
    }
    return nil
  }
}

@Suite struct LiveSocketsTests {
  @Test func `only paths are taken`() {
    let table = """
      Num       RefCount Protocol Flags    Type St Inode Path
      0000000000000000: 00000003 00000000 00000000 0001 03 1586
      0000000000000000: 00000002 00000000 00010000 0001 01 1587 /run/a b.sock
      0000000000000000: 00000002 00000000 00010000 0001 01 1588 @abstract
      0000000000000000: 00000002 00000000 00010000 0001 01 1589 relative.sock
      0000000000000000: 00000002 00000000 00010000 0001 01 1590 /usr/local/mycodoflask.sock
      0000000000000000: 00000002 00000000 00010000 0001 01 1591 /\u{301}comb.sock
      """
    let found = ["/run/a b.sock", "/usr/local/mycodoflask.sock", "/\u{301}comb.sock"]
    #expect(Set(LiveSockets.parse(table)) == Set(found))
  }
}
