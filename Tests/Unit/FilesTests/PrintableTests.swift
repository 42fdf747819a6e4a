import SystemPackage
import Testing

import Files

@Suite struct PrintableTests {
  @Test(arguments: [
    ("/run/\u{1B}[2J", "/run/\\x1b[2J"), ("/run/a\u{2028}b", "/run/a\\x2028b"),
    ("/run/a\u{200B}b", "/run/a\\x200bb"), ("/run/gpj.\u{202E}exe", "/run/gpj.\\x202eexe"),
    ("/run/\u{FEFF}\u{E0041}", "/run/\\xfeff\\xe0041"), ("/run/äöü 🌱", "/run/äöü 🌱"),
  ])
  func `what nobody would see in a name is shown`(path: String, shown: String) {
    #expect(FilePath(path).printable == shown)
  }

  @Test func `bytes that are no text are shown too`() {
    #expect(FilePath(bytes: [0x2F, 0xFF, 0x61, 0xC3]).printable == "/\\xffa\\xc3")
  }
}
