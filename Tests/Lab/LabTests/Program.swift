import Foundation
import Glibc
import Synchronization
import TestSupport

/// A program that a test started, and that it may wait for. What it prints goes to files, so that it never
/// waits for a reader.
final class Program: Sendable {
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
    let whole = LabMachine.environment.merging(environment.compactMapValues { $0 }) { $1 }
      .filter { !taken.contains($0.key) }.map { "\($0.key)=\($0.value)" }
    let pid = try Spawn.start(
      words, environment: whole, in: folder, output: .file(outputFile), error: .file(errorFile),
      ownGroup: true)
    self.pid = pid
    let (stream, ended) = AsyncStream.makeStream(of: Int32.self)
    // A thread that only waits: the pool of tasks has no more threads than the machine has cores.
    Thread.detachNewThread {
      let code = Spawn.wait(for: pid)
      ended.yield(code < 0 ? 128 - code : code)
      ended.finish()
    }
    ending = Task {
      for await code in stream { return code }
      return -1
    }
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
