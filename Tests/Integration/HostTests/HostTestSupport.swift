import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// A directory of its own for one test, removed with its owner.
final class HostFolder: Sendable {
  let path: String

  init() throws {
    // Short: sockets lie in it, and their paths have 107 bytes at most (unix(7)).
    path = NSTemporaryDirectory() + "fleet-h-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    let folder = (file(name) as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard mode & 0o111 == 0 else { return try writeProgram(text, to: file(name), mode: mode) }
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
  }

  func read(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }
}

/// A program started by a test, killed by its pid when its owner goes. Not Foundation's Process: on Linux its
/// children inherit the pipes of others that start at the same time, and tests run in parallel.
final class HostTestChild: Sendable {
  let pid: Int32

  init(_ arguments: [String], log: String = "/dev/null") throws {
    pid = try spawnForTest(arguments, log: log)
  }

  private let hasEnded = Mutex(false)

  deinit { end() }

  /// It is gone when this returns.
  func end() {
    hasEnded.withLock { ended in
      guard !ended else { return }
      kill(pid, SIGKILL)
      while waitpid(pid, nil, 0) < 0, errno == EINTR {}
      ended = true
    }
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

struct HostToolFailed: Error {
  let command: [String]
  let output: String
}

private func spawnForTest(_ arguments: [String], log: String) throws -> Int32 {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
  posix_spawn_file_actions_adddup2(&actions, 1, 2)
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var none = sigset_t()
  sigemptyset(&none)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
  let argv = arguments.map { strdup($0) } + [nil]
  defer { argv.forEach { free($0) } }
  var pid = Int32(0)
  let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, argv, environ)
  guard code == 0 else { throw Errno(rawValue: code) }
  return pid
}

/// Runs a tool to its end and returns what it printed.
@discardableResult
func hostTool(_ arguments: String...) throws -> String { try hostTool(arguments) }

@discardableResult
func hostTool(_ arguments: [String]) throws -> String {
  let folder = try HostFolder()
  let pid = try spawnForTest(arguments, log: folder.file("output"))
  var status: Int32 = -1
  while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  let output = try folder.read("output")
  guard status == 0 else { throw HostToolFailed(command: arguments, output: output) }
  return output
}

/// Waits until something is so; a test that waits for ever fails by this.
func eventually(_ what: String, seconds: Int = 60, _ isSo: () throws -> Bool) async throws {
  for _ in 0..<(seconds * 20) {
    if try isSo() { return }
    try await Task.sleep(for: .milliseconds(50))
  }
  Issue.record("never happened: \(what)")
  throw HostToolFailed(command: [], output: what)
}

/// Runs the body and returns the error that it throws.
func hostError(_ body: () async throws -> Void) async throws -> HostError {
  do {
    try await body()
  } catch let error as HostError {
    return error
  }
  Issue.record("no error was thrown")
  throw HostToolFailed(command: [], output: "no error")
}

func setupError(_ body: () async throws -> Void) async throws -> SetupError {
  do {
    try await body()
  } catch let error as SetupError {
    return error
  }
  Issue.record("no error was thrown")
  throw HostToolFailed(command: [], output: "no error")
}

/// A person whose answers are laid out beforehand; a question that was not foreseen fails the test.
final class ScriptedPerson: Prompter {
  private let state: Mutex<(answers: [(part: String, answer: String)], heard: [String])>

  /// - Parameter answers: in order, what a question must contain and what is said to it; "yes" confirms.
  convenience init(_ answers: (String, String)...) { self.init(answers) }

  init(_ answers: [(String, String)]) {
    state = Mutex((answers.map { (part: $0.0, answer: $0.1) }, []))
  }

  var heard: [String] { state.withLock { $0.heard } }
  var unasked: Int { state.withLock { $0.answers.count } }

  func say(_ line: String) { state.withLock { $0.heard.append(line) } }

  func confirm(_ question: String) async throws(PromptError) -> Bool { try answer(question) == "yes" }

  func secret(_ question: String) async throws(PromptError) -> String { try answer(question) }

  private func answer(_ question: String) throws(PromptError) -> String {
    let answer = state.withLock { state -> String? in
      state.heard.append(question)
      guard let next = state.answers.first, question.contains(next.part) else { return nil }
      state.answers.removeFirst()
      return next.answer
    }
    guard let answer else {
      Issue.record("an unforeseen question: \(question)")
      throw .nobody(question: question)
    }
    return answer
  }
}

/// Collects from closures that run on other threads.
final class Collected<T: Sendable>: Sendable {
  private let items = Mutex<[T]>([])
  var all: [T] { items.withLock { $0 } }
  func add(_ item: T) { items.withLock { $0.append(item) } }
}

func testHost(
  _ name: String, become: Inventory.Host.Become = .none,
  connection: Inventory.Host.Connection = .ssh
) -> Inventory.Host {
  Inventory.Host(
    name: name, address: nil, user: nil, port: nil, sshKey: nil, connection: connection, become: become,
    track: nil, groups: [], hold: false, windows: [], vars: [:], profiles: [])
}

func testFleet(_ host: Inventory.Host, in folder: HostFolder) -> Fleet {
  Fleet(
    folder: FilePath(folder.path), app: "growroom", hosts: [host], policy: RolloutPolicy(), notify: [],
    skip: [], timezone: nil, profiles: [])
}
