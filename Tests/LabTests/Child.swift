import Foundation
import Glibc
import Synchronization

/// A program that a test started. What it prints goes to files, so that it never waits for a reader.
///
/// Not Foundation's `Process`: that takes a program for running until everything it left in the background
/// has ended too, and lab hosts are such.
final class Child: Sendable {
  let words: [String]
  let outputFile: String
  let errorFile: String
  private let pid: pid_t
  private let ending: Task<Int32, Never>
  private let hasEnded = Atomic<Bool>(false)

  struct Ended: Sendable, CustomStringConvertible {
    let words: [String]
    /// 128 + N when signal N ended it, as a shell counts.
    let code: Int32
    let output: String
    let error: String

    var description: String {
      "\(words.joined(separator: " ")) ended with \(code)\n\(output)\(error)"
    }
  }

  private static let counter = Atomic<Int>(0)

  /// - Parameters:
  ///   - folder: where its output goes, and where it starts.
  ///   - environment: over the test's own; nil takes a name away.
  init(_ words: [String], in folder: String, environment: [String: String?] = [:]) throws {
    let number = Self.counter.add(1, ordering: .relaxed).newValue
    self.words = words
    outputFile = "\(folder)/output.\(number)"
    errorFile = "\(folder)/error.\(number)"
    let taken = environment.filter { $0.value == nil }.keys
    let whole = Machine.environment.merging(environment.compactMapValues { $0 }) { $1 }
      .filter { !taken.contains($0.key) }.map { "\($0.key)=\($0.value)" }
    let pid = try Self.spawn(words, whole, in: folder, output: outputFile, error: errorFile)
    self.pid = pid
    let (stream, ended) = AsyncStream.makeStream(of: Int32.self)
    // A thread that only waits: the pool of tasks has no more threads than the machine has cores.
    Thread.detachNewThread {
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7f
      ended.yield(signal == 0 ? (status >> 8) & 0xff : 128 + signal)
      ended.finish()
    }
    ending = Task {
      for await code in stream { return code }
      return -1
    }
  }

  private static func spawn(
    _ words: [String], _ environment: [String], in folder: String, output: String, error: String
  ) throws -> pid_t {
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_addopen(&files, 2, error, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))
    // env(1) changes the folder, and becomes the program.
    let arguments = (["/usr/bin/env", "-C", folder] + words).map { strdup($0) } + [nil]
    let variables = environment.map { strdup($0) } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, "/usr/bin/env", &files, &attributes, arguments, variables)
    guard result == 0 else {
      throw LabTrouble("cannot start \(words[0]): \(String(cString: strerror(result)))")
    }
    return pid
  }

  var isRunning: Bool { !hasEnded.load(ordering: .acquiring) && kill(pid, 0) == 0 }
  var output: String { Self.read(outputFile) }
  var error: String { Self.read(errorFile) }

  private static func read(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  func signal(_ number: Int32) {
    guard isRunning else { return }
    kill(pid, number)
  }

  func ended() async -> Ended {
    let code = await ending.value
    hasEnded.store(true, ordering: .releasing)
    return Ended(words: words, code: code, output: output, error: error)
  }
}

/// Waits for something that another program does, a limited time.
func eventually<Value>(
  _ what: String, withinSeconds: Int = 120, _ found: () async throws -> Value?
) async throws -> Value {
  let clock = ContinuousClock()
  let deadline = clock.now.advanced(by: .seconds(withinSeconds))
  while clock.now < deadline {
    if let value = try await found() { return value }
    try await Task.sleep(for: .milliseconds(50))
  }
  throw LabTrouble("it did not happen within \(withinSeconds) s: \(what)")
}
