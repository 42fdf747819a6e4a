import Glibc
import SystemPackage
import TestSupport

@testable import Effects
@testable import Agent

/// The agent's program as it was built beside the tests: found by their own path, since the lab host that runs
/// `RealSystemdTests` sees the build and no checkout.
func builtRunner() throws -> CommandRunner {
  guard let own = realpath("/proc/self/exe", nil) else { throw Spawn.Failed("there is no /proc/self/exe") }
  defer { free(own) }
  let program = FilePath(String(cString: own)).removingLastComponent().appending("fleet-agent")
  guard access(program.string, X_OK) == 0 else { throw Spawn.Failed("fleet-agent is not built") }
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
