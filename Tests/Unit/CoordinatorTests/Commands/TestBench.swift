import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Rollout
@testable import Report
@testable import Catalogue
@testable import Hosts
@testable import Inventory
@testable import Driver
@testable import Coordinator

/// A workbench of a test: effects that are not set fail it, and all that is said is kept.
final class TestBench: Sendable {
  struct Unset: Error {}

  /// As an answer: Ctrl-C where somebody listens for it.
  static let ctrlC = "\u{3}"

  private struct Said {
    var output = ""
    var errors = ""
    /// All output, whatever was forgotten.
    var all = ""
    var answers: [String] = []
    var questions: [String] = []
    var waits: [String?] = []
  }

  let folder: FilePath
  private let said = Mutex(Said())
  private let interruptions = Mutex((run: AsyncStream<Void>.Continuation?.none, early: 0))

  /// What it said that it waits for, nil where nothing any more.
  var waits: [String?] { said.withLock { $0.waits } }

  init() throws {
    folder = FilePath("/tmp/fleet-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
  }

  /// Whatever a test made fleet print or a rollout write is held against the published schemas.
  deinit {
    let printed = said.withLock { $0.all }
    let faults = (try? SchemaCheck.faults(inOutput: printed)) ?? ["no JSON: \(printed)"]
    for fault in faults + SchemaCheck.faults(in: store) { Issue.record("\(fault)") }
    try? FileManager.default.removeItem(atPath: folder.string)
  }

  var output: String { said.withLock { $0.output } }
  var errors: String { said.withLock { $0.errors } }
  var questions: [String] { said.withLock { $0.questions } }
  var store: RolloutStore { RolloutStore(folder: folder.appending("fleet").appending("rollouts")) }

  func forget() {
    said.withLock {
      let all = $0.all
      $0 = Said(all: all)
    }
  }

  /// Heard by the run that listens, else by the next one.
  func interrupt() {
    interruptions.withLock {
      if case .enqueued? = $0.run?.yield() { return }
      $0.early += 1
    }
  }

  private func listen() -> AsyncStream<Void> {
    let (stream, run) = AsyncStream.makeStream(of: Void.self)
    interruptions.withLock {
      for _ in 0..<$0.early { run.yield() }
      $0 = (run, 0)
    }
    return stream
  }

  /// A clock that only waiting moves on, so that a slow machine makes nobody run out of time. Waits are
  /// 500 times as short as they say.
  private var time: TimeSource {
    TimeSource(
      nowMilliseconds: { [self] in 1_795_342_500_000 + waited.withLock { $0 } },
      monotonicMilliseconds: { [self] in waited.withLock { $0 } },
      sleep: { [self] milliseconds in
        try await Task.sleep(for: .microseconds(max(200, milliseconds * 2)))
        waited.withLock { $0 += min(milliseconds, RolloutLimits.lastRetryMilliseconds) }
      })
  }

  private let waited = Mutex<Int64>(0)

  private var here: InventoryLocation.Surroundings {
    InventoryLocation.Surroundings(currentFolder: folder, home: folder, share: folder.appending("share"))
  }

  /// The real reader, with what came with fleet in `share`.
  var readsInventories: @Sendable (InventoryChoice) throws -> LoadedFleet {
    let here = here
    return { choice in
      let location = try InventoryLocation.find(option: choice.inventory, in: here)
      return LoadedFleet(
        fleet: try Fleet.load(from: location, app: choice.app), origin: location.description,
        location: location)
    }
  }

  func bench(
    fleet: Fleet? = nil, connector: (any HostConnector)? = nil, catalogue: (any ReleaseCatalogue)? = nil,
    setup: (any HostSetup)? = nil, notifier: (any Notifier)? = nil,
    agents: AgentBinaries = AgentBinaries(folders: []),
    answers: [String]? = nil, canDraw: Bool = false
  ) -> CommandContext {
    said.withLock { $0.answers = answers ?? [] }
    @Sendable func given<T: Sendable>(_ value: T?, _ what: String) throws -> T {
      if let value { return value }
      Issue.record("\(what) is used, and was not set")
      throw Unset()
    }
    return CommandContext(
      environment: ["HOME": folder.string, "XDG_STATE_HOME": folder.string, "NO_COLOR": "1"],
      who: "me@laptop", version: "0.1.0", time: time,
      terminal: terminal(canAsk: answers != nil, canDraw: canDraw),
      interrupts: { [self] in listen() },
      loadFleet: { _ in
        LoadedFleet(fleet: try given(fleet, "the inventory"), origin: "inventory: test")
      },
      findInventory: { [here] in try InventoryLocation.find(option: $0, in: here) },
      futureInventory: { [here] in .future(in: here) },
      connector: { _ in try given(connector, "the network") },
      catalogue: { _ in try given(catalogue, "the release source") },
      setup: { _ in try given(setup, "the set-up") }, notifier: notifier ?? UnsetNotifier(), agents: agents)
  }

  private func terminal(canAsk: Bool, canDraw: Bool) -> Terminal {
    @Sendable func ask(_ question: String) -> String? {
      let answer = said.withLock {
        $0.questions.append(question)
        return $0.answers.isEmpty ? nil : $0.answers.removeFirst()
      }
      guard answer == Self.ctrlC else { return answer }
      // Nobody answers any more, and who reads from the terminal is not woken.
      interrupt()
      Thread.sleep(forTimeInterval: 5)
      return nil
    }
    return Terminal(
      canAsk: canAsk, canDraw: canDraw, size: { (100, 30) },
      write: { text in
        self.said.withLock {
          $0.output += text
          $0.all += text
        }
      },
      writeError: { text in self.said.withLock { $0.errors += text } },
      ask: { ask($0) }, askSecret: { ask($0) },
      waits: { text in self.said.withLock { $0.waits.append(text) } })
  }
}

private struct UnsetNotifier: Notifier {
  func tell(_ notice: Notice, to target: Inventory.Notification) async -> String? {
    Issue.record("somebody is notified, and that was not set")
    return "not set"
  }
}

/// Keeps what it should have told.
final class KeepingNotifier: Notifier {
  private let kept = Mutex<[Notice]>([])
  let problem: String?

  init(problem: String? = nil) { self.problem = problem }

  var notices: [Notice] { kept.withLock { $0 } }

  func tell(_ notice: Notice, to target: Inventory.Notification) async -> String? {
    kept.withLock { $0.append(notice) }
    return problem
  }
}
