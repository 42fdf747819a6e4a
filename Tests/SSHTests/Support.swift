import Foundation
import SSH
import SystemPackage
import Testing

/// A directory of its own for one test, removed with its owner.
final class TestDirectory: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "fleet-ssh-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    LeftBehind.note(directory: path)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    LeftBehind.forget(directory: path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }

  func read(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }
}

/// A program started by a test, killed by its pid when its owner goes.
///
/// Not Foundation's Process: on Linux its children inherit the pipes of others that start at the same time,
/// and tests run in parallel.
final class Child: Sendable {
  let pid: Int32

  /// Output goes to the file at `log`, input is empty.
  init(_ arguments: [String], log: String = "/dev/null", environment: [String: String] = [:]) throws {
    pid = try spawn(arguments, log: log, environment: environment)
    LeftBehind.note(pid: pid)
  }

  deinit {
    kill(pid, SIGKILL)
    LeftBehind.forget(pid: pid)
    waitpid(pid, nil, 0)
  }

  /// Kills what this program has started, all generations, and leaves the program itself.
  func killDescendants() {
    for child in Self.descendants(of: pid) { kill(child, SIGKILL) }
  }

  private static func descendants(of pid: Int32) -> [Int32] {
    let list = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
    let children = (list ?? "").split(separator: " ").compactMap { Int32($0) }
    return children + children.flatMap(descendants)
  }
}

private func spawn(_ arguments: [String], log: String, environment: [String: String]) throws -> Int32 {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
  posix_spawn_file_actions_adddup2(&actions, 1, 2)
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  // Threads of a Swift program block signals, and a server must not inherit that.
  var none = sigset_t()
  sigemptyset(&none)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
  let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let argv = arguments.map { strdup($0) } + [nil]
  let envp = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { (argv + envp).forEach { free($0) } }
  var pid = Int32(0)
  let code = posix_spawn(&pid, arguments[0], &actions, &attributes, argv, envp)
  guard code == 0 else { throw Errno(rawValue: code) }
  return pid
}

struct CommandFailed: Error {
  let command: [String]
  let output: String
}

/// Runs a tool to its end and returns what it printed.
@discardableResult
func tool(_ arguments: String..., environment: [String: String] = [:]) throws -> String {
  let directory = try TestDirectory()
  let log = directory.file("output")
  let pid = try spawn(arguments, log: log, environment: environment)
  var status: Int32 = -1
  while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  let output = try directory.read("output")
  guard status == 0 else { throw CommandFailed(command: arguments, output: output) }
  return output
}

/// libssh2 calls block; they get a thread of their own, as in the coordinator.
func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

func soon(_ seconds: Double = 60) -> SSHDeadline { .after(seconds: seconds) }

/// Runs the body and returns the SSHError that it throws.
func sshError(_ body: () throws -> Void) throws -> SSHError {
  do {
    try body()
  } catch let error as SSHError {
    return error
  }
  Issue.record("no error was thrown")
  throw CommandFailed(command: [], output: "no error")
}

/// Bytes that no short period repeats, so that a lost or doubled piece shows.
func noise(_ count: Int) -> [UInt8] {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    withUnsafeBytes(of: state) { bytes.append(contentsOf: $0) }
  }
  bytes.removeLast(bytes.count - count)
  return bytes
}

/// Makes a key pair `NAME`, `NAME.pub` in the directory.
func makeKey(_ name: String, type: String = "ed25519", passphrase: String = "", in directory: TestDirectory)
  throws
{
  try tool(
    "/usr/bin/ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "key-\(name)", "-f", directory.file(name)
  )
}

/// The public half of a pair made by `makeKey`.
func publicKey(_ name: String, in directory: TestDirectory) throws -> HostKey {
  try #require(HostKey(base64: directory.read(name + ".pub").split(separator: " ")[1]))
}
