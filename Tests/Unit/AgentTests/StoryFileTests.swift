import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Agent

@Suite struct StoryFileTests {
  @Test(arguments: [
    #"{"event":"note","seq":9223372036854775807,"timeMilliseconds":1}"#,
    #"{"event":"note","seq":-1,"timeMilliseconds":1}"#,
    #"{"event":"note","seq":2,"timeMilliseconds":-9223372036854775808}"#,
  ])
  func `a line with a number that no event has is none, and the story goes on`(line: String) throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(
      #"{"event":"note","seq":1,"timeMilliseconds":1}"# + "\n" + line + "\n", to: "events")
    #expect(JobEventLog.readAll(path).0.map(\.seq) == [1])
    let log = try JobEventLog(path)
    #expect(log.append(JobEvent(event: .rested)))
    #expect(JobEventLog.readAll(path).0.map(\.seq) == [1, 2])
  }
}
