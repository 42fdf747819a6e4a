import Testing
import Wire

@testable import Upgrade
@testable import Agent

/// What a job's story is given as its last word when a crash came before it.
@Suite struct EventLogRepairTests {
  private func started(_ step: Step) -> JobEvent { JobEvent(event: .stepStarted, step: step) }
  private let ordered = JobEvent(event: .note, text: "was ordered")
  private let putOff = JobEvent(event: .rested, result: JobResult(job: "j", outcome: .deferred, target: "2"))
  private let rested = JobEvent(event: .rested, result: JobResult(job: "j", target: "2"))

  private func end(
    _ state: Upgrade.State, _ story: [JobEvent], ended: JobEnd? = nil, wasCut: Bool = false
  ) -> String {
    let record = JournalRecord(state: state, job: state == .idle ? nil : "j", ended: ended)
    let end = EventLogRepair.end(of: "j", record, story, wasCut: wasCut)
    return "\(end.outcome?.rawValue ?? "staged")\(end.cause.map { " \($0.code.rawValue)" } ?? "")"
  }

  @Test func `a job that ended rests as the journal says`() {
    let story = [ordered, started(.stop), started(.settle)]
    #expect(end(.idle, story, ended: JobEnd(job: "j", outcome: .upgraded)) == "upgraded")
    #expect(end(.idle, story, ended: JobEnd(job: "j", outcome: .rolledBack), wasCut: true) == "rolled_back")
  }

  @Test func `a stage that is complete rests staged`() {
    #expect(end(.staged, [ordered, started(.check), started(.carryEarly)]) == "staged")
    #expect(end(.staged, [ordered, started(.check), started(.carryEarly)], wasCut: true) == "staged")
  }

  @Test func `a cutover that did not come to the stop is put off`() {
    #expect(end(.staged, [started(.check), rested, ordered, started(.ask)]) == "deferred crashed")
    #expect(end(.staged, [started(.check), rested, ordered]) == "deferred crashed")
    #expect(end(.staged, [started(.check), rested, ordered, started(.ask)], wasCut: true) == "interrupted")
  }

  @Test func `a job that was ordered and never began touched nothing`() {
    #expect(end(.idle, [ordered]) == "refused crashed")
    #expect(end(.idle, [], wasCut: true) == "interrupted")
    // The same job was ordered again after it had ended.
    #expect(
      end(.idle, [started(.stop), rested, ordered], ended: JobEnd(job: "j", outcome: .rolledBack))
        == "refused crashed")
  }

  @Test func `a process that ended does not end the order that came behind its last word`() {
    let staged = [ordered, started(.check), started(.carryEarly), rested]
    let stage = EndedProcess(job: "j", phase: .stage)
    let cutover = EndedProcess(job: "j", phase: .cutover)
    #expect(!EventLogRepair.concerns(stage, "j", staged + [ordered]))
    #expect(EventLogRepair.concerns(cutover, "j", staged + [ordered]))
    // The cutover's own last word is there, and it was ordered again.
    let deferred = staged + [ordered, putOff]
    #expect(!EventLogRepair.concerns(cutover, "j", deferred + [ordered]))
    #expect(EventLogRepair.concerns(cutover, "j", deferred + [ordered, started(.ask)]))
    #expect(EventLogRepair.concerns(stage, "j", [ordered, started(.check)]))
    // Staged a second time, and begun.
    #expect(EventLogRepair.concerns(stage, "j", staged + [ordered, started(.check)]))
    // Another job was ordered meanwhile.
    #expect(!EventLogRepair.concerns(stage, "k", [ordered]))
  }

  @Test func `an order that nobody has begun is awaited`() {
    #expect(EventLogRepair.isAwaited([ordered]))
    #expect(EventLogRepair.isAwaited([ordered, started(.check), rested, ordered]))
    #expect(!EventLogRepair.isAwaited([ordered, started(.check)]))
    #expect(!EventLogRepair.isAwaited([ordered, started(.check), rested]))
    #expect(!EventLogRepair.isAwaited([]))
  }
}
