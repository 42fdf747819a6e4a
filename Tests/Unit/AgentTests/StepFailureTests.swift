import Archive
import Files
import SystemPackage
import Testing
import Wire

@testable import Agent

@Suite struct StepFailureTests {
  @Test func `what leaves the agent is at a step, also where the failure came before any`() {
    #expect(StepFailure.because(.space, "full").cause(at: .receive).step == .receive)
    #expect(
      StepFailure.shutdown.cause(at: .check)
        == Cause(
          code: .shutdown, step: .check, text: "the machine is shutting down"))
    let late = StepFailure.failed(Cause(code: .orderExpired, step: .ask, text: "too old"))
    #expect(late.cause(at: .check).step == .ask)
  }

  /// What failed is the disk, whoever was writing.
  @Test func `a full disk is told as that, and laid to no archive`() {
    let full = FileError(.write, "/opt/app/file", .noSpace)
    let errors: [any Error] = [full, ArchiveError.file(full), StepFailure.io(full)]
    for error in errors { #expect(StepFailure.from(error, .artifact).cause(at: .extract).code == .space) }
    let other = ArchiveError.damaged("/a", detail: "short")
    #expect(StepFailure.from(other, .artifact).cause(at: .extract).code == .artifact)
  }
}
