import TestSupport
import Testing

@testable import Effects
@testable import Agent

@Suite struct LiveSocketsParseTests {
  private static let header = "Num       RefCount Protocol Flags    Type St Inode Path\n"

  private func paths(_ path: String) -> [[UInt8]] {
    let line = "0000000000000000: 00000002 00000000 00010000 0001 01 12345 \(path)\n"
    return LiveSockets.parse(Self.header + line).map { Array($0.utf8) }
  }

  @Test func `absolute paths are found, blanks and all`() {
    #expect(paths("/run/a b") == [Array("/run/a b".utf8)])
    #expect(paths("@abstract").isEmpty)
  }

  // Whoever binds a socket names it, and one that is not found is not covered.
  @Test(arguments: JoiningMarks.all)
  func `a path is found whatever is joined to a slash, a blank or the line's end`(mark: String) {
    for path in ["/\(mark)x", "/run/\(mark)", "/run/ \(mark)x", "/run/x\u{2028}y", "/run/x\r"] {
      #expect(paths(path) == [Array(path.utf8)])
    }
    let lines = LiveSockets.parse(Self.header + "0: 2 0 1 1 1 5 \(mark)x\n\(mark): 2 0 1 1 1 5 /run/y\n")
    #expect(lines == ["/run/y"])
  }

  @Test func `two paths that look the same are two`() {
    let row = "0: 2 0 1 1 1 5 /run/"
    #expect(LiveSockets.parse(Self.header + row + "\u{E9}\n" + row + "e\u{301}\n").count == 2)
  }
}
