import Glibc
import SystemPackage
import Testing

@testable import Agent

/// A directory of its own for one test, removed with it.
final class TemporaryDirectory: Sendable {
  let path: FilePath

  init(in parent: FilePath = "/tmp") throws {
    let name = "fleet-effects-" + String(UInt64.random(in: 0 ... .max), radix: 36)
    path = parent.appending(name)
    try #require(mkdir(path.string, 0o755) == 0)
  }

  deinit { _ = try? Tool.run(["rm", "-rf", "--", path.string], timeoutSeconds: 60) }

  @discardableResult
  func write(_ text: String, to name: String, mode: CModeT = 0o644) throws -> FilePath {
    let file = path.pushing(FilePath(name))
    _ = try Tool.run(["mkdir", "-p", file.removingLastComponent().string], timeoutSeconds: 60)
    let fd = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate],
      permissions: FilePermissions(rawValue: mode))
    try fd.closeAfter { _ = try fd.writeAll(text.utf8) }
    return file
  }

  func makeDirectory(_ name: String, mode: CModeT = 0o755) throws -> FilePath {
    let directory = path.pushing(FilePath(name))
    _ = try Tool.run(["mkdir", "-p", directory.string], timeoutSeconds: 60)
    chmod(directory.string, mode)
    return directory
  }

  func read(_ name: String) -> String? { contents(of: path.pushing(FilePath(name))) }
}

func contents(of path: FilePath) -> String? {
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
func builtRunner() throws -> CommandRunner {
  let own = try #require(realpath("/proc/self/exe", nil))
  defer { free(own) }
  let program = FilePath(String(cString: own)).removingLastComponent().appending("fleet-agent")
  try #require(access(program.string, X_OK) == 0, "fleet-agent is not built")
  return CommandRunner(program: program.string)
}

/// A shell command, as the agent's own user, in `/` unless told otherwise.
func shell(
  _ text: String, in directory: String = "/", seconds: Int = 60, user: String? = nil,
  environment: [String: String] = [:]
) throws -> StepCommand {
  StepCommand(
    words: ["/bin/sh", "-c", text],
    environment: ["PATH": StepEnvironment.path].merging(environment) { $1 }, directory: directory,
    user: try user.map { name in try RunUser.named(name) } ?? RunUser.current(), timeoutSeconds: seconds)
}

func isAlive(_ pid: Int32) -> Bool {
  guard let entry = ProcessTree.entry(of: pid) else { return false }
  return entry.state != UInt8(ascii: "Z")
}

/// Waits for something that another process does, at most so long.
func eventually(seconds: Int = 20, _ isTrue: () -> Bool) -> Bool {
  let end = Monotonic.now() + .seconds(seconds)
  while Monotonic.now() < end {
    if isTrue() { return true }
    Monotonic.sleep(.milliseconds(20))
  }
  return isTrue()
}
