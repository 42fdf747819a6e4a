import Testing
import Wire

@testable import Agent

/// Whether a job's story tells its end: what is left of it after a power cut may be older than the journal.
@Suite struct EventLogTests {
  private let note = JobEvent(event: .note, text: "the cutover was ordered")
  private let begun = JobEvent(event: .stepStarted, step: .check)
  private let rested = JobEvent(event: .rested, result: JobResult(job: "j", target: "1"))

  @Test func aStoryWithoutItsLastWordIsSeen() {
    #expect(EventLog.lacksEnd([]))
    #expect(EventLog.lacksEnd([note, begun]))
    #expect(EventLog.lacksEnd([note, begun, rested, note, begun]))
    #expect(!EventLog.lacksEnd([note, begun, rested]))
  }

  @Test func anOrderThatWasOnlyAnnouncedIsNoMissingEnd() {
    // The job may begin at any moment: the recovery of the half before it must not speak for it.
    #expect(!EventLog.lacksEnd([note, begun, rested, note]))
  }

  @Test func aJobThatNobodyBeganIsSeen() {
    let idle = JournalRecord(state: .idle, ended: JournalRecord.Ended(job: "another", outcome: .upgraded))
    #expect(EventLog.neverBegan([note], "j", idle))
    #expect(EventLog.neverBegan([], "j", idle))
    #expect(!EventLog.neverBegan([note, begun], "j", idle))
    let staged = JournalRecord(state: .staged, job: "j")
    #expect(EventLog.neverBegan([note, begun, rested, note], "j", staged))
    #expect(!EventLog.neverBegan([note, begun, rested], "j", staged))
    #expect(!EventLog.neverBegan([note], "j", staged), "its stage is over, and what is missing is that end")
    #expect(
      !EventLog.neverBegan([note, begun, rested, note], "j", JournalRecord(state: .stopping, job: "j")))
  }

  @Test func theJournalTellsHowAJobEndedOnceItIsIdle() throws {
    let ended = JournalRecord.Ended(job: "j", outcome: .rolledBack)
    let record = JournalRecord(seq: 7, state: .idle, ended: ended)
    #expect(Journal.decode(try Journal.encode(record))?.ended == ended)
  }
}
