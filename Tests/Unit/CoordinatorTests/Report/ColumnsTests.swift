import Testing

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
      rows: [["2026-11-28 10:00", "v4.1.0", "2:10", "open: fleet resume"], ["2026-11-27 09:00", "v4.0.1", "", ""]],
      width: 20)
    #expect(
      table.lines == [
        "2026-11-28 10:00", "  release v4.1.0", "  took 2:10", "  open: fleet resume", "2026-11-27 09:00",
        "  release v4.0.1",
      ])
    #expect(table.lines.allSatisfy { Columns.count($0) <= 20 })
  }
}
