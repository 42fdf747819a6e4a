import TestSupport
import Testing

@testable import Text
@testable import Coordinator

@Suite struct ShellQuotedTests {
  // The last ones have marks behind the quote that make one `Character` of both.
  @Test(arguments: [
    "it's $HOME `id` \"x\" \\ \n*", "", "-n", "'''", "a\tb", "'\u{301}; echo pwned; '\u{301}",
    "'\u{200D}$(echo pwned)'\u{FE0F}", "'\u{20DD}",
  ])
  func `a shell takes a quoted word as it is`(word: String) throws {
    let child = try TalkingChild(["/bin/sh", "-c", "printf '%s.' \(shellQuoted(word))"])
    #expect(Array(child.readAll().utf8) == Array((word + ".").utf8))
  }

  @Test(arguments: JoiningMarks.all)
  func `a quote is quoted whatever is joined to it`(mark: String) throws {
    for word in ["it'\(mark)s", "'\(mark); echo more; '\(mark)", "x'\(mark)", "\r\n'\(mark)'"] {
      let child = try TalkingChild(["/bin/sh", "-c", "printf '%s.' \(shellQuoted(word))"])
      #expect(Array(child.readAll().utf8) == Array((word + ".").utf8), "\(word.unicodeScalars.map(\.value))")
    }
  }
}
