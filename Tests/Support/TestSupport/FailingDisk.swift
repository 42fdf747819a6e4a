import Files
import Foundation
import Glibc
import Synchronization
package import SystemPackage

/// What stands between a program and its disk: counts the effects, and at a chosen one the disk fails, or the
/// program's process is over.
package final class FailingDisk: Sendable {
  package enum Trouble: Sendable, CustomStringConvertible {
    /// This effect is not made, and fails; those after it are made.
    case fails(at: Int, Errno)
    /// This effect and all after it fail.
    case failsFrom(Int, Errno)
    /// This effect is made only after a while.
    case delays(at: Int, milliseconds: Int)
    /// The process is gone before this effect: nothing that it would still do reaches anything.
    case ends(at: Int)

    package var endsProcess: Bool { if case .ends = self { true } else { false } }
    package var isFailure: Bool {
      switch self {
      case .fails, .failsFrom: true
      case .delays, .ends: false
      }
    }

    func delay(_ number: Int) -> Int {
      if case .delays(number, let milliseconds) = self { milliseconds } else { 0 }
    }

    func failure(_ number: Int) -> Errno? {
      switch self {
      case .fails(let at, let errno): number == at ? errno : nil
      case .failsFrom(let first, let errno): number >= first ? errno : nil
      case .ends(let at): number >= at ? .canceled : nil
      case .delays: nil
      }
    }

    package var description: String {
      switch self {
      case .fails(let number, let errno): "effect \(number): \(errno)"
      case .failsFrom(let number, let errno): "from effect \(number) on: \(errno)"
      case .delays(let number, let milliseconds): "effect \(number) takes \(milliseconds) ms"
      case .ends(let number): "the process ends before effect \(number)"
      }
    }
  }

  private struct State {
    var effects: [String] = []
    var struck: String?
    var isOver = false
  }
  private let state = Mutex(State())
  private let trouble: Trouble?
  private let folder: FilePath

  /// - Parameter folder: what lies elsewhere is on another disk.
  package init(_ trouble: Trouble? = nil, below folder: FilePath = "/") {
    self.trouble = trouble
    self.folder = folder
  }

  /// The effects that were asked for, as "rename /path".
  package var effects: [String] { state.withLock { $0.effects } }
  /// The first effect in trouble.
  package var struck: String { state.withLock { $0.struck ?? "not reached" } }
  /// The process has ended.
  package var isOver: Bool { state.withLock { $0.isOver } }

  package func during<Result>(_ body: () throws -> Result) rethrows -> Result {
    try FileEffects.$gate.withValue(.init { self.failure($0, $1) }, operation: body)
  }

  package func during<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    try await FileEffects.$gate.withValue(.init { self.failure($0, $1) }, operation: body)
  }

  private func failure(_ operation: FileOperation, _ path: FilePath) -> Errno? {
    guard path.starts(with: folder) else { return nil }
    return state.withLock { state in
      // What a dead process answers itself is told to nobody.
      if state.isOver { return .canceled }
      state.effects.append("\(operation.rawValue) \(path)")
      let number = state.effects.count
      if let delay = trouble?.delay(number), delay > 0 { usleep(UInt32(delay) * 1000) }
      guard let failure = trouble?.failure(number) else { return nil }
      state.struck = state.struck ?? "\(operation.rawValue) \(path)"
      state.isOver = trouble?.endsProcess == true
      return failure
    }
  }
}

extension FailingDisk {
  /// How each of so many effects fails for want of room, once and from there on: a sample, whose seed is printed,
  /// unless `FLEET_FAILURES=all` asks for all. `FLEET_FAILURES_SEED=N` repeats a sample.
  package static func fullDisks(effects: Int, _ name: String, sample: Int = 8) -> [Trouble] {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["FLEET_FAILURES_SEED"].flatMap { UInt64($0) } ?? .random(in: 0..<1_000_000)
    let all = (1...effects).flatMap { [Trouble.fails(at: $0, .noSpace), .failsFrom($0, .noSpace)] }
    var random = SeededRandom(seed: seed, name: name)
    let isWhole = environment["FLEET_FAILURES"] == "all"
    let chosen = isWhole ? all : Array(all.shuffled(using: &random).prefix(sample))
    print("\(name): \(chosen.count) of \(all.count), FLEET_FAILURES_SEED=\(seed)")
    return chosen
  }
}
