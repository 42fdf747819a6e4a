import CoordinatorSupport
import Release
import Testing
import Wire

@testable import Rollout
@testable import Text
@testable import Report
@testable import Driver
@testable import Coordinator

@Suite struct ReportPageTests {
  private func page(_ record: RolloutRecord, _ lines: [EventLine] = []) -> String {
    ReportPage(report: Report(record), timeline: Timeline(lines), timezone: "UTC").html
  }

  private func record(_ result: JobResult) -> RolloutRecord {
    let lines = [
      EventLine(.begun), EventLine(.hostProbed("veg", SampleRecord.goes)), EventLine(.planApproved),
      EventLine(.staged("veg", SampleRecord.result(nil, now: "4.1.16"))),
      EventLine(.cutoverRested("veg", result)),
    ]
    return SampleRecord.record(SampleRecord.header(["veg"]), lines)
  }

  @Test func `a page begins with what the text begins with, and ends whole`() {
    let page = page(SampleRecord.halted())
    #expect(
      page.contains(
        "<h1>Halted. Not reached: drying; look whether it is on. Every reached room runs.</h1>"))
    #expect(page.contains("<p class=\"release\">Mycodo v4.2.0 (track v4)   commit 3f2a91c   verified: tls, "))
    #expect(page.contains("<code>fleet resume</code> <span>go on with flower-2 and drying</span>"))
    #expect(page.contains("v5.0.0 is out on track v5"))
    for host in ["veg-1", "flower-1", "flower-2", "drying"] { #expect(page.contains("<h2>\(host) <span")) }
    #expect(page.hasSuffix("</main>\n</html>\n"))
  }

  @Test func `a page needs nothing from anywhere and runs nothing`() {
    let page = page(SampleRecord.halted())
    for word in ["<script", "http://", "https://", "src=", "href=", "url(", "@import", "onclick", "<link"] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(page.contains("default-src 'none'"))
    #expect(page.contains("prefers-color-scheme: dark") && page.contains("width=device-width"))
  }

  @Test func `each tag that is opened is closed`() {
    let page = page(SampleRecord.halted())
    for tag in [
      "html", "main", "header", "article", "section", "h1", "h2", "p", "ul", "li", "code", "span", "style",
      "footer",
    ] {
      let opened = page.split(separator: "<\(tag)>").count + page.split(separator: "<\(tag) ").count
      #expect(opened - 1 == page.split(separator: "</\(tag)>").count, "\(tag)")
    }
  }

  @Test func `a failure shows its first cause, the end of its log and the command that helps`() {
    let reason = Cause(
      code: .prove, step: .prove, text: "503", logTail: (1...30).map { "line \($0)" })
    var result = SampleRecord.result(.rolledBack, now: "4.1.16", downtime: 3010, reason: reason)
    result.undoReason = Cause(code: .undo, step: .undo, text: "disk full", logTail: ["and this"])
    let page = page(record(result))
    #expect(page.contains("<p class=\"note\">health: 503; and on the way back: undo: disk full</p>"))
    #expect(page.contains("<pre>line 11\nline 12\n") && page.contains("line 30\n</pre>"))
    #expect(page.contains("and of the way back</summary><pre>and this\n</pre>"))
    #expect(page.contains("<li><code>fleet logs veg</code>"))
    #expect(page.contains("4.1.16") && page.contains("down 3.0 s"))
  }

  @Test func `a host that needs hands says which`() {
    let reason = Cause(code: .restart, step: .restart, text: "exit status 1")
    let page = page(record(SampleRecord.result(.failed, now: "4.1.16", reason: reason)))
    #expect(page.contains("<header class=\"bad\">"))
    #expect(page.contains("<h1>NEEDS HANDS: veg is down"))
    #expect(page.contains("On the Pi: <code>sudo fleet-agent recover</code>"))
  }

  @Test func `what a host sends stays text, and is seen`() {
    let evil = "<script>alert(1)</script>&\"'\u{1B}[2J\u{202E}\u{200B}"
    let reason = Cause(
      code: .prove, step: .prove, text: evil, logTail: [evil, "</pre><img src=x onerror=y>"])
    var result = SampleRecord.result(.rolledBack, now: evil, downtime: 1, reason: reason)
    result.from = evil
    result.backup = evil
    result.leftBehind = [evil]
    let page = page(record(result))
    #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("</pre><img"))
    #expect(
      page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;\\u{1b}[2J\\u{202e}\\u{200b}"))
    let outside = page.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E }
    #expect(outside.isEmpty)
  }

  @Test func `what makers wrote is folded, and stays text`() throws {
    let evil = "</pre><script>alert(1)</script>\r\n# <img src=x>\u{1B}[2J\u{202E} [x](javascript:y)"
    var header = SampleRecord.header(["veg"])
    let tag = try #require(TagName("v4.2.0"))
    header.notes = ReleaseNotes(of: [Candidate(tag: tag, commit: nil)], texts: ["v4.2.0": evil])
    let page = page(SampleRecord.record(header, [EventLine(.begun)]))
    #expect(page.contains("<h3>v4.2.0</h3>\n<pre>&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;\n"))
    #expect(page.contains("\n# &lt;img src=x&gt;\\u{1b}[2J\\u{202e} [x](javascript:y)\n</pre>"))
    #expect(
      page.contains("<details class=\"notes\"><summary>") && !page.contains("<details class=\"notes\" open"))
    #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("href"))
  }

  @Test func `bars say in words what they show`() {
    var lines = [EventLine(name: .stageBegan, host: "veg-1")]
    lines.append(EventLine(.staged("veg-1", SampleRecord.result(nil, now: "4.1.16"))))
    lines.append(EventLine(name: .finished))
    for index in lines.indices { lines[index].time = UTC.text(1_795_342_500_000 + Int64(index) * 4000) }
    let page = page(SampleRecord.halted(), lines)
    #expect(page.contains("aria-label=\"staging 4.0 s\""))
    #expect(
      page.contains("<i class=\"staging\" style=\"left:0.00%;width:50.00%\" title=\"staging 4.0 s\"></i>"))
  }
}
