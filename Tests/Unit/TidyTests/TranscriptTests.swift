import Foundation
import TestSupport
import Testing

/// What the README shows is what fleet said: its transcripts stand in docs/sessions. What stands there at a command's
/// end the demonstration in `make test` holds against fleet (`demo/same-story`).
@Suite struct TranscriptTests {
  /// The lines of each block that begins with `$ fleet`, without the command, or with what fleet says first.
  private static func transcripts(in page: String) -> [[String]] {
    var found: [[String]] = []
    var isInside = false
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if !isInside, line.hasPrefix("    $ fleet ") || line.hasPrefix("    inventory: ") {
        found.append(line.hasPrefix("    $") ? [] : [String(line.dropFirst(4))])
        isInside = true
      } else if isInside, line.hasPrefix("    ") {
        found[found.count - 1].append(String(line.dropFirst(4)))
      } else {
        isInside = false
      }
    }
    return found
  }

  @Test func `each transcript of the README stands in a recorded session`() throws {
    let readme = try String(contentsOf: Repository.file("README.md"), encoding: .utf8)
    let sessions = SourceFile.all(in: "docs/sessions", ending: [".txt"]).map(\.text)
    let transcripts = Self.transcripts(in: readme)
    #expect(transcripts.count >= 3 && !sessions.isEmpty)
    for transcript in transcripts {
      let text = transcript.joined(separator: "\n")
      #expect(transcript.count > 3 && sessions.contains { $0.contains("\n\(text)\n") }, "\(text)")
    }
    // The success comes first, before anything is to be scrolled.
    let lines = readme.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.prefix(30).contains { $0.contains("All good: ") })
  }

  @Test func `a transcript is told from other commands`() {
    let page =
      "    fleet plan\n\n    $ fleet upgrade\n    one\n      two\n\nmore\n    three\n\n    inventory: x\n    four\n"
    #expect(Self.transcripts(in: page) == [["one", "  two"], ["inventory: x", "four"]])
  }
}
