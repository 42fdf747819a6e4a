package import Glibc
package import SystemPackage
import TestSupport

@testable package import Agent

/// A directory of its own for one test, removed with it.
package final class TemporaryDirectory: Sendable {
  package let path: FilePath

  package init(in parent: FilePath = "/tmp") throws {
    let name = "fleet-effects-" + String(UInt64.random(in: 0 ... .max), radix: 36)
    path = parent.appending(name)
    guard mkdir(path.string, 0o755) == 0 else { throw Spawn.Failed("cannot make \(path)") }
  }

  deinit { _ = try? Tool.run(["rm", "-rf", "--", path.string], timeoutSeconds: 60) }

  @discardableResult
  package func write(_ text: String, to name: String, mode: CModeT = 0o644) throws -> FilePath {
    let file = path.pushing(FilePath(name))
    _ = try Tool.run(["mkdir", "-p", file.removingLastComponent().string], timeoutSeconds: 60)
    let fd = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate],
      permissions: FilePermissions(rawValue: mode))
    try fd.closeAfter { _ = try fd.writeAll(text.utf8) }
    return file
  }

  package func makeDirectory(_ name: String, mode: CModeT = 0o755) throws -> FilePath {
    let directory = path.pushing(FilePath(name))
    _ = try Tool.run(["mkdir", "-p", directory.string], timeoutSeconds: 60)
    chmod(directory.string, mode)
    return directory
  }

  package func read(_ name: String) -> String? { contents(of: path.pushing(FilePath(name))) }
}

package func contents(of path: FilePath) -> String? {
  guard let fd = try? FileDescriptor.open(path, .readOnly) else { return nil }
  defer { try? fd.close() }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while let count = try? buffer.withUnsafeMutableBytes({ try fd.read(into: $0) }), count > 0 {
    bytes += buffer.prefix(count)
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// The agent's program as it was built beside the tests.
package func builtRunner() throws -> CommandRunner {
  guard let own = realpath("/proc/self/exe", nil) else { throw Spawn.Failed("there is no /proc/self/exe") }
  defer { free(own) }
  let program = FilePath(String(cString: own)).removingLastComponent().appending("fleet-agent")
  guard access(program.string, X_OK) == 0 else { throw Spawn.Failed("fleet-agent is not built") }
  return CommandRunner(program: program.string)
}

/// A shell command, as the agent's own user, in `/` unless told otherwise.
package func shell(
  _ text: String, in directory: String = "/", seconds: Int = 60, user: String? = nil,
  environment: [String: String] = [:]
) throws -> StepCommand {
  StepCommand(
    words: ["/bin/sh", "-c", text],
    environment: ["PATH": StepEnvironment.path].merging(environment) { $1 }, directory: directory,
    user: try user.map { name in try RunUser.named(name) } ?? RunUser.current(), timeoutSeconds: seconds)
}

package func isAlive(_ pid: Int32) -> Bool {
  guard let entry = ProcessTree.entry(of: pid) else { return false }
  return entry.state != UInt8(ascii: "Z")
}

/// Waits for something that another process does, at most so long.
package func eventually(seconds: Int = 20, _ isTrue: () -> Bool) -> Bool {
  let end = Monotonic.now() + .seconds(seconds)
  while Monotonic.now() < end {
    if isTrue() { return true }
    Monotonic.sleep(.milliseconds(20))
  }
  return isTrue()
}
