import Testing
import Wire

@testable import Hosts
@testable import Report
@testable import Text
@testable import Coordinator

@Suite struct ColumnsTests {
  @Test(arguments: [
    ("abc", 3), ("", 0), ("äöü", 3), ("日本", 4), ("🌱", 2), ("e\u{301}", 1), ("한", 2), ("ｆ", 2),
  ])
  func `text is as wide as a terminal draws it`(text: String, columns: Int) {
    #expect(Columns.count(text) == columns)
  }

  @Test func `what is cut is no wider than asked, and says so`() {
    #expect(Columns.cut("abcdef", to: 4) == "abc…")
    #expect(Columns.cut("abcd", to: 4) == "abcd")
    #expect(Columns.cut("日本語", to: 4, ellipsis: "~") == "日~")
  }

  @Test func `text is broken at spaces, and a long word where it must be`() {
    #expect(Columns.wrapped("one two three", to: 7) == ["one two", "three"])
    #expect(Columns.wrapped("abcdefgh i", to: 3) == ["abc", "def", "gh", "i"])
    #expect(Columns.wrapped("", to: 3) == [])
  }

  @Test func `lines for people are broken between words, and go on where they were indented`() {
    func lines(_ text: String, _ width: Int) -> [String] {
      Columns.folded(text, to: width).split(separator: "\n", omittingEmptySubsequences: false).map(
        String.init)
    }
    #expect(lines("one two three\n\nfour", 8) == ["one two", "three", "", "four"])
    #expect(lines("  * one two three", 11) == ["  * one two", "    three"])
    #expect(lines("SHA256:abcdefgh is new", 8) == ["SHA256:abcdefgh", "is new"])
    #expect(lines("a   b", 80) == ["a   b"] && lines("", 3) == [""])
    #expect(Columns.folded("Roll veg back to it? [y/N] ", to: 20) == "Roll veg back to it?\n[y/N] ")
    let drawn = "\u{1B}[31mone two three\u{1B}[0m"
    #expect(Columns.folded(drawn, to: 6) == drawn)
  }

  @Test func `what is to be typed stays as it is, and what it is for goes below`() {
    let next = NextSteps.table([
      .init(command: "fleet logs veg", why: "what failed"),
      .init(command: "fleet clear veg flower", why: "once it is mended;  4.1.1 again only with --retry"),
    ]).joined(separator: "\n")
    #expect(Columns.folded(next, to: 81) == next)
    #expect(Columns.folded(next, to: 80) != next)
    #expect(
      Columns.folded(next, to: 40) == """
        next: fleet logs veg
                  what failed
              fleet clear veg flower
                  once it is mended;  4.1.1
                  again only with --retry
        """)
    #expect(Columns.folded("next: fleet upgrade --track v4", to: 20) == "next: fleet upgrade --track v4")
  }

  @Test func `a note is never broken within a word that has room below`() {
    let print = "SHA256:" + String(repeating: "x", count: 43)
    var table = Table(
      header: ["HOST", "VERSION", "HEALTH", "NOTE"], rows: [["veg", "4.1.0", "", "key \(print)"]])
    table.width = 60
    #expect(table.lines.dropFirst() == ["veg   4.1.0", "      key \(print)"])
    table.width = 56
    #expect(table.lines.dropFirst() == ["veg   4.1.0", "      key", "      \(print)"])
    table.width = 80
    #expect(table.lines.dropFirst().first?.hasSuffix("  key \(print)") == true)
    table.rows = [["veg", "4.1.0", "", "a note of some words that stands beside, since it has room there"]]
    #expect(table.lines.dropFirst().first?.contains("a note") == true)
  }

  @Test func `a table stands straight with characters of any width, and loses nothing`() {
    var table = Table(header: ["A", "B", "NOTE"], rows: [["日本", "x", "one two three four five six seven"]])
    #expect(table.lines == ["A     B  NOTE", "日本  x  one two three four five six seven"])
    table.width = 35
    #expect(table.lines == ["A     B  NOTE", "日本  x  one two three four five", "         six seven"])
    table.width = 30
    #expect(table.lines.dropFirst() == ["日本  x", "      one two three four five", "      six seven"])
  }

  @Test func `where a table has no room, what is missed least is left out and named`() {
    var table = Table(
      header: ["HOST", "VERSION", "TRACK", "AGENT", "NOTE"],
      rows: [["veg", "4.1.0", "v4", "0.1.0", "is well"], ["flower", "4.1.0", "v4", "0.1.0", ""]], width: 40,
      optional: ["AGENT", "TRACK"])
    #expect(table.lines[0] == "HOST    VERSION  TRACK  AGENT  NOTE")
    table.width = 25
    #expect(
      table.lines == [
        "HOST    VERSION  TRACK", "veg     4.1.0    v4", "  is well", "flower  4.1.0    v4",
        "(no room for agent: a", "wider terminal, or -o", "json)",
      ])
    table.width = 18
    #expect(table.lines.prefix(3) == ["HOST    VERSION", "veg     4.1.0", "  is well"])
  }

  @Test func `where not even that has room each row is a paragraph`() {
    let table = Table(
      header: ["STARTED", "RELEASE", "TOOK", "NOTE"],
      rows: [
        ["2026-11-28 10:00", "v4.1.0", "2:10", "open: fleet resume"], ["2026-11-27 09:00", "v4.0.1", "", ""],
      ],
      width: 20)
    #expect(
      table.lines == [
        "2026-11-28 10:00", "  release v4.1.0", "  took 2:10", "  open: fleet resume", "2026-11-27 09:00",
        "  release v4.0.1",
      ])
    #expect(table.lines.allSatisfy { Columns.count($0) <= 20 })
  }
}

@Suite struct PaintTests {
  @Test func `cells are coloured by what they mean, and are as wide as without`() {
    var table = Table(
      header: ["HOST", "OUTCOME", "HEALTH", "NOTE"],
      rows: [["veg", "upgraded", "well", ""], ["dry", "rolled back", "UNWELL", "said so"]], hasColor: true)
    #expect(
      table.lines == [
        "HOST  OUTCOME      HEALTH  NOTE",
        "veg   \u{1B}[32mupgraded\u{1B}[0m     \u{1B}[32mwell\u{1B}[0m",
        "dry   \u{1B}[31mrolled back\u{1B}[0m  \u{1B}[31mUNWELL\u{1B}[0m  said so",
      ])
    table.hasColor = false
    #expect(table.lines.allSatisfy { !$0.contains("\u{1B}") })
  }

  @Test func `a name that reads like an outcome is no outcome`() {
    let table = Table(header: ["HOST", "NOTE"], rows: [["failed", "x"], ["good", ""]], hasColor: true)
    #expect(table.lines.allSatisfy { !$0.contains("\u{1B}[31m") })
  }

  @Test func `what a doctor found has a sum`() {
    func row(_ host: String, _ verdict: Diagnosis.Verdict) -> DiagnosisRow {
      DiagnosisRow(host: host, verdict: verdict, subject: "", text: "")
    }
    #expect(DoctorCommand.sum([row("a", .good)]).hasPrefix("All good"))
    #expect(DoctorCommand.sum([row("a", .warning), row("b", .good)]).hasSuffix("what is said of a."))
    #expect(
      DoctorCommand.sum([row("a", .bad), row("b", .warning), row("c", .bad), row("a", .bad)])
        == "Something is bad on a and c.")
  }
}

@Suite struct SizeTextTests {
  @Test(arguments: [
    (Int64(7), "7 B"), (999, "999 B"), (36_400, "36 kB"), (6_800_000, "6.8 MB"), (60_000_000_000, "60 GB"),
    (999_600, "1.0 MB"), (.max, "9223372037 GB"),
  ])
  func `sizes have one form`(bytes: Int64, text: String) { #expect(sizeText(bytes) == text) }
}
