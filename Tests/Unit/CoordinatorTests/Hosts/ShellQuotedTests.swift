import TestSupport
import Testing

@testable import Coordinator

@Suite struct ShellQuotedTests {
  @Test(arguments: ["it's $HOME `id` \"x\" \\ \n*", "", "-n", "'''", "a\tb"])
  func `a shell takes a quoted word as it is`(word: String) throws {
    let child = try TalkingChild(["/bin/sh", "-c", "printf '%s.' \(shellQuoted(word))"])
    #expect(child.readAll() == word + ".")
  }
}
