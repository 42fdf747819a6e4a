import Download
import Foundation
import SystemPackage
import Testing

/// A directory of its own for one test, removed with its owner.
final class TestDirectory: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "fleet-web-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    LeftBehind.note(directory: path)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    LeftBehind.forget(directory: path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
  }

  func read(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

  func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }
}

/// A program started by a test, killed by its pid when its owner goes. Not Foundation's Process: on Linux its
/// children inherit the pipes of others that start at the same time, and tests run in parallel.
final class Child: @unchecked Sendable {
  // Written by `finish` alone, which is called by the thread that made it.
  private var pid: Int32

  init(_ arguments: [String], log: String = "/dev/null") throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let argv = arguments.map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    pid = 0
    let code = posix_spawn(&pid, arguments[0], &actions, nil, argv, environ)
    guard code == 0 else { throw Errno(rawValue: code) }
    LeftBehind.note(pid: pid)
  }

  deinit {
    guard pid > 0 else { return }
    kill(pid, SIGKILL)
    LeftBehind.forget(pid: pid)
    waitpid(pid, nil, 0)
  }

  /// Waits for its end, which must be a success.
  func finish() throws {
    var status: Int32 = -1
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    LeftBehind.forget(pid: pid)
    pid = 0
    try #require(status == 0)
  }
}

/// libcurl blocks; it gets a thread of its own.
func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

/// Runs the body and returns the DownloadError that it throws.
func downloadError(_ body: () throws -> Void) throws -> DownloadError {
  do {
    try body()
  } catch let error as DownloadError {
    return error
  }
  Issue.record("no error was thrown")
  throw DoubleFailed(log: "no error")
}

/// Limits with room for a test, and without pauses.
func limits(_ maxBytes: Int64 = 50_000_000, _ change: (inout DownloadLimits) -> Void = { _ in })
  -> DownloadLimits
{
  var limits = DownloadLimits(maxBytes: maxBytes, totalTimeoutSeconds: 120)
  limits.firstPauseSeconds = 0
  change(&limits)
  return limits
}
