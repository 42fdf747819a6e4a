import TestSupport
import Testing

@testable import Coordinator

@Suite struct ShellQuotedTests {
  @Test(arguments: ["it's $HOME `id` \"x\" \\ \n*", "", "-n", "'''", "a\tb"])
  func `a shell takes a quoted word as it is`(word: String) throws {
    let child = try TalkingChild(["/bin/sh", "-c", "printf '%s.' \(shellQuoted(word))"])
    #expect(child.readAll() == word + ".")
  }

  @Test(arguments: JoiningMarks.all)
  func `a quote is quoted whatever is joined to it`(mark: String) throws {
    for word in ["it'\(mark)s", "'\(mark); echo more; '\(mark)", "x'\(mark)", "\r\n'\(mark)'"] {
      let child = try TalkingChild(["/bin/sh", "-c", "printf '%s.' \(shellQuoted(word))"])
      #expect(Array(child.readAll().utf8) == Array((word + ".").utf8), "\(word.unicodeScalars.map(\.value))")
    }
  }
}
