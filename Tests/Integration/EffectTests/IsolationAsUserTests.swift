import TestSupport
import Glibc
import SystemPackage
import Testing
import Wire

@testable import Effects
@testable import Agent

/// The agent of a plain user has no privileges but those that a user namespace lends it.
@Suite struct IsolationAsUserTests {
  /// Starts the supervisor as nobody with the command, from a shell that stands for the agent.
  /// - Parameter within: a command that starts the shell in other circumstances.
  private func run(_ command: StepCommand, in site: Site, within: [String] = []) throws
    -> (output: String, report: SupervisorReport)
  {
    let spec = SupervisedCommand(
      words: command.words, environment: command.environment, directory: command.directory,
      user: command.user, parent: 0, leaveChildren: false, background: false, isolation: command.isolation)
    try site.directory.write(String(decoding: try JSON.encode(spec), as: UTF8.self), to: "spec")
    // The build directory may be closed to that user.
    let program = site.directory.path.appending("fleet-agent")
    _ = try Tool.run(["cp", try builtRunner().program, program.string], timeoutSeconds: 60)
    chmod(site.directory.path.string, 0o777)
    try site.directory.write(
      """
      cd \(site.directory.path)
      sed "s/\\"parent\\":0/\\"parent\\":$$/" spec >own
      ./fleet-agent isolate 3<own 4>report & wait $!
      """, to: "agent.sh")
    let words =
      within + [
        "setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "sh",
        site.directory.path.appending("agent.sh").string,
      ]
    let result = try Tool.run(words, timeoutSeconds: 60)
    return (result.output, SupervisorReport(parsing: (site.directory.read("report") ?? "").utf8))
  }

  @Test func `a user namespace does the same`() throws {
    let site = try Site(user: "nobody")
    let listener = try Listener()
    let (output, report) = try run(
      site.command(
        """
        cat version $OLD/version; echo built >made; id -un; (echo x >$OLD/x) 2>/dev/null || echo read-only
        grep CapEff /proc/self/status; ls -d /proc/[1-9]* | wc -l; \(reach(port: listener.port))
        """), in: site)
    #expect(report.lines == [.exited(0)])
    var said = output.split(separator: "\n").map(String.init)
    // Of the whole machine's processes it sees its own: the supervisor's first, the shell, ls, and wc if it is there
    // yet.
    let seen = try #require(said.count > 5 ? Int(said.remove(at: 5)) : nil)
    #expect((3...4).contains(seen))
    #expect(
      said == ["new", "old", "nobody", "read-only", "CapEff:\t0000000000000000", "Connection refused"])
    #expect(contents(of: site.install.appending("made")) == nil)
    #expect(contents(of: site.staged.appending("made")) == "built\n")
    withExtendedLifetime(listener) {}
  }

  @Test func `an overlay is mounted too`() throws {
    let site = try Site(user: "nobody")
    let upper = try site.directory.makeDirectory(".fleet-app/scratch/upper")
    let work = try site.directory.makeDirectory(".fleet-app/scratch/work")
    _ = try Tool.run(["chown", "nobody", upper.string, work.string], timeoutSeconds: 20)
    var isolation = site.isolation()
    isolation.mode = .overlay(upper: upper.string, work: work.string)
    let (output, report) = try run(
      site.command("echo changed >version; cat version", isolation: isolation), in: site)
    #expect(report.lines == [.exited(0)])
    #expect(output == "changed\n")
    #expect(contents(of: site.staged.appending("version")) == "new\n")
  }

  @Test func `where it is forbidden the reason is said and nothing runs`() throws {
    let site = try Site(user: "nobody")
    // In a chroot the kernel gives no user namespaces (user_namespaces(7), EPERM).
    let root = try site.directory.makeDirectory("root")
    let chroot = [
      "unshare", "-m", "sh", "-c", "mount --rbind / \(root) && exec chroot \(root) \"$@\"", "sh",
    ]
    let (_, report) = try run(site.command("echo ran >made"), in: site, within: chroot)
    #expect(
      report.lines == [.unavailable("user namespaces are not allowed: Operation not permitted")])
    #expect(contents(of: site.staged.appending("made")) == nil)
  }
}
