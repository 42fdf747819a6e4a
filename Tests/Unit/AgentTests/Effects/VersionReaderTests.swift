import TestSupport
import Files
import Glibc
import SystemPackage
import Testing
import Wire

@testable import Effects
@testable import Agent

@Suite struct VersionReaderTests {
  let tree: TemporaryDirectory

  init() throws {
    tree = try TemporaryDirectory()
    try tree.write(
      "# MYCODO_VERSION = '0'\nMYCODO_VERSION = '8.16.2'\nALEMBIC_VERSION = 'abc'\n", to: "mycodo/config.py")
  }

  private func read(_ match: String, from file: String = "mycodo/config.py") throws -> String {
    try VersionReader.read(Reading(file: file, match: match), in: tree.path)
  }

  @Test func `anchors match at lines`() throws {
    #expect(try read("^MYCODO_VERSION = '([^']+)'$") == "8.16.2")
  }

  @Test func `a pattern that does not match is named`() {
    #expect(throws: ReadingError.noMatch(file: "mycodo/config.py", pattern: "^VERSION=(.*)$")) {
      try read("^VERSION=(.*)$")
    }
  }

  @Test func `there must be one group`() {
    #expect(throws: ReadingError.notOneGroup(pattern: "^MYCODO", count: 0)) { try read("^MYCODO") }
    #expect(throws: ReadingError.notOneGroup(pattern: "^(MY)(CODO)", count: 2)) { try read("^(MY)(CODO)") }
  }

  @Test func `a pattern that is none is an error`() {
    #expect {
      try read("(unclosed")
    } throws: { error in
      if case ReadingError.badPattern("(unclosed", _) = error { true } else { false }
    }
  }

  @Test func `no link leads out of the tree`() throws {
    symlink("/etc/passwd", tree.path.appending("out").string)
    symlink("mycodo/config.py", tree.path.appending("in").string)
    #expect(try read("^ALEMBIC_VERSION = '(.*)'$", from: "in") == "abc")
    for name in ["out", "../../etc/passwd", "/etc/passwd"] {
      #expect {
        try read("(root)", from: name)
      } throws: { error in
        if case ReadingError.file(let cause) = error { cause.errno == .improperLink } else { false }
      }
    }
  }

  @Test func `a file that is too large is not read`() throws {
    try tree.write(String(repeating: "x", count: EffectLimits.readingBytes + 1), to: "large")
    #expect {
      try read("(x)", from: "large")
    } throws: { error in
      if case ReadingError.file(let cause) = error { cause.errno == .fileTooLarge } else { false }
    }
  }

  @Test func `what is no file is not read`() throws {
    mkfifo(tree.path.appending("fifo").string, 0o600)
    for name in ["fifo", "mycodo", "gone"] {
      #expect(throws: ReadingError.self) { try read("(x)", from: name) }
    }
  }
}
