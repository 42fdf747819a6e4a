import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Effects
@testable import Agent

/// Nobody who listens outside the stage hears a step, however odd the way is on which it could speak.
@Suite struct IsolationBelowTests {
  let runner: CommandRunner

  init() throws { runner = try builtRunner() }

  /// Ways to a running app. What listens is Python with `place` to put things in; what speaks is told `place` too, and
  /// says "reached" where it was heard or could be.
  struct Way: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let listen: String
    let speak: String

    static func socket(_ name: String, bind: String, at path: String) -> Way {
      Way(
        testDescription: name,
        listen: "\(bind)\ns.listen(9); [os.chmod(os.path.join(place, n), 0o777) for n in os.listdir(place)]",
        speak: "socket.socket(socket.AF_UNIX).connect(place + \(path))")
    }
  }

  private static let make = "s = socket.socket(socket.AF_UNIX); "

  static let ways: [Way] = [
    .socket("a socket by its path", bind: make + "s.bind(place + '/a.sock')", at: "'/a.sock'"),
    .socket(
      "one bound by a relative path", bind: make + "os.chdir(place); s.bind('rel.sock')", at: "'/rel.sock'"),
    .socket(
      "one with a newline in its name", bind: make + "s.bind(place + '/new\\nline')", at: "'/new\\nline'"),
    .socket(
      "one with a combining mark behind the slash", bind: make + "s.bind(place + '/\\u0301x')",
      at: "'/\\u0301x'"),
    .socket(
      "one whose name is no UTF-8", bind: make + "s.bind(place.encode() + b'/\\xff')", at: "'/\\udcff'"),
    .socket(
      "one that was renamed", bind: make + "s.bind(place + '/a'); os.rename(place + '/a', place + '/b')",
      at: "'/b'"),
    .socket(
      "one of another network namespace",
      bind: "libc.unshare(0x40000000); " + make + "s.bind(place + '/n.sock')",
      at: "'/n.sock'"),
    .socket(
      "a seqpacket", bind: "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.bind(place + '/q')",
      at: "'/q') if False else socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(place + '/q'"),
    Way(
      testDescription: "a datagram",
      listen:
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(place + '/d'); os.chmod(place + '/d', 0o777)",
      speak: "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', place + '/d')"),
    Way(
      testDescription: "a FIFO",
      listen: "os.mkfifo(place + '/f'); os.chmod(place + '/f', 0o666); f = os.open(place + '/f', os.O_RDWR)",
      // Without a reader this says ENXIO.
      speak: "os.open(place + '/f', os.O_WRONLY | os.O_NONBLOCK)"),
    Way(
      testDescription: "a lock",
      listen: "f = open(place + '/lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX)",
      // Who is told that it is taken has met the owner of it.
      speak: """
        f = open(place + '/lock')
            try: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError: print('reached'); raise SystemExit
            raise OSError(0, 'not met')
        """),
  ]

  /// Starts the listener; it says "ready" and waits.
  private func listener(_ way: Way, in place: FilePath) throws -> TalkingChild {
    let child = try TalkingChild(
      [
        "/usr/bin/python3", "-c",
        "import ctypes, fcntl, os, socket, sys\nlibc = ctypes.CDLL(None)\nplace = sys.argv[1]\n\(way.listen)\n"
          + "print('ready', flush=True); input()", place.string,
      ], in: "/")
    try #require(child.readLine() == "ready", "\(way)")
    return child
  }

  private func script(_ way: Way, _ place: FilePath) -> String {
    """
    /usr/bin/python3 - '\(place)' <<'END'
    import fcntl, os, socket, sys
    place = sys.argv[1]
    try:
        \(way.speak)
        print('reached')
    except OSError as e: print(e.strerror)
    END
    """
  }

  @Test(.asRoot, arguments: ways)
  func `who listens below a layer hears nothing`(_ way: Way) throws {
    let site = try Site()
    let outside = try TemporaryDirectory(in: "/srv")
    for place in [outside.path, site.install] {
      let child = try listener(way, in: place)
      #expect(try runner.run(shell(script(way, place))).tail == ["reached"], "that it can be reached at all")
      let inside = place == site.install ? site.scratch.old : place
      for network in [false, true] {
        let result = try runner.run(
          site.command(script(way, inside), isolation: site.isolation(network: network)))
        #expect(result.tail != ["reached"] && !result.tail.isEmpty, "\(way) at \(inside): \(result.tail)")
      }
      withExtendedLifetime(child) {}
    }
  }

  @Test(.asRoot) func `a socket that is made anew while the step runs is not reached`() throws {
    let site = try Site()
    let outside = try TemporaryDirectory(in: "/srv")
    let path = outside.path.appending("again.sock").string
    let text = """
      touch began; while [ ! -e listening ]; do sleep 0.05; done
      \(reach(unix: path))
      """
    let starter = Starter(path: path, site.staged)
    let result = try runner.run(site.command(text), log: nil) { starter.look() }
    #expect(result.tail != ["reached"] && !result.tail.isEmpty)
  }

  @Test func `an abstract socket is not reached, with the network on too, and one of its own is`() throws {
    let site = try Site()
    let name = "fleet-test-\(UInt64.random(in: 0 ... .max))"
    let child = try TalkingChild(
      [
        "/usr/bin/python3", "-c",
        "import socket, sys\ns = socket.socket(socket.AF_UNIX); s.bind('\\0' + sys.argv[1]); s.listen(9)\n"
          + "print('ready', flush=True); input()", name,
      ], in: "/")
    #expect(child.readLine() == "ready")
    let text = reach(unix: "\\0\(name)")
    #expect(try runner.run(shell(text)).tail == ["reached"])
    for network in [false, true] {
      let result = try runner.run(site.command(text, isolation: site.isolation(network: network)))
      #expect(result.tail != ["reached"] && !result.tail.isEmpty, "\(network): \(result.tail)")
    }
    let own = """
      /usr/bin/python3 -c "
      import socket
      a = socket.socket(socket.AF_UNIX); a.bind('\\0own-\(name)'); a.listen(1)
      socket.socket(socket.AF_UNIX).connect('\\0own-\(name)'); print('reached')"
      """
    #expect(try runner.run(site.command(own, isolation: site.isolation(network: true))).tail == ["reached"])
    withExtendedLifetime(child) {}
  }

  @Test(.asRoot) func `where something is mounted inside a directory its children are laid over`() throws {
    let site = try Site()
    let outside = try TemporaryDirectory(in: "/srv")
    let mounted = try outside.makeDirectory("mounted")
    let beside = try outside.makeDirectory("beside/deep")
    try Shell.run("/bin/mount", "-t", "tmpfs", "-o", "size=1m", "fleet-test", mounted.string)
    defer { try? Shell.run("/bin/umount", mounted.string) }
    try Shell.run("/bin/sh", "-c", "echo seen >\"$0/file\"", mounted.string)
    let paths = [mounted, beside].map { $0.appending("x.sock").string }
    let listeners = try paths.map { try Listener(unix: $0) }
    for path in paths {
      #expect(try runner.run(shell(reach(unix: path))).tail == ["reached"])
      #expect(try runner.run(site.command(reach(unix: path))).tail != ["reached"])
    }
    let seen = try runner.run(site.command("cat \(mounted)/file; echo x >\(mounted)/y || echo closed"))
    #expect(seen.tail.first == "seen" && seen.tail.last == "closed", "\(seen.tail)")
    withExtendedLifetime(listeners) {}
  }
}
