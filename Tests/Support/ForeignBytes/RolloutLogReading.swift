import ByteText
import Wire

@testable import Report
@testable import Driver
@testable import Store

/// A log tells one rollout, however often it is read; its report is the same after a trip, and shows nothing as it
/// came.
func readRolloutLog(_ bytes: [UInt8]) throws(Broken) {
  let lines = StateFiles.lines(bytes)
  var again: [EventLine] = []
  for line in lines {
    let bytes = try mustWork("a line") { try line.encoded() }
    try require(!bytes.contains(0x0A), "a line of two lines")
    again.append(try mustWork("a line") { try EventLine(decoding: bytes) })
  }
  try require(again == lines, "other lines after a trip")
  guard let record = RolloutRecord(lines: lines) else { return }
  try require(RolloutRecord(lines: again) == record, "another rollout")
  _ = record.isOpen

  let report = Report(record)
  let same = try mustWork("a report") { try Report(decoding: try report.encoded()) }
  try require(same == report, "another report after a trip")
  let text = ReportText(report, timezone: "UTC", width: 80)
  for line in text.lines { try requireShown(line, "a line of the report") }
  let page = ReportPage(report: report, timeline: Timeline(lines), timezone: "UTC").html
  try requireShown(page, lines: true, "the page")
  try require(!page.asciiLowercase.holds("<script"), "the page has a script")
  if let notice = Notice(report, timezone: "UTC") { try requireShown(notice.text, lines: true, "the notice") }
}
