import Driver
import Release

/// Whatever a changelog says, what is shown of it is bounded, is a part of it, and is seen.
func readChangelog(_ bytes: [UInt8]) throws(Broken) {
  let changelog = Changelog(bytes)
  let maxBytes = 64
  for version in changelog.versions {
    guard let tag = TagName("\(version)") else { throw Broken("\(version) is no tag") }
    let text = changelog.text(of: tag, maxBytes: maxBytes)
    try require((text ?? "").utf8.count <= maxBytes, "more than was asked for")
    let note = ReleaseNotes.Note(version: "\(version)", tag: tag.text, text: text)
    try require(note.lines.isEmpty == (note.text == nil), "a text without lines, or lines without a text")
    for line in note.lines { try requireShown(line, "a line of a note") }
  }
}
