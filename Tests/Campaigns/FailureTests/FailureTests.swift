import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Agent

/// Every effect that a job has on the file system, one after the other: it takes long, it fails, the disk fails from
/// there on, the agent is killed there, the power is cut there. Afterwards the host runs one whole version with its
/// data.
///
/// All of it in this process, in seconds: `TortureTests` does it to the real agent, at system calls.
@Suite(.serialized) struct FailureTests {
  private typealias Trouble = FailingDisk.Trouble

  /// How many effects stage and cutover have when nothing is wrong.
  private static func count(_ release: SmallHost.Release) throws -> (stage: Int, cutover: Int) {
    let host = try SmallHost(release)
    let (stage, cutover) = (FailingDisk(), FailingDisk())
    host.stage(on: stage)
    try host.cutOver(on: cutover)
    return (stage.effects.count, cutover.effects.count)
  }

  @Test(arguments: SmallHost.Release.allCases)
  func `a job whose disk works ends as it should`(_ release: SmallHost.Release) throws {
    let host = try SmallHost(release)
    host.stage(on: FailingDisk())
    #expect(host.isStaged)
    #expect(host.problems() == [])
    let disk = FailingDisk()
    try host.cutOver(on: disk)
    #expect(host.outcome == release.outcome, "\(host.reason)")
    #expect(host.problems() == [])
    #expect(disk.effects.count > 50, "the effects do not pass by the gate")
  }

  @Test(arguments: SmallHost.Release.allCases)
  func `an effect that fails is refused, undone, or makes no difference`(_ release: SmallHost.Release) throws
  {
    try everywhere("failing effects", release) { number in
      [
        .fails(at: number, .noSpace), .fails(at: number, .ioError), .failsFrom(number, .noSpace),
        .failsFrom(number, .readOnlyFileSystem),
      ]
    } then: {
      // However a job ended, its parent recovers after it.
      $0.recover()
    }
  }

  @Test(arguments: SmallHost.Release.allCases)
  func `an effect that takes long makes no difference`(_ release: SmallHost.Release) throws {
    try everywhere("slow effects", release, troubles: { [.delays(at: $0, milliseconds: 300)] }) { host in
      #expect(host.isStaged || host.outcome == release.outcome, "\(host.reason)")
    }
  }

  @Test(arguments: SmallHost.Release.allCases)
  func `an agent that is killed anywhere is recovered`(_ release: SmallHost.Release) throws {
    try everywhere("kills", release, troubles: { [.ends(at: $0)] }, then: { $0.recover() })
  }

  @Test(arguments: SmallHost.Release.allCases)
  func `a power cut anywhere is recovered at boot`(_ release: SmallHost.Release) throws {
    try everywhere("power cuts", release, troubles: { [.ends(at: $0)] }, then: { $0.losePower() })
  }

  @Test(arguments: SmallHost.Release.allCases)
  func `a recovery that is killed anywhere is recovered`(_ release: SmallHost.Release) throws {
    var random = SeededRandom(seed: Self.seed, name: "places in recovery, \(release)")
    try everywhere("kills in recovery", release) {
      [.ends(at: $0)]
    } then: { host in
      // More than some recoveries have: those are not killed.
      host.recover(on: FailingDisk(.ends(at: Int.random(in: 1...60, using: &random))))
      host.recover()
    }
  }

  /// Each order to start or to stop, once or from there on until a person asks for recovery.
  @Test(arguments: [SmallHost.Release.good, .doesNotStart, .unconfirmed], [true, false])
  func `an app that does not obey is not left on another version's tree`(
    _ release: SmallHost.Release, once: Bool
  ) throws {
    for first in 1... {
      let host = try SmallHost(release)
      host.stage(on: FailingDisk())
      host.app.disobeyed = first...(once ? first : .max)
      try host.cutOver(on: FailingDisk())
      guard host.app.orders >= first else {
        #expect(first > 2, "what starts and stops the app does not pass by here")
        return
      }
      let words = "order \(first), \(host.outcome?.rawValue ?? "nothing") (\(host.reason))"
      #expect(host.app.running == nil || host.app.running == host.installed, "\(words)")
      host.app.disobeyed = nil
      host.recover()
      #expect(host.problems() == [], "\(words)")
    }
  }

  /// Runs a job for each effect of it, with each trouble there; of all these a sample, whose seed is printed, unless
  /// `FLEET_FAILURES=all` asks for all. `FLEET_FAILURES_SEED=N` repeats a sample.
  private func everywhere(
    _ name: String, _ release: SmallHost.Release, troubles: (Int) -> [Trouble], then: (SmallHost) -> Void
  ) throws {
    let count = try Self.count(release)
    // Until the cutover all releases are alike.
    let stage =
      release == .good ? (1...count.stage).flatMap(troubles).map { (isCutover: false, trouble: $0) } : []
    let all = stage + (1...count.cutover).flatMap(troubles).map { (isCutover: true, trouble: $0) }
    var random = SeededRandom(seed: Self.seed, name: "\(name), \(release)")
    let chosen = Self.isWhole ? all : Array(all.shuffled(using: &random).prefix(Self.sample))
    var outcomes: [String: Int] = [:]
    for (isCutover, trouble) in chosen {
      let host = try SmallHost(release)
      let disk = FailingDisk(trouble)
      host.stage(on: isCutover ? FailingDisk() : disk)
      if isCutover { try host.cutOver(on: disk) }
      then(host)
      outcomes[host.isStaged ? "staged" : host.outcome?.rawValue ?? "nothing", default: 0] += 1
      let problems = host.problems(afterFault: trouble.isFailure)
      if !problems.isEmpty {
        let place = "\(isCutover ? "cutover" : "stage") of the \(release) release, \(trouble)"
        Issue.record("\(place) (\(disk.struck)): \(problems.joined(separator: "; "))")
      }
    }
    let words = outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    print(
      "failures, \(name), \(release): \(chosen.count) of \(all.count) (\(count.stage) effects in stage, "
        + "\(count.cutover) in cutover), FLEET_FAILURES_SEED=\(Self.seed): \(words)")
  }

  private static let environment = ProcessInfo.processInfo.environment
  private static let isWhole = environment["FLEET_FAILURES"] == "all"
  private static let seed =
    environment["FLEET_FAILURES_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
  private static let sample = 4
}
