import TestSupport
import Glibc
import SystemPackage
import Testing

@testable import Effects
@testable import Agent

/// An install with an old tree, a staged one beside it, and scratch space.
struct Site {
  let directory: TemporaryDirectory
  let install: FilePath
  let staged: FilePath
  let scratch: ScratchSpace
  let user: RunUser

  /// - Parameter parent: /srv lies in the open, /tmp is one of the places that are covered.
  init(in parent: FilePath = "/srv", user name: String? = nil) throws {
    user = try name.map { name in try RunUser.named(name) } ?? RunUser.current()
    directory = try TemporaryDirectory(in: parent)
    try directory.write("old\n", to: "app/version")
    try directory.write("new\n", to: ".fleet-app/staged/version")
    install = directory.path.appending("app")
    staged = directory.path.pushing(".fleet-app/staged")
    scratch = try ScratchSpace.prepare(at: directory.path.pushing(".fleet-app/scratch"), for: user)
    let owner = "\(user.uid):\(user.gid)"
    _ = try Tool.run(["chown", "-R", owner, install.string, staged.string], timeoutSeconds: 20)
  }

  func isolation(network: Bool = false) -> Isolation {
    Isolation(
      install: install.string, tree: staged.string, old: install.string, oldAt: scratch.old.string,
      scratch: scratch.path.string, network: network)
  }

  func command(_ text: String, seconds: Int = 60, isolation: Isolation? = nil) throws -> StepCommand {
    var command = try shell(
      text, in: install.string, seconds: seconds, environment: ["OLD": scratch.old.string])
    command.user = user
    command.isolation = isolation ?? self.isolation()
    return command
  }
}

@Suite struct IsolationTests {
  let runner: CommandRunner

  init() throws { runner = try builtRunner() }

  @Test(arguments: ["/srv", "/tmp"] as [FilePath])
  func `the staged tree stands at the install path and the old one can be read`(_ parent: FilePath) throws {
    let site = try Site(in: parent)
    let result = try runner.run(
      site.command("cat version $OLD/version; echo built >made; pwd -P; echo x 2>&1 >$OLD/x || true"))
    #expect(result.tail.prefix(3) == ["new", "old", site.install.string])
    #expect(result.tail.last?.contains("Read-only file system") == true)
    // Outside, the old tree was there all the time.
    #expect(contents(of: site.install.appending("version")) == "old\n")
    #expect(contents(of: site.install.appending("made")) == nil)
    #expect(contents(of: site.staged.appending("made")) == "built\n")
  }

  @Test func `nothing else can be written`() throws {
    let site = try Site()
    let other = try TemporaryDirectory(in: "/srv")
    try other.write("kept", to: "file")
    let result = try runner.run(
      site.command(
        """
        for file in /etc/fleet-test /root/fleet-test /usr/local/fleet-test /var/lib/fleet-test /sys/fleet-test \
          \(other.path)/file \(site.staged)/own-path; do
          if echo x >$file; then echo "wrote $file"; fi
        done 2>/dev/null
        rm -rf \(other.path)/file 2>/dev/null; mount -o remount,rw / 2>/dev/null && echo remounted
        umount \(site.install) 2>/dev/null && echo unmounted
        (echo 1 >/proc/sys/kernel/panic) 2>/dev/null && echo set
        mknod /dev/sdx b 8 0 2>/dev/null && echo device
        true
        """))
    #expect(result.tail == [])
    #expect(other.read("file") == "kept")
  }

  @Test func `temporary places are private and on the stage's disk`() throws {
    let site = try Site()
    let outside = try TemporaryDirectory()
    let result = try runner.run(
      site.command(
        "ls \(outside.path) /run/systemd 2>/dev/null; echo t >/tmp/t; echo v >/var/tmp/v; echo r >/run/r"))
    #expect(result.tail == [])
    #expect(contents(of: site.scratch.temporary.appending("t")) == "t\n")
    #expect(contents(of: site.scratch.varTemporary.appending("v")) == "v\n")
    #expect(access("/run/r", F_OK) != 0)
  }

  @Test func `only harmless devices are there`() throws {
    let site = try Site()
    let result = try runner.run(
      site.command(
        "ls /dev | tr '\\n' ' '; echo; echo x >/dev/null && head -c 4 /dev/urandom | wc -c; echo s >/dev/shm/s"
      ))
    #expect(
      result.tail == [
        "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero ", "4",
      ])
  }

  @Test func `no process outside is seen or signalled`() throws {
    let site = try Site()
    let outside = try ChildProcess.start(["sleep", "600"], environment: [:])
    let result = try runner.run(
      site.command("ps -e -o comm= | sort -u | tr '\\n' ' '; echo; kill -9 \(outside.pid) || echo none"))
    #expect(result.tail.first?.contains("sleep") == false)
    #expect(result.tail.last == "none")
    #expect(isAlive(outside.pid))
  }

  @Test func `what it leaves running dies with it`() throws {
    let site = try Site()
    let mark = "fleet-test-" + site.directory.path.lastComponent!.string
    let result = try runner.run(site.command("setsid sh -c 'exec -a \(mark) sleep 600' & exec 1>&-; exit 0"))
    #expect(result.succeeded)
    #expect(try Tool.run(["pgrep", "-f", mark], timeoutSeconds: 20).status == 1)
  }

  @Test func `a time-out ends all of it`() throws {
    let site = try Site()
    let result = try runner.run(
      site.command(
        "trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do date >$0/beat; sleep 0.1; done' "
          + "\(site.install) & wait",
        seconds: 6))
    guard case .timedOut = result.end else {
      Issue.record("\(result)")
      return
    }
    let beat = site.staged.appending("beat")
    #expect(contents(of: beat) != nil)
    unlink(beat.string)
    Monotonic.sleep(.milliseconds(400))
    #expect(contents(of: beat) == nil)
  }

  @Test func `the exit status and output come through`() throws {
    let site = try Site()
    #expect(try runner.run(site.command("echo said; exit 75")).saysNotNow)
    #expect(try runner.run(site.command("kill -KILL $$")).end == .signalled(SIGKILL))
    #expect(throws: CommandError.noSuchDirectory("/srv/nowhere", .noSuchFileOrDirectory)) {
      var command = try site.command("true")
      command.directory = "/srv/nowhere"
      _ = try runner.run(command)
    }
  }

  @Test func `root inside may change owners but not the system`() throws {
    let site = try Site()
    let result = try runner.run(
      site.command("chown nobody version && stat -c %U version; grep CapEff /proc/self/status"))
    #expect(
      result.tail == ["nobody", "CapEff:\t0000000080040cef"]
        || result.tail == ["nobody", "CapEff:\t0000000080040cff"])
  }

  @Test func `another user has no privilege left`() throws {
    let site = try Site(user: "nobody")
    let result = try runner.run(
      site.command(
        "id -un; grep -E 'CapPrm|NoNewPrivs' /proc/self/status; echo x >made && stat -c %U made; "
          + "touch \(site.scratch.temporary)/x /tmp/y && echo ok"
      ))
    #expect(result.tail == ["nobody", "CapPrm:\t0000000000000800", "NoNewPrivs:\t1", "nobody", "ok"])
  }

  @Test func `a tree that is not there is named`() throws {
    let site = try Site()
    var isolation = site.isolation()
    isolation.tree = "/srv/nowhere"
    #expect(throws: CommandError.isolationFailed("/srv/nowhere: No such file or directory")) {
      try runner.run(site.command("true", isolation: isolation))
    }
  }

  @Test func `names are looked up also with a private run`() throws {
    let site = try Site()
    let result = try runner.run(
      site.command("cat /etc/resolv.conf", isolation: site.isolation(network: true)))
    #expect(result.output == contents(of: "/etc/resolv.conf"))
  }
}
