import Testing

@testable import Release

@Suite struct ChangelogTests {
  private func text(_ tag: String, in changelog: String, maxBytes: Int = 8192) throws -> String? {
    Changelog(Array(changelog.utf8)).text(of: try #require(TagName(tag)), maxBytes: maxBytes)
  }

  private static let kept = """
    # Changelog

    All notable changes.

    ## [Unreleased]

    - not yet

    ## [1.2.3] - 2020-01-01

    ### Fixed

    - pumps

    ## [1.2.2] - 2019-12-01
    - valves

    [1.2.3]: https://example.org/compare
    """

  @Test func `a version has what stands below its heading, up to that of the next`() throws {
    #expect(try text("v1.2.3", in: Self.kept) == "### Fixed\n\n- pumps")
    #expect(try text("1.2.2", in: Self.kept)?.hasPrefix("- valves") == true)
    #expect(try text("1.2.1", in: Self.kept) == nil)
    #expect(Changelog(Array(Self.kept.utf8)).versions == [Version(1, 2, 3), Version(1, 2, 2)])
  }

  @Test(arguments: [
    "## 1.2.3", "## v1.2.3", "# V1.2.3", "## [v1.2.3](https://example.org/1.2.2...1.2.3) (2020-01-01)",
    "## **1.2.3**",
    "## 1.2.3 (2020.06.10)", "## 1.2.3: the great one", "## Version 1.2.3 ##",
    "## Growroom v1.2.3 / 2020-01-01",
    "### What is new in 1.2.3", "   ## 1.2.3", "1.2.3\n=====", "v1.2.3 (2020-01-01)\n---", "\u{FEFF}## 1.2.3",
    "## `1.2.3`", "## 1.2.3 – a dash", "## 2020-01-01, version 1.2.3", "##\t1.2.3",
  ])
  func `all that people write for a heading is one`(heading: String) throws {
    #expect(try text("v1.2.3", in: "\(heading)\nnew\n") == "new")
    #expect(try text("v1.2.3", in: "\(heading)\r\n\r\nnew\r\n\r\n## 1.2.2\r\nold") == "new")
  }

  @Test(arguments: [
    "", "\n\n", "1.2.3\nnew", "##1.2.3\nnew", "    ## 1.2.3\nnew", "####### 1.2.3\nnew", "## 1\nnew",
    "## 1.2.3\n",
    "```\n## 1.2.3\n```\nnew", "~~~ sh\n## 1.2.3\nnew", "- 1.2.3\n---\nnew", "1.2.3\n\n---\nnew",
    "1.2.3\n- - -\nnew",
    "## \(String(repeating: "x", count: 400)) 1.2.3\nnew", "## exp-v1.2.3\nnew",
  ])
  func `what is no heading of that version says nothing of it`(changelog: String) throws {
    #expect(try text("1.2.3", in: changelog) == nil)
  }

  @Test func `another version in a deeper heading, or in code, does not end what is said of one`() throws {
    let changelog = """
      ## 1.3.0
      ### Since 1.2.0
      - a
      ```
      ## 1.2.0
      ```
      ### 1.2.9
      patch
      ## 1.2.0
      old
      # Older
      lost
      """
    #expect(try text("1.3.0", in: changelog) == "### Since 1.2.0\n- a\n```\n## 1.2.0\n```")
    #expect(try text("1.2.9", in: changelog) == "patch")
    #expect(try text("1.2.0", in: changelog) == "old")
  }

  @Test func `a channel has its own versions, and of two headings the first counts`() throws {
    let changelog = "# exp-v4.9.0\ntry\n# 4.9.0\nreal\n# 4.9\nagain\n"
    #expect(try text("exp-v4.9.0", in: changelog) == "try")
    #expect(try text("v4.9.0", in: changelog) == "real")
  }

  @Test func `of a long text the beginning is kept, and no sign is cut in two`() throws {
    let changelog = "## 1.2.3\n" + String(repeating: "äb", count: 100)
    #expect(try text("1.2.3", in: changelog, maxBytes: 100) == String(repeating: "äb", count: 33))
    #expect(try text("1.2.3", in: changelog, maxBytes: 0) == nil)
    let broken = Changelog([0x23, 0x20, 0x31, 0x2E, 0x32, 0x0A, 0xFF, 0xC3])
    #expect(try broken.text(of: #require(TagName("1.2")), maxBytes: 9) == "\u{FFFD}\u{FFFD}")
  }

  @Test func `ten megabytes are read`() throws {
    let line = "- a line of what is new in it, as long as such lines are\n"
    let one = "## 1.2.%\n\n" + String(repeating: line, count: 170)
    let count = 10_000_000 / one.utf8.count
    var bytes: [UInt8] = []
    for number in 0..<count { bytes += Array(one.replacing("%", with: "\(count - number)").utf8) }
    let changelog = Changelog(bytes)
    #expect(changelog.versions.count == count)
    #expect(changelog.text(of: try #require(TagName("1.2.1")), maxBytes: 100)?.hasPrefix("- a line") == true)
    // One line that never ends.
    #expect(Changelog([UInt8](repeating: 0x23, count: 10_000_000)).versions.isEmpty)
  }
}
